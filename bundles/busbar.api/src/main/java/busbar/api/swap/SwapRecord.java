package busbar.api.swap;

import java.time.Instant;
import java.util.List;

/**
 * What one swap did.
 *
 * @param number counts from 1; 0 until the journal has given one
 * @param begun when
 * @param target the place: a device, a container
 * @param kind {@code "driver"}, {@code "backend"}, {@code "model"}
 * @param way how it was started
 * @param who who asked: {@code "operator"}, {@code "policy always"}, {@code "bundle busbar.pci
 *     1.0.1"}
 * @param from who was there: {@code "vfio-pci@1.0.0"}
 * @param to who was to be there
 * @param phases what was done and how long it took, in that order
 * @param pauseNanos how long operations had to wait, from the gate's closing to its opening
 * @param result how it ended
 * @param because one sentence
 * @param undo the command that takes it back; empty if there is none
 */
public record SwapRecord(
    long number,
    Instant begun,
    String target,
    String kind,
    Way way,
    String who,
    String from,
    String to,
    List<Phase> phases,
    long pauseNanos,
    Result result,
    String because,
    String undo) {
  public SwapRecord {
    phases = List.copyOf(phases);
  }

  /** How a swap was started. */
  public enum Way {
    /** Somebody named target and successor; both were there. */
    SIDE_BY_SIDE,
    /** The service of the old one went, that of the new one came: an update of a bundle. */
    UPDATE,
    /** A better one appeared. */
    POLICY
  }

  /** How a swap ended. */
  public enum Result {
    /** The new one is in place. */
    DONE,
    /** Nothing changed: the old one goes on. */
    KEPT,
    /** The old one is gone, this successor was refused; operations wait for another one. */
    WAITING,
    /** The old one is gone and nobody took over: operations fail with {@code ENODEV}. */
    LOST
  }

  /** A part of a swap: {@code "probe"}, {@code "drain"}, {@code "save"}, {@code "restore"}, … */
  public record Phase(String name, long nanos) {}

  public SwapRecord withNumber(long given) {
    return new SwapRecord(
        given, begun, target, kind, way, who, from, to, phases, pauseNanos, result, because, undo);
  }
}
