package busbar.model.nvme;

/**
 * How a command ended.
 *
 * @param status status code type and code
 * @param value dword 0 of the completion
 */
record Result(int status, int value) {
  static final Result SUCCESS = new Result(0, 0);

  /** The command is not completed now: it waits for an event. */
  static final Result LATER = new Result(-1, 0);

  static final int INVALID_OPCODE = 0x01;
  static final int INVALID_FIELD = 0x02;
  static final int DATA_TRANSFER_ERROR = 0x04;
  static final int INVALID_NAMESPACE = 0x0b;
  static final int INVALID_PRP_OFFSET = 0x13;
  static final int LBA_OUT_OF_RANGE = 0x80;
  static final int INVALID_COMPLETION_QUEUE = 0x100;
  static final int INVALID_QUEUE = 0x101;
  static final int INVALID_QUEUE_SIZE = 0x102;
  static final int TOO_MANY_EVENT_REQUESTS = 0x105;
  static final int INVALID_VECTOR = 0x108;
  static final int INVALID_LOG_PAGE = 0x109;
  static final int INVALID_QUEUE_DELETION = 0x10c;
  static final int FEATURE_NOT_SAVEABLE = 0x10d;
  static final int COMPARE_FAILURE = 0x285;

  /** Repeating the command leads to the same. */
  private static final int DO_NOT_RETRY = 0x4000;

  static Result failed(int status) {
    return new Result(status | DO_NOT_RETRY, 0);
  }

  static Result value(int value) {
    return new Result(0, value);
  }
}
