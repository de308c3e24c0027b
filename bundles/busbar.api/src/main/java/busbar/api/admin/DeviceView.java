package busbar.api.admin;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A device as administration sees it.
 *
 * @param name its bus name
 * @param group its IOMMU group, the synthetic one if it is bound and has no other
 * @param driver the driver bound to it
 * @param override its {@code driver_override}
 * @param openCount open files
 * @param state what it is doing
 * @param because one sentence: why it is in that state
 */
public record DeviceView(
    String name,
    String bus,
    String summary,
    OptionalInt group,
    Optional<String> driver,
    Optional<String> override,
    int openCount,
    State state,
    String because) {
  /** What a device is doing. */
  public enum State {
    /** No driver. */
    UNBOUND,
    /** An ordinary driver of the host has it. */
    HOST,
    /** A bus driver has it, nobody opened it. */
    READY,
    OPEN,
    /** A removal waits for the user. */
    REMOVING,
    /** Its driver is being replaced. */
    SWAPPING,
    /** Its driver failed or is gone. */
    BROKEN
  }
}
