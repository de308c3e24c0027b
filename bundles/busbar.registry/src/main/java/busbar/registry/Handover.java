package busbar.registry;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;

/**
 * One device on its way from its driver to another: the steps, and the way back from each. The
 * caller has stillness on the device for all of them but {@link #prepare} and {@link #finish}.
 *
 * <p>One thread at a time; the fields are volatile because a step that hangs is given up by another
 * thread than the one that is in it.
 */
final class Handover {
  /** How far it got. */
  private enum Stage {
    BEGUN,
    SAVED,
    /** Without a state: the old one has let go. */
    QUIET,
    RESTORED,
    /** The new one is in place. */
    DONE,
    /** The old one goes on. */
    BACK
  }

  final DeviceEntry entry;
  final DeviceObject object;
  final Transfer transfer;
  private final DriverEntry from;
  private final DriverEntry to;
  private volatile Binding<?> old;
  private volatile Binding<?> fresh;
  private volatile StateRecord state;
  private volatile List<MappingImpl.Move> moves = List.of();
  private volatile Stage stage = Stage.BEGUN;
  private volatile boolean abandoned;

  private Handover(DeviceEntry entry, VfioBound bound, DriverEntry to, Transfer transfer) {
    this.entry = entry;
    this.object = bound.object();
    this.from = bound.driver();
    this.to = to;
    this.transfer = transfer;
    this.old = object.binding();
  }

  /** From a driver that is in place. */
  static Handover between(DeviceEntry entry, VfioBound bound, DriverEntry to, Transfer transfer) {
    return new Handover(entry, bound, to, transfer);
  }

  /** From a driver that has gone, and left its state if it could. */
  static Handover from(Hold hold, DriverEntry to) {
    Handover handover =
        new Handover(
            hold.entry, hold.bound, to, hold.state == null ? Transfer.REOPEN : Transfer.STATE);
    handover.state = hold.state;
    handover.stage = hold.state == null ? Stage.QUIET : Stage.SAVED;
    return handover;
  }

  /** What can be done before operations have to wait. */
  void prepare() {
    if (transfer == Transfer.STATE) {
      fresh = object.probeSuccessor(to);
    }
  }

  /** The old one tells its state, or lets go. */
  void save() {
    checkWanted();
    if (transfer == Transfer.STATE) {
      try {
        state = old.save();
      } catch (Throwable t) {
        throw Faults.of(t, old.who(), "telling the state of " + object.name());
      }
      stage = Stage.SAVED;
    } else {
      object.quiesce(old);
      stage = Stage.QUIET;
    }
  }

  /** The new one takes over, and says where mappings lead. */
  void restore() {
    checkWanted();
    if (transfer == Transfer.STATE) {
      try {
        fresh.restore(state);
      } catch (Throwable t) {
        throw Faults.of(t, fresh.who(), "taking over the state of " + object.name());
      }
      stage = Stage.RESTORED;
    } else {
      reopen(to);
    }
    checkWanted();
    try {
      moves = object.moves(fresh);
    } catch (Throwable t) {
      throw Faults.of(t, fresh.who(), "taking over the mappings of " + object.name());
    }
  }

  private void reopen(DriverEntry by) {
    Binding<?> probed = by.probe(object.parent(), object);
    try {
      object.revive(probed);
    } catch (RuntimeException | Error e) {
      Faults.swallow(probed.who(), "removing " + object.name(), probed::remove);
      throw e;
    }
    fresh = probed;
    stage = Stage.RESTORED;
  }

  private void checkWanted() {
    if (abandoned) {
      throw Errno.ECANCELED.because("the swap of %s was given up", object.name());
    }
  }

  /** Makes it so. Cannot fail. */
  void commit() {
    object.exchange(fresh, moves);
    entry.setBound(new VfioBound(to, object));
    entry.setLostDriver(null);
    stage = Stage.DONE;
  }

  /** The old one lets go; operations go on already. */
  void finish() {
    if (transfer == Transfer.STATE) {
      Faults.swallow(old.who(), "forgetting " + object.name(), old::forget);
      Faults.swallow(old.who(), "removing " + object.name(), old::remove);
    }
    old = null;
    state = null;
  }

  /**
   * As {@link #back} and {@link #discard}, for a device whose old driver has gone: the new one
   * gives it back to nobody.
   */
  void untake() {
    Binding<?> unwanted = fresh;
    if (stage == Stage.RESTORED && transfer == Transfer.STATE) {
      Faults.swallow(unwanted.who(), "giving back " + object.name(), unwanted::save);
    } else if (stage == Stage.RESTORED) {
      object.quiesce(unwanted);
      fresh = null;
    }
    stage = Stage.BACK;
    discard();
  }

  /** No step may follow one that hangs. */
  void abandon() {
    abandoned = true;
  }

  /**
   * The old one goes on.
   *
   * @throws busbar.api.VfioException if it cannot, since it had let go
   */
  void back() {
    if (abandoned && transfer != Transfer.STATE && stage != Stage.BEGUN) {
      throw Errno.EIO.because("%s hangs and had %s alone", to, object.name());
    }
    switch (stage) {
      case BEGUN, BACK, DONE -> {}
      case SAVED -> resumeOld();
      case RESTORED -> {
        if (transfer == Transfer.STATE) {
          Faults.swallow(fresh.who(), "giving back " + object.name(), fresh::save);
          resumeOld();
        } else {
          object.quiesce(fresh);
          fresh = null;
          reopenOld();
        }
      }
      case QUIET -> reopenOld();
    }
    stage = stage == Stage.DONE ? Stage.DONE : Stage.BACK;
  }

  private void resumeOld() {
    Binding<?> goingOn = old;
    Faults.swallow(goingOn.who(), "going on with " + object.name(), goingOn::resume);
  }

  private void reopenOld() {
    reopen(from);
    Binding<?> again = fresh;
    fresh = null;
    object.exchange(again, object.moves(again));
    old = again;
  }

  /** The new one forgets what it was never given, or was taken from it again. */
  void discard() {
    Binding<?> unwanted = fresh;
    fresh = null;
    if (unwanted != null && stage != Stage.DONE) {
      Faults.swallow(unwanted.who(), "forgetting " + object.name(), unwanted::forget);
      Faults.swallow(unwanted.who(), "removing " + object.name(), unwanted::remove);
    }
  }

  /**
   * A step that hung has come to its end, long after the old one went on: what it took from that
   * one is given back. The caller has stillness again.
   */
  void settle() {
    if (transfer == Transfer.STATE && object.binding() == old) {
      if (stage == Stage.RESTORED) {
        Faults.swallow(fresh.who(), "giving back " + object.name(), fresh::save);
        Faults.swallow(old.who(), "stopping on " + object.name(), old::save);
        resumeOld();
      } else if (stage == Stage.SAVED) {
        resumeOld();
      }
      stage = Stage.BACK;
    }
    discard();
  }

  boolean isDone() {
    return stage == Stage.DONE;
  }

  boolean isBack() {
    return stage == Stage.BACK;
  }
}
