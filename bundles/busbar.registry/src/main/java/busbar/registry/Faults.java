package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.lang.foreign.MemorySegment;

/** Turns whatever a driver or backend lets escape into the one failure of the client edge. */
final class Faults {
  private static final System.Logger LOG = System.getLogger(Faults.class.getName());

  private Faults() {}

  /**
   * A {@link VfioException} is an answer and stays as it is; everything else is a fault of the
   * driver: logged with its stack, and {@code EIO} for the client.
   *
   * @param who the culprit, {@code "driver vfio-pci"}
   * @param what what it was doing, {@code "reading 0000:00:04.0"}
   */
  static VfioException of(Throwable thrown, String who, String what) {
    if (thrown instanceof VfioException answer) {
      return answer;
    }
    LOG.log(System.Logger.Level.ERROR, who + " failed " + what, thrown);
    return new VfioException(Errno.EIO, who + " failed " + what + " with " + thrown, thrown);
  }

  /**
   * As {@link #of(Throwable, String, String)}, for a call that was given memory of the client. If
   * that memory is read-only, freed or another thread's, it is the client's fault: {@code EFAULT}.
   */
  static VfioException of(Throwable thrown, MemorySegment memory, String who, String what) {
    boolean answer = thrown instanceof VfioException;
    if (!answer && (thrown instanceof WrongThreadException || !memory.scope().isAlive())) {
      return new VfioException(
          Errno.EFAULT, "the memory given for " + what + " cannot be used: " + thrown, thrown);
    }
    if (thrown instanceof IllegalArgumentException && memory.isReadOnly()) {
      return new VfioException(
          Errno.EFAULT, "the memory given for " + what + " is read-only", thrown);
    }
    return of(thrown, who, what);
  }

  /** A result that the contract does not allow. */
  static VfioException lie(String who, String what, Object result) {
    VfioException lie = Errno.EIO.because("%s answered %s when %s", who, result, what);
    LOG.log(System.Logger.Level.ERROR, lie.because());
    return lie;
  }

  /** Runs what must not fail: what escapes is logged and goes no further. */
  static void swallow(String who, String what, Runnable call) {
    try {
      call.run();
    } catch (Throwable t) {
      LOG.log(System.Logger.Level.ERROR, who + " failed " + what, t);
    }
  }
}
