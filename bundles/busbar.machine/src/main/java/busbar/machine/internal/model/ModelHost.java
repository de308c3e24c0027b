package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;
import busbar.api.time.Timing;
import busbar.machine.internal.model.ModelDirectory.Entry;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.ModelContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Keeps a model in a device's slot while factories come, go and are replaced. Any thread. */
public final class ModelHost {
  static final String KIND = "model";
  private static final Logger LOG = System.getLogger(ModelHost.class.getName());
  private static final long LAST_DRAIN_NANOS = 20_000_000;
  private static final long IDLE_LOOK_NANOS = 1_000_000_000;

  /** What a device is to the host of its model. */
  public interface Device {
    String name();

    /** What a new model is given. */
    ModelContext context();

    /** Whether a driver works with it: holds its registers or interrupts, or lets it do DMA. */
    boolean isInUse();

    /** Its model is gone for good: it vanishes from its bus. */
    void lost();
  }

  /** The time without a model. */
  private static final class Gap {
    final StateRecord state;
    final SwapRecording recording;
    final List<Entry> refused = new ArrayList<>();
    Timing.Timer end;

    Gap(StateRecord state, SwapRecording recording) {
      this.state = state;
      this.recording = recording;
    }
  }

  private final String model;
  private final Device device;
  private final ModelDirectory directory;
  private final ExchangeRules rules;
  private final Timing timing;
  private final ModelSlot slot = new ModelSlot(new PassiveModel());
  private final ModelExchange exchange;

  /** Held by whoever changes the model; guards the fields below, two of which others may read. */
  private final ReentrantLock changeLock = new ReentrantLock();

  private volatile Entry current;
  private volatile Gap gap;
  private Leash leash;
  private boolean closed;
  private boolean looksForIdle;

  /** Whom the policy has tried in vain. */
  private List<Entry> refused = List.of();

  /** A host without a model yet. */
  public ModelHost(
      String model, Device device, ModelDirectory directory, ExchangeRules rules, Timing timing) {
    this.model = model;
    this.device = device;
    this.directory = directory;
    this.rules = rules;
    this.timing = timing;
    exchange = new ModelExchange(model, device, slot, directory, rules);
  }

  public ModelSlot slot() {
    return slot;
  }

  public String model() {
    return model;
  }

  Device device() {
    return device;
  }

  /** Who is in the place, {@code null} if nobody is. */
  Entry current() {
    return current;
  }

  /** Whether there is a model in the place, or one is awaited. */
  public boolean hasModel() {
    return current != null || gap != null;
  }

  /** Whether a call that was given up has not returned. */
  boolean hangs() {
    return exchange.hangs();
  }

  /** Does what the factories that are there now make necessary. */
  public void update() {
    boolean interrupted = Thread.interrupted(); // no reason to lose a device
    boolean lost;
    changeLock.lock();
    try {
      lost = reconcile();
    } finally {
      changeLock.unlock();
    }
    if (lost) {
      device.lost();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the device is lost by it. */
  private boolean reconcile() {
    if (closed) {
      return false;
    }
    refused = refused.stream().filter(directory::has).toList();
    if (current != null && !directory.has(current)) {
      return depart();
    }
    if (gap != null) {
      fillGap();
    } else if (current == null) {
      directory.candidates(model).stream().anyMatch(this::begin);
    } else {
      followPolicy();
    }
    return false;
  }

  // The first model, and the last.

  private boolean begin(Entry entry) {
    Leash fresh = new Leash(device.context(), slot.gate());
    DeviceModel made;
    try {
      made = Objects.requireNonNull(entry.factory().create(fresh), "it made nothing");
    } catch (RuntimeException | LinkageError e) {
      fresh.cut();
      LOG.log(Level.WARNING, device.name() + " gets no model from " + entry.origin(), e);
      return false;
    }
    current = entry;
    leash = fresh;
    slot.close();
    slot.put(made);
    Handover.goLive(fresh);
    slot.open();
    return true;
  }

  /** The device is gone, or off with its machine. */
  public void close() {
    DeviceModel old;
    changeLock.lock();
    try {
      old = switchOff();
    } finally {
      changeLock.unlock();
    }
    closeQuietly(old);
  }

  /** Nobody waits for a successor any more. */
  public void stop() {
    if (gap != null) {
      close();
    }
  }

  /** What is to be closed after that, {@code null} if nothing. */
  private DeviceModel switchOff() {
    if (closed) {
      return null;
    }
    closed = true;
    DeviceModel old = gap == null ? slot.model() : null;
    if (gap == null) {
      slot.close();
      // An access that does not end finds a model that is off.
      slot.awaitQuiet(LAST_DRAIN_NANOS);
    } else {
      gap.end.cancel();
    }
    if (leash != null) {
      leash.cut();
    }
    slot.put(DeadModel.INSTANCE);
    slot.open();
    current = null;
    gap = null;
    leash = null;
    return old;
  }

  private void closeQuietly(DeviceModel old) {
    if (old != null) {
      try {
        old.close();
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a model of " + device.name() + " failed while it was closed", e);
      }
    }
  }

  // Exchanges.

  /**
   * Exchanges the model by request.
   *
   * @throws VfioException as {@link busbar.api.swap.Swappable#swap}
   */
  SwapRecord swap(Candidate successor, Way way, String who) {
    if (!changeLock.tryLock()) {
      throw Errno.EBUSY.because("another change of the model of %s is under way", device.name());
    }
    try {
      Entry to = successor(successor);
      if (current == null) {
        throw Errno.EBUSY.because("%s waits for a model already", device.name());
      }
      return exchange(to, way, who);
    } finally {
      changeLock.unlock();
    }
  }

  /** Who is meant; fails as {@link ModelDirectory#find}. */
  Entry successor(Candidate wanted) {
    return directory.find(model, wanted, current);
  }

  private void followPolicy() {
    SwapPolicy policy = rules.settings().policy();
    if (policy == SwapPolicy.MANUAL) {
      return;
    }
    Entry best =
        directory.candidates(model).stream()
            .filter(each -> !refused.contains(each))
            .findFirst()
            .orElse(current);
    if (best == current || !best.isBetterThan(current)) {
      return;
    }
    if (policy == SwapPolicy.ON_IDLE && device.isInUse()) {
      lookForIdle();
      return;
    }
    try {
      exchange(best, Way.POLICY, policy == SwapPolicy.ALWAYS ? "policy always" : "policy on-idle");
    } catch (VfioException e) {
      List<Entry> more = new ArrayList<>(refused);
      more.add(best);
      refused = List.copyOf(more);
    }
  }

  private void lookForIdle() {
    if (!looksForIdle) {
      looksForIdle = true;
      timing.schedule(
          IDLE_LOOK_NANOS,
          () -> {
            changeLock.lock();
            looksForIdle = false;
            changeLock.unlock();
            update();
          });
    }
  }

  /** With a record of how it ended, also if it failed. */
  private SwapRecord exchange(Entry to, Way way, String who) {
    Entry from = current;
    SwapRecording recording = recording(way, who, from, to.candidate(model));
    try {
      exchange(to, recording);
    } catch (VfioException e) {
      rules.add(
          recording.end(Result.KEPT, "%s goes on: %s".formatted(name(from), e.because()), ""));
      throw e;
    }
    String undo =
        directory.has(from) ? "vfio:swap " + device.name() + " " + directory.word(model, from) : "";
    return rules.add(recording.end(Result.DONE, name(to) + " took over", undo));
  }

  private SwapRecording recording(Way way, String who, Entry from, Object to) {
    return new SwapRecording(device.name(), KIND, way, who, from.candidate(model), to);
  }

  private String name(Entry entry) {
    return entry.candidate(model).toString();
  }

  private void exchange(Entry to, SwapRecording recording) {
    leash = exchange.exchange(to, leash, recording);
    current = to;
  }

  // Migration: state that goes elsewhere, or comes from there.

  /**
   * The whole state of the model in place, which goes on after that.
   *
   * @throws VfioException {@code EBUSY} if its work does not end or it has no model just now
   */
  public StateRecord look() {
    changeLock.lock();
    try {
      return exchange.look(leash, migration());
    } finally {
      changeLock.unlock();
    }
  }

  /**
   * A fresh model with that state takes the place.
   *
   * @param taken runs before any of its lines, messages and timers has an effect
   * @throws VfioException {@code EINVAL} if it cannot take it, else as {@link #look}; the old one
   *     goes on
   */
  public void load(StateRecord state, Runnable taken) {
    changeLock.lock();
    try {
      leash = exchange.replace(current, leash, state, taken, migration());
    } finally {
      changeLock.unlock();
    }
  }

  /** It is no swap and leaves no record. */
  private SwapRecording migration() {
    if (current == null) {
      throw Errno.EBUSY.because("%s has no model just now", device.name());
    }
    return recording(Way.SIDE_BY_SIDE, "", current, "");
  }

  // Without a model.

  /** The factory of the model in place has gone; whether the device is lost by that. */
  private boolean depart() {
    Entry from = current;
    if (rules.isStopping()) {
      closeQuietly(switchOff());
      return false;
    }
    SwapRecording recording = recording(Way.UPDATE, from.origin(), from, "");
    List<Entry> tried = new ArrayList<>();
    for (Entry to : directory.candidates(model)) {
      recording.successor(to.candidate(model));
      try {
        exchange(to, recording);
        rules.add(recording.end(Result.DONE, name(to) + " took over", ""));
        return false;
      } catch (VfioException e) {
        tried.add(to);
        rules.add(recording.end(Result.WAITING, refusal(to, e), ""));
      }
    }
    if (rules.graceNanos() == 0) {
      return lose(recording, "%s is gone and no grace period is set".formatted(name(from)));
    }
    try {
      park(recording, tried);
      return false;
    } catch (VfioException e) {
      return lose(recording, "%s is gone with its state: %s".formatted(name(from), e.because()));
    }
  }

  private String refusal(Entry successor, VfioException e) {
    return "%s cannot take over: %s".formatted(name(successor), e.because());
  }

  private void park(SwapRecording recording, List<Entry> tried) {
    Gap waiting = new Gap(exchange.park(leash, recording), recording);
    waiting.refused.addAll(tried);
    waiting.end = timing.schedule(rules.graceNanos(), () -> endGrace(waiting));
    gap = waiting;
    current = null;
    leash = null;
  }

  private void fillGap() {
    Gap waiting = gap;
    for (Entry to : directory.candidates(model)) {
      if (waiting.refused.contains(to)) {
        continue;
      }
      waiting.recording.phase("wait");
      waiting.recording.successor(to.candidate(model));
      try {
        leash = exchange.fill(to, waiting.state, waiting.recording);
      } catch (VfioException e) {
        waiting.refused.add(to);
        rules.add(waiting.recording.end(Result.WAITING, refusal(to, e), ""));
        waiting.recording.closed();
        continue;
      }
      waiting.end.cancel();
      current = to;
      gap = null;
      rules.add(waiting.recording.end(Result.DONE, name(to) + " took over", ""));
      return;
    }
  }

  private void endGrace(Gap over) {
    changeLock.lock();
    try {
      if (gap != over) {
        return;
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(rules.graceNanos());
      lose(over.recording, "no successor came within %d ms".formatted(millis));
    } finally {
      changeLock.unlock();
    }
    device.lost();
  }

  private boolean lose(SwapRecording recording, String because) {
    DeviceModel old = switchOff();
    if (old != null) {
      exchange.close(old);
    }
    rules.add(recording.end(Result.LOST, because, ""));
    return true;
  }
}
