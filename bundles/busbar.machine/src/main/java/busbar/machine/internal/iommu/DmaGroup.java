package busbar.machine.internal.iommu;

import busbar.api.iommu.IommuGroup;
import busbar.machine.model.DmaPort;

/** An isolation group as the machine's devices see it: the way to memory for each of them. */
public interface DmaGroup extends IommuGroup {
  /** A member's way to memory, through what translates for the group at the time. */
  DmaPort port(DmaPath path);

  /** A member that the hardware can cut off and reset comes; nothing to do for most. */
  default void join(Member member) {}

  /** A member that joined is no more. */
  default void leave(Member member) {}

  /** What may cut the members off. */
  default ErrorGate errorGate() {
    return ErrorGate.OPEN;
  }

  /** A device of the group as error handling sees it. */
  interface Member {
    /** Puts it in its state after power-on. */
    void resetHardware();

    /** Configuration as the host set it up. */
    Runnable savedConfiguration();
  }
}
