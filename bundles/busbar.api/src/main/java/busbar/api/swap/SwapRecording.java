package busbar.api.swap;

import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A {@link SwapRecord} in the making. Any thread, though one at a time is the rule. */
public final class SwapRecording {
  private final Instant begun = Instant.now();
  private final String target;
  private final String kind;
  private final Way way;
  private final String who;
  private final String from;
  private final List<Phase> phases = new ArrayList<>();
  private String to;
  private long mark = System.nanoTime();
  private long closed;
  private long pauseNanos;

  public SwapRecording(String target, String kind, Way way, String who, Object from, Object to) {
    this.target = target;
    this.kind = kind;
    this.way = way;
    this.who = who;
    this.from = String.valueOf(from);
    this.to = String.valueOf(to);
  }

  /** A part is over; it began where the part before it ended. */
  public synchronized void phase(String name) {
    long now = System.nanoTime();
    phases.add(new Phase(name, now - mark));
    mark = now;
  }

  /** Somebody else came than was thought. */
  public synchronized void successor(Object other) {
    to = String.valueOf(other);
  }

  /** Operations wait from now on. */
  public synchronized void closed() {
    closed = System.nanoTime();
  }

  /** Operations go on. */
  public synchronized void opened() {
    if (closed != 0) {
      pauseNanos += System.nanoTime() - closed;
      closed = 0;
    }
  }

  /** The record; a pause that was not ended counts until now. */
  public synchronized SwapRecord end(Result result, String because, String undo) {
    opened();
    return new SwapRecord(
        0, begun, target, kind, way, who, from, to, phases, pauseNanos, result, because, undo);
  }
}
