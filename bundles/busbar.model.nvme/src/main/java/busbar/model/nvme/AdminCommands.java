package busbar.model.nvme;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The admin command set (NVMe base specification 1.4, section 5); on the controller's work task.
 */
final class AdminCommands {
  static final int EVENT_REQUESTS = 4;
  static final int LARGEST_QUEUE = 2048;

  private static final int DELETE_SUBMISSION_QUEUE = 0x00;
  private static final int CREATE_SUBMISSION_QUEUE = 0x01;
  private static final int GET_LOG_PAGE = 0x02;
  private static final int DELETE_COMPLETION_QUEUE = 0x04;
  private static final int CREATE_COMPLETION_QUEUE = 0x05;
  private static final int IDENTIFY = 0x06;
  private static final int ABORT = 0x08;
  private static final int SET_FEATURES = 0x09;
  private static final int GET_FEATURES = 0x0a;
  private static final int REQUEST_EVENT = 0x0c;

  private static final int EVERY_NAMESPACE = -1;
  private static final int CONTIGUOUS = 1;
  private static final int INTERRUPTS = 2;

  private final ReentrantLock controllerLock;
  private final Queues queues;
  private final Features features;
  private final Namespace namespace;
  private final String serial;
  private final int ioQueues;
  private final int vectors;

  /** How many event requests wait; the controller lock guards it. */
  private int eventRequests;

  AdminCommands(
      ReentrantLock controllerLock,
      Queues queues,
      Features features,
      Namespace namespace,
      String serial,
      int ioQueues,
      int vectors) {
    this.controllerLock = controllerLock;
    this.queues = queues;
    this.features = features;
    this.namespace = namespace;
    this.serial = serial;
    this.ioQueues = ioQueues;
    this.vectors = vectors;
  }

  Result execute(Command command, PrpList memory, int pageSize) {
    return switch (command.opcode()) {
      case IDENTIFY -> identify(command, memory);
      case GET_LOG_PAGE -> logPage(command, memory);
      case ABORT -> Result.value(1); // commands end at once, so there is never one left to abort
      default -> {
        controllerLock.lock();
        try {
          yield onController(command, pageSize);
        } finally {
          controllerLock.unlock();
        }
      }
    };
  }

  private Result onController(Command command, int pageSize) {
    return switch (command.opcode()) {
      case CREATE_COMPLETION_QUEUE -> createCompletionQueue(command, pageSize);
      case CREATE_SUBMISSION_QUEUE -> createSubmissionQueue(command, pageSize);
      case DELETE_COMPLETION_QUEUE -> deleteCompletionQueue(command.d10() & 0xffff);
      case DELETE_SUBMISSION_QUEUE -> deleteSubmissionQueue(command.d10() & 0xffff);
      case SET_FEATURES -> features.set(command);
      case GET_FEATURES -> features.get(command);
      case REQUEST_EVENT -> {
        if (eventRequests == EVENT_REQUESTS) {
          yield Result.failed(Result.TOO_MANY_EVENT_REQUESTS);
        }
        eventRequests++;
        yield Result.LATER;
      }
      default -> Result.failed(Result.INVALID_OPCODE);
    };
  }

  private Result identify(Command command, PrpList memory) {
    boolean ours = command.namespace() == 1;
    byte[] data =
        switch (command.d10() & 0xff) {
          case 0 ->
              ours || command.namespace() == EVERY_NAMESPACE
                  ? IdentifyData.namespace(namespace)
                  : null;
          case 1 -> IdentifyData.controller(serial);
          case 2 ->
              Integer.compareUnsigned(command.namespace(), -2) >= 0
                  ? null
                  : IdentifyData.namespacesAbove(command.namespace());
          case 3 -> ours ? IdentifyData.descriptors(serial) : null;
          default -> new byte[0];
        };
    if (data == null) {
      return Result.failed(Result.INVALID_NAMESPACE);
    }
    return data.length == 0 ? Result.failed(Result.INVALID_FIELD) : give(command, memory, data);
  }

  private Result logPage(Command command, PrpList memory) {
    byte[] page =
        switch (command.d10() & 0xff) {
          case 1 -> new byte[64];
          case 2 -> IdentifyData.health();
          case 3 -> IdentifyData.firmwareSlots();
          default -> null;
        };
    if (page == null) {
      return Result.failed(Result.INVALID_LOG_PAGE);
    }
    long wanted = ((command.d10() >>> 16) + ((command.d11() & 0xffffL) << 16) + 1) * 4;
    long offset = Integer.toUnsignedLong(command.d12()) | (long) command.d13() << 32;
    if (offset < 0 || offset > page.length || (offset & 3) != 0) {
      return Result.failed(Result.INVALID_FIELD);
    }
    byte[] part = new byte[(int) Math.min(wanted, page.length - offset)];
    System.arraycopy(page, (int) offset, part, 0, part.length);
    return part.length == 0 ? Result.SUCCESS : give(command, memory, part);
  }

  private static Result give(Command command, PrpList memory, byte[] data) {
    int status = memory.give(command, data);
    return status == 0 ? Result.SUCCESS : Result.failed(status);
  }

  private Result createCompletionQueue(Command command, int pageSize) {
    int id = command.d10() & 0xffff;
    int entries = (command.d10() >>> 16) + 1;
    int vector = command.d11() >>> 16;
    if (id == 0 || id > ioQueues || queues.completion(id) != null) {
      return Result.failed(Result.INVALID_QUEUE);
    }
    int status = checkQueue(command, entries, pageSize);
    if (status == 0 && vector >= vectors) {
      status = Result.INVALID_VECTOR;
    }
    if (status != 0) {
      return Result.failed(status);
    }
    boolean interrupts = (command.d11() & INTERRUPTS) != 0;
    queues.add(
        new CompletionQueue(
            id, command.prp1(), entries, interrupts ? vector : CompletionQueue.SILENT));
    return Result.SUCCESS;
  }

  private Result createSubmissionQueue(Command command, int pageSize) {
    int id = command.d10() & 0xffff;
    int entries = (command.d10() >>> 16) + 1;
    int completionQueue = command.d11() >>> 16;
    if (completionQueue == 0 || queues.completion(completionQueue) == null) {
      return Result.failed(Result.INVALID_COMPLETION_QUEUE);
    }
    if (id == 0 || id > ioQueues || queues.submission(id) != null) {
      return Result.failed(Result.INVALID_QUEUE);
    }
    int status = checkQueue(command, entries, pageSize);
    if (status != 0) {
      return Result.failed(status);
    }
    queues.add(new SubmissionQueue(id, command.prp1(), entries, completionQueue));
    return Result.SUCCESS;
  }

  private static int checkQueue(Command command, int entries, int pageSize) {
    if (entries < 2 || entries > LARGEST_QUEUE) {
      return Result.INVALID_QUEUE_SIZE;
    }
    if ((command.prp1() & pageSize - 1) != 0) {
      return Result.INVALID_PRP_OFFSET;
    }
    return (command.d11() & CONTIGUOUS) == 0 ? Result.INVALID_FIELD : 0;
  }

  private Result deleteCompletionQueue(int id) {
    CompletionQueue queue = queues.completion(id);
    if (id == 0 || queue == null) {
      return Result.failed(Result.INVALID_QUEUE);
    }
    if (queue.users > 0) {
      return Result.failed(Result.INVALID_QUEUE_DELETION);
    }
    queues.removeCompletion(id);
    return Result.SUCCESS;
  }

  private Result deleteSubmissionQueue(int id) {
    if (id == 0 || queues.submission(id) == null) {
      return Result.failed(Result.INVALID_QUEUE);
    }
    queues.removeSubmission(id);
    return Result.SUCCESS;
  }

  /** Event requests that wait; the controller lock is held. */
  int eventRequests() {
    return eventRequests;
  }

  /** Sets how many event requests wait; the controller lock is held. */
  void setEventRequests(int count) {
    eventRequests = count;
  }
}
