package busbar.load;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Four threads that use one edu and one mtty device, from {@link #start} to {@link #end}. */
final class Load implements AutoCloseable {
  private static final long JOIN_MILLIS = 30_000;
  private static final long PAGE = 4096;

  private final Tally tally;
  private final PhysicalMemory memory;
  private final VfioAdmin admin;
  private final long paceNanos;
  private final long pinnedUnused;
  private final Card edu;
  private final Card mtty;
  private final List<Mappings> mappings;
  private final List<Thread> threads = new ArrayList<>();
  private final long pinnedAtStart;
  private long leakedPages;
  private volatile boolean over;

  /**
   * Opens the devices.
   *
   * @param paceMicros how long each thread rests between its rounds
   */
  Load(Vfio vfio, VfioAdmin admin, PhysicalMemory memory, Tally tally, long paceMicros) {
    this.tally = tally;
    this.memory = memory;
    this.admin = admin;
    paceNanos = TimeUnit.MICROSECONDS.toNanos(paceMicros);
    pinnedUnused = memory.pinnedBytes();
    edu = Card.open(vfio, admin, "pci", Card.EDU, "load-edu");
    mtty = Card.open(vfio, admin, "mdev", Card.MTTY, "load-mtty");
    mappings = List.of(new Mappings(edu, tally), new Mappings(mtty, tally));
    List<Work> works =
        List.of(
            Work.both(new EduRegisters(edu, tally), new MttyRegisters(mtty, tally)),
            Work.both(mappings.getFirst(), mappings.getLast()),
            new EduDma(edu, tally, new SplittableRandom(1)),
            Work.both(new EduInterrupts(edu, tally), new MttyInterrupts(mtty, tally)));
    pinnedAtStart = memory.pinnedBytes();
    for (Work work : works) {
      threads.add(Thread.ofPlatform().name("load " + work.name()).unstarted(() -> go(work)));
    }
  }

  /** The devices, and the containers that they are in. */
  Set<String> places() {
    List<String> places = new ArrayList<>(List.of(edu.name(), mtty.name()));
    admin.containers().stream()
        .filter(container -> container.client().startsWith("load-"))
        .forEach(container -> places.add(container.name()));
    return Set.copyOf(places);
  }

  void start() {
    threads.forEach(Thread::start);
  }

  private void go(Work work) {
    while (!over) {
      try {
        work.round();
      } catch (RuntimeException | Error e) {
        tally.failed(work.name(), e);
      }
      LockSupport.parkNanos(this, paceNanos);
    }
  }

  /** Ends the threads and the clients, and looks at what is left. */
  @Override
  public void close() {
    over = true;
    for (Thread thread : threads) {
      join(thread);
    }
    tally.late(edu.name(), edu.unexpected());
    tally.late(mtty.name(), mtty.unexpected());
    try {
      mappings.forEach(Mappings::end);
    } catch (RuntimeException e) {
      tally.failed("the last unmapping", e);
    }
    leakedPages = Math.abs(memory.pinnedBytes() - pinnedAtStart) / PAGE;
    edu.close();
    mtty.close();
    leakedPages += Math.abs(memory.pinnedBytes() - pinnedUnused) / PAGE;
  }

  private void join(Thread thread) {
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      tally.failed(thread.getName(), new IllegalStateException("a call does not come back"));
      for (StackTraceElement frame : thread.getStackTrace()) {
        tally.tell("  at " + frame);
      }
    }
  }

  /** Pages that stayed pinned, known after the end. */
  long leakedPages() {
    return leakedPages;
  }
}
