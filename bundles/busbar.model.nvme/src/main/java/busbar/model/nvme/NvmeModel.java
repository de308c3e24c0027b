package busbar.model.nvme;

import static busbar.model.nvme.ControllerRegisters.ADMIN_COMPLETION;
import static busbar.model.nvme.ControllerRegisters.ADMIN_SIZES;
import static busbar.model.nvme.ControllerRegisters.ADMIN_SUBMISSION;
import static busbar.model.nvme.ControllerRegisters.CONFIGURATION;
import static busbar.model.nvme.ControllerRegisters.MASK_CLEAR;
import static busbar.model.nvme.ControllerRegisters.MASK_SET;
import static busbar.model.nvme.ControllerRegisters.STATUS;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An NVMe controller with one namespace in memory. A virtual function of it is offline: it has no
 * queues and shows nothing but a fatal status.
 *
 * <p>Any thread. Commands are carried out one after the other by a task on the machine's timers,
 * which takes the controller lock for registers and queues and has no lock during DMA: {@link
 * CommandTask}.
 */
final class NvmeModel implements DeviceModel {
  private static final String KIND = "nvme";
  static final int VERSION = 1;
  private static final int MOST_IO_QUEUES = 64;
  private static final int ABSENT_VENDOR = 0xffff;

  private final ModelContext context;
  private final boolean offline;
  private final Namespace namespace;
  private final InterruptLine line;
  private final CommandTask task;

  /** Guards registers, queues, features, and all fields below. */
  private final ReentrantLock controllerLock = new ReentrantLock();

  private final ControllerRegisters registers = new ControllerRegisters();
  private final Queues queues = new Queues();
  private final Features features;
  private final AdminCommands adminCommands;

  NvmeModel(ModelContext context, Namespace namespace) {
    this.context = context;
    this.namespace = namespace;
    offline = context.config(0, 2) == ABSENT_VENDOR;
    line = new InterruptLine(context, 0);
    int vectors = vectors(context);
    int ioQueues = Math.clamp(vectors - 1L, 1, MOST_IO_QUEUES);
    features = new Features(ioQueues);
    adminCommands =
        new AdminCommands(
            controllerLock, queues, features, namespace, serial(context), ioQueues, vectors);
    task =
        new CommandTask(
            context,
            controllerLock,
            registers,
            queues,
            adminCommands,
            new IoCommands(namespace),
            line);
    registers.status = initialStatus();
  }

  private static String serial(ModelContext context) {
    return context.properties().get("serial") instanceof String serial ? serial : context.name();
  }

  private static int vectors(ModelContext context) {
    int at = context.config(0x34, 1) & 0xfc;
    for (int steps = 0; at != 0 && steps < 48; steps++) {
      if (context.config(at, 1) == 0x11) {
        return (context.config(at + 2, 2) & 0x7ff) + 1;
      }
      at = context.config(at + 1, 1) & 0xfc;
    }
    return 1;
  }

  private int initialStatus() {
    return offline ? ControllerRegisters.FATAL : 0;
  }

  @Override
  public long read(int region, long offset, int width) {
    boolean known = region == 0 && offset <= ControllerRegisters.SPACE - width;
    if (!known || offline && offset != STATUS) {
      return 0;
    }
    controllerLock.lock();
    try {
      int at = (int) offset;
      long low = Integer.toUnsignedLong(registers.word(at & ~3)) >>> (8 * (at & 3));
      long high = width == 8 ? (long) registers.word(at + 4) << 32 : 0;
      return AccessSizes.mask(low | high, width);
    } finally {
      controllerLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    if (region != 0 || offline || (offset & 3) != 0) {
      return;
    }
    if (offset >= ControllerRegisters.SPACE) {
      ringDoorbell((int) (offset - ControllerRegisters.SPACE) / 4, (int) value);
      return;
    }
    writeRegister((int) offset, (int) value);
    if (width == 8) {
      writeRegister((int) offset + 4, (int) (value >>> 32));
    }
  }

  private void writeRegister(int offset, int value) {
    boolean messages = context.messagesEnabled();
    controllerLock.lock();
    try {
      long bits = Integer.toUnsignedLong(value);
      switch (offset) {
        case MASK_SET -> registers.mask |= value;
        case MASK_CLEAR -> registers.mask &= ~value;
        case CONFIGURATION -> configure(value);
        case ADMIN_SIZES -> registers.adminSizes = value & 0x0fff_0fff;
        case ADMIN_SUBMISSION ->
            registers.adminSubmission = registers.adminSubmission & ~0xffff_ffffL | bits;
        case ADMIN_SUBMISSION + 4 ->
            registers.adminSubmission = registers.adminSubmission & 0xffff_ffffL | bits << 32;
        case ADMIN_COMPLETION ->
            registers.adminCompletion = registers.adminCompletion & ~0xffff_ffffL | bits;
        case ADMIN_COMPLETION + 4 ->
            registers.adminCompletion = registers.adminCompletion & 0xffff_ffffL | bits << 32;
        default -> {} // read-only, or nothing
      }
      task.updateLine(messages);
    } finally {
      controllerLock.unlock();
    }
    line.publish();
  }

  private void configure(int value) {
    boolean wasEnabled = registers.enabled();
    boolean wasShuttingDown = registers.shuttingDown();
    registers.configuration = value;
    if (registers.shuttingDown() != wasShuttingDown) {
      registers.status &= ~ControllerRegisters.SHUTDOWN_STATUS;
      if (!wasShuttingDown) {
        registers.status |= ControllerRegisters.SHUTDOWN_COMPLETE;
      }
    }
    if (registers.enabled() && !wasEnabled) {
      start();
    } else if (!registers.enabled() && wasEnabled) {
      clearQueues();
      task.disable();
    }
  }

  private void start() {
    if (task.isDisabling() || !registers.canStart()) {
      registers.status |= ControllerRegisters.FATAL;
      return;
    }
    int sizes = registers.adminSizes;
    queues.add(new CompletionQueue(0, registers.adminCompletion, (sizes >>> 16 & 0xfff) + 1, 0));
    queues.add(new SubmissionQueue(0, registers.adminSubmission, (sizes & 0xfff) + 1, 0));
    registers.status |= ControllerRegisters.READY;
  }

  private void clearQueues() {
    task.forget();
    queues.clear();
    features.reset();
    adminCommands.setEventRequests(0);
  }

  private void ringDoorbell(int doorbell, int value) {
    boolean messages = context.messagesEnabled();
    int id = doorbell / 2;
    controllerLock.lock();
    try {
      if (!registers.ready()) {
        return;
      }
      if (doorbell % 2 == 0) {
        SubmissionQueue queue = queues.submission(id);
        if (queue != null && value >= 0 && value < queue.entries) {
          queue.tail = value;
          task.start();
        }
      } else {
        CompletionQueue queue = queues.completion(id);
        if (queue != null && value >= 0 && value < queue.entries) {
          boolean wasFull = queue.isFull();
          queue.head = value;
          task.updateLine(messages);
          if (wasFull) {
            task.start();
          }
        }
      }
    } finally {
      controllerLock.unlock();
    }
    line.publish();
  }

  /** Message interrupts may have been turned on, and then the line is low, or off. */
  @Override
  public void configWritten(int offset, int width) {
    boolean messages = context.messagesEnabled();
    controllerLock.lock();
    try {
      task.updateLine(messages);
    } finally {
      controllerLock.unlock();
    }
    line.publish();
  }

  @Override
  public void reset() {
    task.stop();
    controllerLock.lock();
    try {
      clearQueues();
      registers.clear();
      registers.status = initialStatus();
      task.updateLine(true);
    } finally {
      controllerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    long workLeft = task.suspend();
    controllerLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.ofEntries(
              Map.entry("mask", (long) registers.mask),
              Map.entry("configuration", (long) registers.configuration),
              Map.entry("status", (long) registers.status),
              Map.entry("adminSizes", (long) registers.adminSizes),
              Map.entry("adminSubmission", registers.adminSubmission),
              Map.entry("adminCompletion", registers.adminCompletion),
              Map.entry("queues", queues.save()),
              Map.entry("features", features.save()),
              Map.entry("eventRequests", (long) adminCommands.eventRequests()),
              Map.entry("namespace", namespace.save()),
              Map.entry("workLeftNanos", workLeft)));
    } finally {
      controllerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    long workLeft = state.number("workLeftNanos");
    boolean messages = context.messagesEnabled();
    controllerLock.lock();
    try {
      namespace.restore(state.get("namespace", StateRecord.class));
      queues.restore(state.get("queues", StateRecord.class));
      features.restore(state.get("features", StateRecord.class));
      adminCommands.setEventRequests((int) state.number("eventRequests"));
      registers.mask = (int) state.number("mask");
      registers.configuration = (int) state.number("configuration");
      registers.status = (int) state.number("status");
      registers.adminSizes = (int) state.number("adminSizes");
      registers.adminSubmission = state.number("adminSubmission");
      registers.adminCompletion = state.number("adminCompletion");
      task.updateLine(messages);
      task.takeOver(workLeft);
    } finally {
      controllerLock.unlock();
    }
    line.publish();
  }

  @Override
  public void resume() {
    task.resume();
  }

  @Override
  public void close() {
    task.stop();
  }
}
