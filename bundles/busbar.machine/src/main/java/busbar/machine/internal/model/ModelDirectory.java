package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.machine.model.DeviceModelFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The factories that are there, by model, with what tells which of two is better. Any thread. */
public final class ModelDirectory {
  /**
   * A factory that is there, with what its bundle was when it came: an update changes the bundle
   * before the service of the new version is there.
   *
   * @param ranking its service's
   * @param provider its bundle; the name means nothing
   * @param order of coming
   */
  record Entry(DeviceModelFactory factory, int ranking, Candidate provider, long order) {
    private static final Comparator<Entry> BETTER =
        Comparator.comparingInt(Entry::ranking)
            .thenComparing(entry -> entry.provider, Candidate.BY_VERSION)
            .reversed();
    static final Comparator<Entry> BEST_FIRST = BETTER.thenComparingLong(Entry::order);

    /** Whether it would take over by itself: age alone is no merit. */
    boolean isBetterThan(Entry other) {
      return BETTER.compare(this, other) < 0;
    }

    Candidate candidate(String model) {
      return new Candidate(model, provider.bundle(), provider.version(), provider.bundleId());
    }

    /** For records: who causes what happens when it goes or comes. */
    String origin() {
      return provider.bundle().isEmpty()
          ? "a factory"
          : "bundle " + provider.bundle() + " " + provider.version();
    }
  }

  private final Map<DeviceModelFactory, Entry> entries = new IdentityHashMap<>();
  private long arrivals;

  /**
   * A factory comes.
   *
   * @param provider its bundle; {@link Candidate#plain} without OSGi
   */
  public synchronized void add(DeviceModelFactory factory, int ranking, Candidate provider) {
    entries.putIfAbsent(factory, new Entry(factory, ranking, provider, arrivals++));
  }

  /** It goes. */
  public synchronized void remove(DeviceModelFactory factory) {
    entries.remove(factory);
  }

  synchronized boolean has(Entry entry) {
    return entries.get(entry.factory()) == entry;
  }

  /**
   * Who is meant by an operator's choice for a place.
   *
   * @param current who has the place, {@code null} if nobody
   * @throws busbar.api.VfioException {@code ENOENT} nobody who is there, {@code EINVAL} who has it
   */
  Entry find(String model, Candidate wanted, Entry current) {
    Entry found =
        candidates(model).stream()
            .filter(each -> each != current && each.candidate(model).equals(wanted))
            .findFirst()
            .orElse(null);
    if (found != null) {
      return found;
    }
    if (current != null && current.candidate(model).equals(wanted)) {
      throw Errno.EINVAL.because("%s has the place already", wanted);
    }
    throw Errno.ENOENT.because("no factory of %s is there", wanted);
  }

  /** What an operator writes for an entry so that no other one is meant. */
  String word(String model, Entry entry) {
    Candidate candidate = entry.candidate(model);
    boolean isAlone =
        candidates(model).stream()
            .allMatch(
                each -> each == entry || !each.candidate(model).isMeantBy(candidate.toString()));
    return isAlone ? candidate.toString() : candidate.word();
  }

  /** Who makes a model, best first. */
  List<Entry> candidates(String model) {
    List<Entry> all;
    synchronized (this) {
      all = new ArrayList<>(entries.values());
    }
    all.removeIf(entry -> !entry.factory().models().contains(model));
    all.sort(Entry.BEST_FIRST);
    return all;
  }
}
