package busbar.registry;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.device.GroupType;
import busbar.api.device.MappedRegion;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A container's choice: a backend, its data and the gate before them, which every call passes.
 * Replaced as a whole when a container chooses again; exchanged in place, behind the gate, when the
 * backend is.
 */
final class Attachment {
  private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(2);

  final int type;

  /** On whose behalf the backend was opened; stands in for him when a successor is. */
  final ClientCaller opener;

  final Gate gate = new Gate();

  /**
   * Held while the backend is replaced or is put on hold, so that one who goes in the middle of
   * that is seen to have gone. Taken before the gate is closed.
   */
  final ReentrantLock turn = new ReentrantLock();

  private volatile Chosen<?> chosen;

  /** Whether the instance was let go, by whom ever. */
  private final AtomicBoolean over = new AtomicBoolean();

  /** Who wants to know that the last group leaves; {@code null} if nobody does. */
  private volatile Runnable released;

  Attachment(int type, ClientCaller opener, Chosen<?> chosen) {
    this.type = type;
    this.opener = opener;
    this.chosen = chosen;
  }

  /** The backend with its data: what can be exchanged. */
  Chosen<?> chosen() {
    return chosen;
  }

  BackendEntry<?> backend() {
    return chosen.backend();
  }

  /**
   * Takes the turn.
   *
   * @return whether it was free in time; for a thread that is interrupted that is now
   */
  boolean tryTurn(long nanos) {
    return Locks.tryLock(turn, nanos);
  }

  /** Puts another backend in; while nobody is inside the gate. */
  void exchange(Chosen<?> successor) {
    chosen = successor;
  }

  long ioctl(Caller caller, int command, MemorySegment argument) {
    int at = gate.enter();
    try {
      return chosen.ioctl(caller, command, argument);
    } finally {
      gate.exit(at);
    }
  }

  int read(Caller caller, MemorySegment buffer) {
    int at = gate.enter();
    try {
      return chosen.read(caller, buffer);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "reading");
    } finally {
      gate.exit(at);
    }
  }

  int write(Caller caller, MemorySegment buffer) {
    int at = gate.enter();
    try {
      return chosen.write(caller, buffer);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "writing");
    } finally {
      gate.exit(at);
    }
  }

  MappedRegion mmap(Caller caller, MmapRequest request) {
    int at = gate.enter();
    try {
      return chosen.mmap(caller, request);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "mapping a container");
    } finally {
      gate.exit(at);
    }
  }

  void attach(IommuGroup group, GroupType groupType) {
    int at = gate.enter();
    try {
      chosen.attach(group, groupType);
    } finally {
      gate.exit(at);
    }
  }

  /** Never fails: a backend that is gone has let go of its groups. */
  void detach(IommuGroup group) {
    ifOpen(() -> chosen.detach(group));
  }

  private void ifOpen(Runnable call) {
    int at;
    try {
      at = gate.enter();
    } catch (VfioException e) {
      return;
    }
    try {
      call.run();
    } finally {
      gate.exit(at);
    }
  }

  /**
   * Lets the instance go when no operation is inside any more. Normally that is at once; a call
   * that hangs in the backend delays the release, not the caller.
   */
  void release(String container) {
    if (over.compareAndSet(false, true)) {
      gate.end(
          () -> Errno.EINVAL.because("%s has no IOMMU backend any more", container),
          () -> chosen.release());
    }
    gate.awaitEnd(RELEASE_NANOS);
  }

  /** The last group is about to leave: a successor of the backend need not be waited for. */
  void leave() {
    Runnable told = released;
    if (told != null) {
      told.run();
    }
  }

  void whenLeft(Runnable told) {
    released = told;
  }

  /** As {@link #release}, for a backend whose service goes while groups are attached. */
  void lose(String because, Iterable<Group> attached) {
    refuse(because, attached);
    gate.awaitEnd(RELEASE_NANOS);
  }

  /** The first half of {@link #lose}: from now on every call is {@code ENODEV}. */
  void refuse(String because, Iterable<Group> attached) {
    if (over.compareAndSet(false, true)) {
      gate.end(
          () -> Errno.ENODEV.because(because),
          () -> {
            attached.forEach(group -> chosen.detach(group.iommuGroup()));
            chosen.release();
          });
    }
  }

  void registerDevice(PagePinningOps.UnmapListener listener) {
    int at = gate.enter();
    try {
      chosen.registerDevice(listener);
    } finally {
      gate.exit(at);
    }
  }

  /**
   * Never fails, as {@link #detach}, and never waits for a backend: it is done when one is there.
   */
  void unregisterDevice(PagePinningOps.UnmapListener listener) {
    Runnable unregistering =
        () ->
            ifOpen(
                () ->
                    Faults.swallow(
                        backend().toString(),
                        "forgetting a device that pins pages",
                        () -> chosen.unregisterDevice(listener)));
    if (gate.isPaused()) {
      Thread.ofVirtual().name("busbar-unregister").start(unregistering);
    } else {
      unregistering.run();
    }
  }

  long[] pinPages(IommuGroup group, long iova, int pages, Access access) {
    int at = gate.enter();
    try {
      return chosen.pinPages(group, iova, pages, access);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "pinning pages");
    } finally {
      gate.exit(at);
    }
  }

  void unpinPages(long iova, int pages) {
    int at = gate.enter();
    try {
      chosen.unpinPages(iova, pages);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "unpinning pages");
    } finally {
      gate.exit(at);
    }
  }

  void dmaRw(long iova, MemorySegment buffer, Access access) {
    int at = gate.enter();
    try {
      chosen.dmaRw(iova, buffer, access);
    } catch (Throwable t) {
      throw Faults.of(t, backend().toString(), "copying for an emulated device");
    } finally {
      gate.exit(at);
    }
  }
}
