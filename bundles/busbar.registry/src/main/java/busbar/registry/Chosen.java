package busbar.registry;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.device.GroupType;
import busbar.api.device.MappedRegion;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.Access;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;

/**
 * A backend with its data of one container.
 *
 * <p>A backend implements its optional interfaces for the same {@code I} as its table, which the
 * casts below rely on.
 *
 * @param <I> the backend's data
 */
@SuppressWarnings("unchecked")
record Chosen<I>(BackendEntry<I> backend, I data) {
  /** Has a backend make its data, to be chosen or to succeed. */
  static <I> Chosen<I> open(BackendEntry<I> backend, int type, Caller caller) {
    return new Chosen<>(backend, backend.open(type, caller));
  }

  private VfioIommuDriverOps<I> ops() {
    return backend.ops;
  }

  long ioctl(Caller caller, int command, MemorySegment argument) {
    return backend.call(data, caller, command, argument);
  }

  int read(Caller caller, MemorySegment buffer) {
    return ops().read(data, caller, buffer);
  }

  int write(Caller caller, MemorySegment buffer) {
    return ops().write(data, caller, buffer);
  }

  MappedRegion mmap(Caller caller, MmapRequest request) {
    return ops().mmap(data, caller, request);
  }

  void attach(IommuGroup group, GroupType groupType) {
    backend.attach(data, group, groupType);
  }

  void detach(IommuGroup group) {
    backend.detach(data, group);
  }

  void release() {
    backend.release(data);
  }

  void registerDevice(PagePinningOps.UnmapListener listener) {
    if (ops() instanceof PagePinningOps<?>) {
      pinning().registerDevice(data, listener);
    }
  }

  void unregisterDevice(PagePinningOps.UnmapListener listener) {
    if (ops() instanceof PagePinningOps<?>) {
      pinning().unregisterDevice(data, listener);
    }
  }

  long[] pinPages(IommuGroup group, long iova, int pages, Access access) {
    return pinning().pinPages(data, group, iova, pages, access);
  }

  void unpinPages(long iova, int pages) {
    pinning().unpinPages(data, iova, pages);
  }

  void dmaRw(long iova, MemorySegment buffer, Access access) {
    pinning().dmaRw(data, iova, buffer, access);
  }

  private PagePinningOps<I> pinning() {
    if (ops() instanceof PagePinningOps<?> pinning) {
      return (PagePinningOps<I>) pinning;
    }
    throw Errno.ENOTTY.because("%s cannot pin pages", backend);
  }

  boolean handsOver() {
    return backend.handsOver();
  }

  private HandoverOps<I> handing() {
    return (HandoverOps<I>) ops();
  }

  StateRecord save() {
    StateRecord state = handing().save(data);
    if (state == null) {
      throw Faults.lie(backend.toString(), "asked for its state", null);
    }
    return state;
  }

  void restore(StateRecord state) {
    handing().restore(data, state);
  }

  void resume() {
    handing().resume(data);
  }

  void forget() {
    handing().forget(data);
  }
}
