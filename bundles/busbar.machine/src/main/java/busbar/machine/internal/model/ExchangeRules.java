package busbar.machine.internal.model;

import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapSettings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/** How a machine exchanges models, and where it tells what it did. Any thread. */
public final class ExchangeRules {
  private static final Logger LOG = System.getLogger(ExchangeRules.class.getName());

  private volatile SwapSettings settings = SwapSettings.DEFAULT;
  private volatile SwapJournal journal;
  private volatile boolean stopping;

  public SwapSettings settings() {
    return settings;
  }

  public void settings(SwapSettings wanted) {
    settings = wanted;
  }

  /** Where records go from now on; {@code null} for nowhere. */
  public void journal(SwapJournal wanted) {
    journal = wanted;
  }

  public SwapJournal journal() {
    return journal;
  }

  /** Nobody waits for successors any more. */
  public void stop() {
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  long deadlineNanos() {
    return TimeUnit.MILLISECONDS.toNanos(settings.deadlineMillis());
  }

  long graceNanos() {
    return TimeUnit.MILLISECONDS.toNanos(settings.graceMillis());
  }

  /** Keeps a record; returns it as the journal has it. */
  SwapRecord add(SwapRecord ended) {
    Level level = ended.result() == SwapRecord.Result.DONE ? Level.DEBUG : Level.WARNING;
    LOG.log(level, "{0}: {1}", ended.target(), ended.because());
    SwapJournal to = journal;
    if (to == null) {
      return ended;
    }
    try {
      return to.add(ended);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the journal has not taken a record", e);
      return ended;
    }
  }
}
