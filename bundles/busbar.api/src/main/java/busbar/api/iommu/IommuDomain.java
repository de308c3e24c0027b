package busbar.api.iommu;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * An IO page table. Mapping and unmapping of disjoint ranges may run at the same time on many
 * threads; attach and detach are serialised by the caller.
 */
@ConsumerType
public interface IommuDomain extends AutoCloseable {
  /** {@code IOMMU_READ}, {@code IOMMU_WRITE}: bits of {@code protection}, seen from the device. */
  int READ = 1;

  int WRITE = 2;

  /** The hardware that made it: domains of one kind of it can share groups. */
  Iommu iommu();

  /** Bit n: the hardware has pages of 2^n bytes. */
  long pageSizes();

  /** The lowest and highest address that can be mapped. */
  long apertureStart();

  long apertureEnd();

  /**
   * Puts a group behind this table; it leaves the one before.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the group is of other hardware, {@code
   *     EBUSY}
   */
  void attach(IommuGroup group);

  /** Takes the group out: its DMA is blocked until it is attached again or its owner changes. */
  void detach(IommuGroup group);

  /**
   * Maps a physically contiguous run with the largest pages that fit.
   *
   * @param iova page-aligned, not mapped
   * @param size in bytes, whole pages
   * @param protection {@link #READ} and {@link #WRITE}
   * @throws busbar.api.VfioException {@code EEXIST} if something is mapped there, {@code ENOMEM},
   *     {@code EINVAL}, {@code ERANGE} beyond the aperture; nothing is left mapped by the call then
   */
  void map(long iova, long physical, long size, int protection);

  /**
   * Unmaps what is mapped in a range. A large page is only unmapped whole. Translations may stay
   * cached until {@link #flush}.
   *
   * @return bytes unmapped, from {@code iova} up to the first hole or the end of the range
   */
  long unmap(long iova, long size);

  /** Forgets cached translations of a range; when it returns no DMA uses them any more. */
  void flush(long iova, long size);

  /** The physical address behind an iova, -1 if none. */
  long translate(long iova);

  /** Makes all DMA cache-coherent if the hardware can. */
  default boolean enforceCacheCoherency() {
    return false;
  }

  /** Whether the table records which pages devices wrote. */
  default boolean hasDirtyBits() {
    return false;
  }

  /** Starts or stops recording. */
  default void setDirtyTracking(DirtyTracking tracking) {}

  /** See {@link #setDirtyTracking}. */
  enum DirtyTracking {
    ON,
    OFF
  }

  /** Takes dirty pages of a range. */
  @FunctionalInterface
  interface DirtySink {
    void dirty(long iova, long size);
  }

  /** Reports each dirty page of a range and clears its bit. */
  default void readAndClearDirty(long iova, long size, DirtySink sink) {}

  /** Frees the table; no group may be attached. */
  @Override
  void close();
}
