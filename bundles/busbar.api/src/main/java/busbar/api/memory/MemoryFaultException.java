package busbar.api.memory;

/**
 * An access of a client to its own memory that the hardware refuses: what a C program would see as
 * a signal.
 */
public class MemoryFaultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The signal that the access would raise in a C program. */
  public enum Signal {
    /** The memory is there, the device behind it is not: memory decode off, reset, gone. */
    SIGBUS,
    /** No memory is mapped there, or not for this kind of access. */
    SIGSEGV
  }

  private final Signal signal;

  public MemoryFaultException(Signal signal, String because) {
    super(because);
    this.signal = signal;
  }

  /** A bus error, with a sentence that names device and reason. */
  public static MemoryFaultException busError(String because, Object... arguments) {
    return new MemoryFaultException(Signal.SIGBUS, String.format(because, arguments));
  }

  /** A segmentation fault, with a sentence that names address and reason. */
  public static MemoryFaultException segmentationFault(String because, Object... arguments) {
    return new MemoryFaultException(Signal.SIGSEGV, String.format(because, arguments));
  }

  public Signal signal() {
    return signal;
  }
}
