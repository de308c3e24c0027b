package busbar.registry;

import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The records of the last swaps. Any thread. */
final class Journal implements SwapJournal {
  private static final System.Logger LOG = System.getLogger(Journal.class.getName());

  /** How many are kept. */
  static final int LIMIT = 1_000;

  private final Deque<SwapRecord> records = new ArrayDeque<>();
  private long last;

  @Override
  public SwapRecord add(SwapRecord ended) {
    SwapRecord numbered;
    synchronized (this) {
      numbered = ended.withNumber(++last);
      records.add(numbered);
      if (records.size() > LIMIT) {
        records.removeFirst();
      }
    }
    LOG.log(
        numbered.result() == SwapRecord.Result.DONE
            ? System.Logger.Level.INFO
            : System.Logger.Level.WARNING,
        "Swap {0} of {1}, {2} to {3}: {4}, {5}",
        numbered.number(),
        numbered.target(),
        numbered.from(),
        numbered.to(),
        numbered.result(),
        numbered.because());
    return numbered;
  }

  /** Oldest first. */
  synchronized List<SwapRecord> all() {
    return List.copyOf(records);
  }
}
