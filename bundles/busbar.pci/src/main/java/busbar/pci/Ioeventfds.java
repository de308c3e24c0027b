package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_IOEVENTFD_SIZE_MASK;
import static busbar.uapi.VfioHeader.VFIO_PCI_BAR5_REGION_INDEX;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.Virqfd;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceIoeventfd;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Eventfds that write a value to a BAR when they are signalled. The monitor guards the list. */
final class Ioeventfds {
  private static final int MAX = 1000;

  /**
   * Where and what to write.
   *
   * @param position in the BAR
   * @param width 1, 2, 4 or 8
   */
  record Target(int bar, long position, long data, int width) {}

  private record Entry(Target target, Virqfd virqfd) {}

  private final MemoryGate memory;
  private final Bars bars;
  private final List<Entry> entries = new ArrayList<>();

  /** Writes that had to wait for the gate and have not been made yet. */
  private final AtomicInteger late = new AtomicInteger();

  Ioeventfds(MemoryGate memory, Bars bars) {
    this.memory = memory;
    this.bars = bars;
  }

  /** {@code VFIO_DEVICE_IOEVENTFD}. */
  void set(Caller caller, MemorySegment argument) {
    VfioDeviceIoeventfd call = decode(argument);
    int width = call.flags();
    if ((width & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK) != 0
        || Integer.bitCount(width) != 1
        || call.fd() < -1) {
      throw Errno.EINVAL.because(
          "an ioeventfd has one size and a descriptor, not flags 0x%x, fd %d", width, call.fd());
    }
    long bar = call.offset() >>> Regions.SHIFT;
    long position = call.offset() & Regions.MASK;
    if (bar > VFIO_PCI_BAR5_REGION_INDEX) {
      throw Errno.EINVAL.because("an ioeventfd writes to a BAR, not to region %d", bar);
    }
    bars.checkIoeventfd((int) bar, position, width);
    change(caller, new Target((int) bar, position, call.data(), width), call.fd());
  }

  /** The last field, reserved, may lie beyond what {@code argsz} says and memory has. */
  private static VfioDeviceIoeventfd decode(MemorySegment argument) {
    Args.sized(argument, VfioDeviceIoeventfd.MIN_ARGSZ);
    MemorySegment whole = MemorySegment.ofArray(new byte[(int) VfioDeviceIoeventfd.SIZE]);
    MemorySegment.copy(argument, 0, whole, 0, VfioDeviceIoeventfd.MIN_ARGSZ);
    return VfioDeviceIoeventfd.decode(whole);
  }

  private synchronized void change(Caller caller, Target target, int fd) {
    for (Entry entry : entries) {
      if (entry.target().equals(target)) {
        if (fd != -1) {
          throw Errno.EEXIST.because("an eventfd does %s already", target);
        }
        entry.virqfd().close();
        entries.remove(entry);
        return;
      }
    }
    if (fd < 0) {
      throw Errno.ENODEV.because("no eventfd does %s", target);
    }
    if (entries.size() >= MAX) {
      throw Errno.ENOSPC.because("the device has %d ioeventfds, it cannot have more", MAX);
    }
    add(target, caller.eventFd(fd));
  }

  private void add(Target target, EventFd eventFd) {
    entries.add(new Entry(target, new Virqfd(eventFd, () -> signalled(target))));
  }

  /** May run on a thread that is inside the gate already or keeps it closed: it never waits. */
  private void signalled(Target target) {
    long stamp = memory.tryEnter();
    if (stamp == 0) {
      late.incrementAndGet();
      Thread.startVirtualThread(() -> storeLate(target));
    } else {
      store(stamp, target);
    }
  }

  private void storeLate(Target target) {
    try {
      store(memory.enter(), target);
    } finally {
      late.decrementAndGet();
    }
  }

  private void store(long stamp, Target target) {
    try {
      bars.storeIfDecoded(target.bar(), target.position(), target.width(), target.data());
    } finally {
      memory.exit(stamp);
    }
  }

  /** Stops listening; the device is closed. */
  synchronized void close() {
    entries.forEach(entry -> entry.virqfd().close());
    entries.clear();
  }

  /** Stops listening for a successor; when this returns no write is under way any more. */
  synchronized void stopListening() {
    for (Entry entry : entries) {
      entry.virqfd().handOver();
    }
    while (late.get() > 0) {
      Thread.yield();
    }
  }

  synchronized List<StateRecord> save() {
    List<StateRecord> records = new ArrayList<>();
    for (Entry entry : entries) {
      records.add(
          new StateRecord(
              "vfio-pci ioeventfd",
              1,
              Map.of(
                  "bar", (long) entry.target().bar(),
                  "position", entry.target().position(),
                  "data", entry.target().data(),
                  "width", (long) entry.target().width(),
                  "eventFd", entry.virqfd().eventFd())));
    }
    return records;
  }

  /** Listens again after {@link #stopListening}. */
  synchronized void resume() {
    List<Entry> stopped = List.copyOf(entries);
    entries.clear();
    stopped.forEach(entry -> add(entry.target(), entry.virqfd().eventFd()));
  }

  /** What one of the records says; listens to nothing yet. */
  record Saved(Target target, EventFd eventFd) {}

  /** {@code EINVAL} if one of the records has no place that an eventfd could write to. */
  List<Saved> read(List<StateRecord> records) {
    List<Saved> saved = new ArrayList<>();
    for (StateRecord record : records) {
      saved.add(read(record));
    }
    return saved;
  }

  private Saved read(StateRecord record) {
    long bar = record.number("bar");
    long width = record.number("width");
    boolean sized = width > 0 && width <= Long.BYTES && Long.bitCount(width) == 1;
    if (bar < 0 || bar > VFIO_PCI_BAR5_REGION_INDEX || !sized) {
      throw Errno.EINVAL.because("the state has an ioeventfd for BAR %d, %d bytes", bar, width);
    }
    Target target =
        new Target((int) bar, record.number("position"), record.number("data"), (int) width);
    if (target.position() < 0
        || !bars.takesIoeventfd(target.bar(), target.position(), (int) width)) {
      throw Errno.EINVAL.because("the state has an ioeventfd for %s, which is not there", target);
    }
    return new Saved(target, record.get("eventFd", EventFd.class));
  }

  synchronized void restore(List<Saved> saved) {
    for (Saved one : saved) {
      add(one.target(), one.eventFd());
    }
  }
}
