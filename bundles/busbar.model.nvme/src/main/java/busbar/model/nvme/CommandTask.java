package busbar.model.nvme;

import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Takes commands off the submission queues, carries them out and writes their completions, one
 * after the other, on the machine's timers.
 *
 * <p>Methods that say so are called with the controller lock; the task itself takes it for
 * registers and queues and has no lock during DMA.
 */
final class CommandTask {
  private final ModelContext context;
  private final ReentrantLock controllerLock;
  private final ControllerRegisters registers;
  private final Queues queues;
  private final AdminCommands adminCommands;
  private final IoCommands ioCommands;
  private final InterruptLine line;
  private final DeviceTimer timer;

  /**
   * Counts resets, so that the task notices that the queue it works for is gone. Controller lock.
   */
  private int generation;

  /** Controller lock. */
  private boolean working;

  /**
   * Software has disabled the controller while this was at work; it is not ready when that ends.
   */
  private boolean disabling;

  /** The task is to stop between two commands, to be gone on with later. */
  private volatile boolean pausing;

  CommandTask(
      ModelContext context,
      ReentrantLock controllerLock,
      ControllerRegisters registers,
      Queues queues,
      AdminCommands adminCommands,
      IoCommands ioCommands,
      InterruptLine line) {
    this.context = context;
    this.controllerLock = controllerLock;
    this.registers = registers;
    this.queues = queues;
    this.adminCommands = adminCommands;
    this.ioCommands = ioCommands;
    this.line = line;
    timer = new DeviceTimer(context.timing(), this::work);
  }

  /** Queues may have work: soon looks at them. */
  void start() {
    timer.start(0);
  }

  /** The queues are gone; the controller lock is held. */
  void forget() {
    generation++;
    timer.cancel();
  }

  /** Makes the controller not ready, now or when the command under way has ended; lock held. */
  void disable() {
    disabling = working;
    if (!disabling) {
      registers.status = 0;
    }
  }

  /** Whether a command from before the controller was disabled is still under way; lock held. */
  boolean isDisabling() {
    return disabling;
  }

  /** Decides the line's level; the controller lock is held. */
  void updateLine(boolean messages) {
    line.wantHighIf(!messages && (queues.pendingVectors() & ~registers.mask) != 0);
  }

  void stop() {
    pausing = true;
    timer.stop();
    pausing = false;
  }

  long suspend() {
    pausing = true;
    return timer.suspend();
  }

  void resume() {
    pausing = false;
    timer.resume();
  }

  void takeOver(long leftNanos) {
    timer.takeOver(leftNanos);
  }

  /** A command that the task has taken off its queue. */
  private record Taken(int generation, SubmissionQueue queue, long address, int pageSize) {}

  private void work() {
    MemorySegment entry = MemorySegment.ofArray(new byte[Command.SIZE]);
    for (Taken taken = take(); taken != null; taken = take()) {
      if (!context.dma().read(taken.address(), entry, 0, Command.SIZE)) {
        fail(taken);
        break;
      }
      carryOut(taken, Command.of(entry));
      if (pausing) {
        timer.start(0);
        break;
      }
    }
    controllerLock.lock();
    try {
      working = false;
      if (disabling) {
        disabling = false;
        registers.status = 0;
      }
    } finally {
      controllerLock.unlock();
    }
  }

  private Taken take() {
    controllerLock.lock();
    try {
      SubmissionQueue queue = registers.ready() && !disabling ? queues.next() : null;
      if (queue == null) {
        return null;
      }
      working = true;
      return new Taken(generation, queue, queue.take(), registers.pageSize());
    } finally {
      controllerLock.unlock();
    }
  }

  private void fail(Taken taken) {
    controllerLock.lock();
    try {
      if (taken.generation() == generation) {
        registers.status |= ControllerRegisters.FATAL;
      }
    } finally {
      controllerLock.unlock();
    }
  }

  private void carryOut(Taken taken, Command command) {
    PrpList memory = new PrpList(context.dma(), taken.pageSize());
    Result result =
        taken.queue().id == 0
            ? adminCommands.execute(command, memory, taken.pageSize())
            : ioCommands.execute(command, memory);
    if (result != Result.LATER) {
      complete(taken, command, result);
    }
  }

  private void complete(Taken taken, Command command, Result result) {
    byte[] entry = new byte[CompletionQueue.ENTRY];
    CompletionQueue queue;
    controllerLock.lock();
    try {
      if (taken.generation() != generation) {
        return;
      }
      queue = queues.completion(taken.queue().completionQueue);
      Le.put(entry, 0, 4, result.value());
      Le.put(entry, 8, 2, taken.queue().head);
      Le.put(entry, 10, 2, taken.queue().id);
      Le.put(entry, 12, 2, command.identifier());
      Le.put(entry, 14, 2, result.status() << 1 | queue.phase);
    } finally {
      controllerLock.unlock();
    }
    if (!context.dma().write(queue.slot(), MemorySegment.ofArray(entry), 0, entry.length)) {
      fail(taken);
      return;
    }
    announce(taken, queue);
  }

  private void announce(Taken taken, CompletionQueue queue) {
    boolean messages = context.messagesEnabled();
    boolean interrupt;
    controllerLock.lock();
    try {
      if (taken.generation() != generation) {
        return;
      }
      queue.advance();
      interrupt = queue.interrupts();
      updateLine(messages);
    } finally {
      controllerLock.unlock();
    }
    if (messages && interrupt) {
      context.message(queue.vector);
    }
    line.publish();
  }
}
