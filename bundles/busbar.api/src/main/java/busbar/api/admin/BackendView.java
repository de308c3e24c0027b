package busbar.api.admin;

import java.util.List;

/**
 * An IOMMU backend as administration sees it.
 *
 * @param owner who provides it
 * @param ranking its service ranking
 * @param extensions the extension ids that it answers, of those that VFIO defines
 * @param containers the containers that chose it
 */
public record BackendView(
    String name, String owner, int ranking, List<Integer> extensions, List<String> containers) {}
