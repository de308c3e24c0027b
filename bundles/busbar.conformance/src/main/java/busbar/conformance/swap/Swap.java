package busbar.conformance.swap;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import java.util.function.Consumer;

/**
 * The registry's part of a swap. What happens meanwhile is told after each step, so that a test can
 * raise interrupts and signal eventfds in every phase.
 */
public final class Swap {
  /** The steps after which something can happen. */
  public enum Phase {
    PROBED,
    SAVED,
    RESTORED,
    CALLED_OFF,
    OVER
  }

  private Swap() {}

  /** A swap that succeeds; the new side is probed already. */
  public static void succeeds(Side<?> old, Side<?> fresh, Consumer<Phase> meanwhile) {
    meanwhile.accept(Phase.PROBED);
    StateRecord state = old.save();
    meanwhile.accept(Phase.SAVED);
    fresh.restore(state);
    meanwhile.accept(Phase.RESTORED);
    old.leave();
    meanwhile.accept(Phase.OVER);
  }

  /** A swap that fails after the new side's restore: a mapping that it refuses, say. */
  public static void isCalledOff(Side<?> old, Side<?> fresh, Consumer<Phase> meanwhile) {
    meanwhile.accept(Phase.PROBED);
    StateRecord state = old.save();
    meanwhile.accept(Phase.SAVED);
    fresh.restore(state);
    meanwhile.accept(Phase.RESTORED);
    fresh.save();
    meanwhile.accept(Phase.CALLED_OFF);
    old.resume();
    fresh.leave();
    meanwhile.accept(Phase.OVER);
  }

  /** A swap that fails after the new side's probe: it is never given a state. */
  public static void neverRestores(Side<?> old, Side<?> fresh, Consumer<Phase> meanwhile) {
    meanwhile.accept(Phase.PROBED);
    old.save();
    meanwhile.accept(Phase.SAVED);
    old.resume();
    fresh.leave();
    meanwhile.accept(Phase.OVER);
  }

  /**
   * A swap with a state that is not right.
   *
   * @return whether the new side refused it, which it may do with {@code EINVAL} alone; else the
   *     swap was called off after its restore
   */
  public static boolean isRefused(Side<?> old, Side<?> fresh, StateRecord state) {
    boolean refused = false;
    try {
      fresh.restore(state);
      fresh.save();
    } catch (VfioException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      refused = true;
    }
    old.resume();
    fresh.leave();
    return refused;
  }
}
