package busbar.registry;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.device.GroupType;
import busbar.api.device.MappedRegion;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * A container's choice: a backend, its data and the gate before them. Replaced as a whole when a
 * container chooses again; exchanged in place, behind the gate, when the backend is.
 *
 * @param <I> the backend's data
 */
final class Attachment<I> {
  private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** A backend with its data: what can be exchanged. */
  private record Chosen<I>(BackendEntry<I> backend, I data) {}

  final int type;
  final Gate gate = new Gate();
  private volatile Chosen<I> chosen;

  Attachment(int type, BackendEntry<I> backend, I data) {
    this.type = type;
    this.chosen = new Chosen<>(backend, data);
  }

  BackendEntry<I> backend() {
    return chosen.backend;
  }

  long ioctl(Caller caller, int command, MemorySegment argument) {
    int at = gate.enter();
    try {
      Chosen<I> now = chosen;
      return now.backend.call(now.data, caller, command, argument);
    } finally {
      gate.exit(at);
    }
  }

  int read(Caller caller, MemorySegment buffer) {
    int at = gate.enter();
    try {
      return chosen.backend.ops.read(chosen.data, caller, buffer);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "reading");
    } finally {
      gate.exit(at);
    }
  }

  int write(Caller caller, MemorySegment buffer) {
    int at = gate.enter();
    try {
      return chosen.backend.ops.write(chosen.data, caller, buffer);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "writing");
    } finally {
      gate.exit(at);
    }
  }

  MappedRegion mmap(Caller caller, MmapRequest request) {
    int at = gate.enter();
    try {
      return chosen.backend.ops.mmap(chosen.data, caller, request);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "mapping a container");
    } finally {
      gate.exit(at);
    }
  }

  void attach(IommuGroup group, GroupType groupType) {
    chosen.backend.attach(chosen.data, group, groupType);
  }

  void detach(IommuGroup group) {
    chosen.backend.detach(chosen.data, group);
  }

  /**
   * Lets the instance go when no operation is inside any more. Normally that is at once; a call
   * that hangs in the backend delays the release, not the caller.
   */
  void release(String container) {
    gate.end(
        () -> Errno.EINVAL.because("%s has no IOMMU backend any more", container),
        () -> chosen.backend.release(chosen.data));
    gate.awaitEnd(RELEASE_NANOS);
  }

  /** As {@link #release}, for a backend whose service goes while groups are attached. */
  void lose(String because, Runnable detachAll) {
    gate.end(
        () -> Errno.ENODEV.because(because),
        () -> {
          detachAll.run();
          chosen.backend.release(chosen.data);
        });
    gate.awaitEnd(RELEASE_NANOS);
  }

  void registerDevice(PagePinningOps.UnmapListener listener) {
    if (chosen.backend.ops instanceof PagePinningOps<?>) {
      pinning().registerDevice(chosen.data, listener);
    }
  }

  void unregisterDevice(PagePinningOps.UnmapListener listener) {
    if (chosen.backend.ops instanceof PagePinningOps<?>) {
      Faults.swallow(
          backend().toString(),
          "forgetting a device that pins pages",
          () -> pinning().unregisterDevice(chosen.data, listener));
    }
  }

  long[] pinPages(IommuGroup group, long iova, int pages, Access access) {
    int at = gate.enter();
    try {
      return pinning().pinPages(chosen.data, group, iova, pages, access);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "pinning pages");
    } finally {
      gate.exit(at);
    }
  }

  void unpinPages(long iova, int pages) {
    int at = gate.enter();
    try {
      pinning().unpinPages(chosen.data, iova, pages);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "unpinning pages");
    } finally {
      gate.exit(at);
    }
  }

  void dmaRw(long iova, MemorySegment buffer, Access access) {
    int at = gate.enter();
    try {
      pinning().dmaRw(chosen.data, iova, buffer, access);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "copying for an emulated device");
    } finally {
      gate.exit(at);
    }
  }

  /** A backend implements page pinning for the same {@code I} as its table. */
  @SuppressWarnings("unchecked")
  private PagePinningOps<I> pinning() {
    if (chosen.backend.ops instanceof PagePinningOps<?> ops) {
      return (PagePinningOps<I>) ops;
    }
    throw Errno.ENOTTY.because("%s cannot pin pages", backend());
  }
}
