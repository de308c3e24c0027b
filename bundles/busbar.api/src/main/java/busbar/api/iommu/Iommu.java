package busbar.api.iommu;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** IOMMU hardware: a service of the hardware provider. */
@ConsumerType
public interface Iommu {
  /** {@code "dmar0"}. */
  String name();

  /** {@code "vt-d"}, {@code "smmuv3"}, {@code "spapr-tce"}, … */
  String kind();

  /** Every group that it isolates, by id. */
  List<IommuGroup> groups();

  /**
   * A new, empty page table.
   *
   * @throws busbar.api.VfioException {@code ENODEV} if this hardware has no domains (sPAPR), {@code
   *     ENOMEM}
   */
  IommuDomain allocateDomain();

  /** Whether device interrupts are remapped, so that a device cannot forge them. */
  boolean isolatesMessages();

  /** Is told of every DMA that was refused. Called on the thread that did the DMA. */
  void addFaultListener(FaultListener listener);

  void removeFaultListener(FaultListener listener);

  /** The last faults, oldest first, at most 256. */
  List<IommuFault> recentFaults();

  /** See {@link #addFaultListener}. */
  @FunctionalInterface
  interface FaultListener {
    void fault(IommuFault fault);
  }
}
