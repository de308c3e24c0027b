package busbar.model.nvme;

/**
 * The controller's registers (NVMe base specification 1.4, section 3.1). The controller lock guards
 * them.
 */
final class ControllerRegisters {
  static final int SPACE = 0x1000;

  static final int CAPABILITIES = 0x00;
  static final int VERSION = 0x08;
  static final int MASK_SET = 0x0c;
  static final int MASK_CLEAR = 0x10;
  static final int CONFIGURATION = 0x14;
  static final int STATUS = 0x1c;
  static final int ADMIN_SIZES = 0x24;
  static final int ADMIN_SUBMISSION = 0x28;
  static final int ADMIN_COMPLETION = 0x30;

  static final int ENABLE = 1;
  static final int READY = 1;
  static final int FATAL = 1 << 1;
  static final int SHUTDOWN_STATUS = 3 << 2;
  static final int SHUTDOWN_COMPLETE = 2 << 2;
  private static final int SHUTDOWN = 3 << 14;

  /**
   * Queues of 2048 entries, contiguous; 7.5 seconds to become ready; the NVM and other command
   * sets; pages of 4 to 64 KiB.
   */
  private static final long CAPABILITIES_VALUE = 0x0040_1820_0f01_07ffL;

  private static final int VERSION_VALUE = 0x0001_0400;
  private static final int LARGEST_PAGE_SHIFT = 4;
  private static final int SUBMISSION_ENTRY_SHIFT = 6;
  private static final int COMPLETION_ENTRY_SHIFT = 4;

  int mask;
  int configuration;
  int status;
  int adminSizes;
  long adminSubmission;
  long adminCompletion;

  /** The word at a multiple of 4. */
  int word(int offset) {
    return switch (offset) {
      case CAPABILITIES -> (int) CAPABILITIES_VALUE;
      case CAPABILITIES + 4 -> (int) (CAPABILITIES_VALUE >>> 32);
      case VERSION -> VERSION_VALUE;
      case MASK_SET, MASK_CLEAR -> mask;
      case CONFIGURATION -> configuration;
      case STATUS -> status;
      case ADMIN_SIZES -> adminSizes;
      case ADMIN_SUBMISSION -> (int) adminSubmission;
      case ADMIN_SUBMISSION + 4 -> (int) (adminSubmission >>> 32);
      case ADMIN_COMPLETION -> (int) adminCompletion;
      case ADMIN_COMPLETION + 4 -> (int) (adminCompletion >>> 32);
      default -> 0;
    };
  }

  boolean enabled() {
    return (configuration & ENABLE) != 0;
  }

  boolean ready() {
    return (status & (READY | FATAL)) == READY;
  }

  boolean shuttingDown() {
    return (configuration & SHUTDOWN) != 0;
  }

  int pageSize() {
    return 4096 << (configuration >>> 7 & 0xf);
  }

  /** Whether the controller can start with what software has set up. */
  boolean canStart() {
    long within = pageSize() - 1L;
    return adminSubmission != 0
        && adminCompletion != 0
        && (adminSubmission & within) == 0
        && (adminCompletion & within) == 0
        && (configuration >>> 7 & 0xf) <= LARGEST_PAGE_SHIFT
        && (configuration >>> 16 & 0xf) == SUBMISSION_ENTRY_SHIFT
        && (configuration >>> 20 & 0xf) == COMPLETION_ENTRY_SHIFT
        && (adminSizes & 0xfff) != 0
        && (adminSizes >>> 16 & 0xfff) != 0;
  }

  void clear() {
    mask = 0;
    configuration = 0;
    status = 0;
    adminSizes = 0;
    adminSubmission = 0;
    adminCompletion = 0;
  }
}
