package busbar.api.iommu;

import org.osgi.annotation.versioning.ConsumerType;

/** The DMA windows of a POWER partitionable endpoint ({@code struct iommu_table_group}). */
@ConsumerType
public interface TceTableGroup {
  /** At most so many tables a group. */
  int MAX_TABLES = 2;

  /** Bus address and size of the 32-bit window, in bytes. */
  long tce32Start();

  long tce32Size();

  /** Bit n: pages of 2^n bytes. */
  long pageSizes();

  int maxDynamicWindows();

  int maxLevels();

  /** What distinguishes implementations that cannot share a container. */
  Object operations();

  /** Whether windows can be created and removed at run time. */
  boolean hasDynamicWindows();

  /** The memory that a table would take, in bytes; 0 if the arguments are impossible. */
  long tableSize(int pageShift, long windowSize, int levels);

  /**
   * Makes a table, not yet visible to devices.
   *
   * @param number 0 or 1
   * @throws busbar.api.VfioException {@code EINVAL}, {@code ENOMEM}, {@code EPERM}
   */
  TceTable createTable(int number, int pageShift, long windowSize, int levels);

  /** Makes devices see a table as window {@code number}; {@code EBUSY} if there is one. */
  void setWindow(int number, TceTable table);

  void unsetWindow(int number);

  /** The table that the host's firmware set up for window {@code number}, or {@code null}. */
  TceTable defaultTable(int number);

  /** VFIO takes the group over from the host: its windows go or are cleared. */
  void takeOwnership();

  /** The host gets it back with its own window. */
  void releaseOwnership();
}
