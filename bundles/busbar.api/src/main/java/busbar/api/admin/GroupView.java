package busbar.api.admin;

import busbar.api.device.GroupType;
import java.util.List;
import java.util.Optional;

/**
 * A group as administration sees it.
 *
 * @param node the node's name: {@code "12"}, {@code "noiommu-0"}
 * @param devices all members, also those that VFIO does not drive
 * @param viable whether a container can have it
 * @param because why not, or who has it; one sentence
 * @param container the container that has it
 * @param openBy the client whose file is open
 * @param taint empty, or why nothing protects the host from its devices
 */
public record GroupView(
    int id,
    String node,
    GroupType type,
    List<String> devices,
    boolean viable,
    String because,
    Optional<String> container,
    Optional<String> openBy,
    String taint) {}
