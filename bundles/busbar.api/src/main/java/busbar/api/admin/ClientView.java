package busbar.api.admin;

import busbar.api.Capability;
import java.util.Set;

/**
 * A client as administration sees it.
 *
 * @param openFiles descriptors in its table
 * @param mappings its device mappings
 * @param lockedBytes what its pinned memory is charged
 * @param lockedLimitBytes its limit
 */
public record ClientView(
    String name,
    int openFiles,
    int mappings,
    long lockedBytes,
    long lockedLimitBytes,
    Set<Capability> capabilities) {}
