package busbar.bench;

import java.util.ArrayList;
import java.util.List;

/** The Java heap that a live mapping of one page holds, everything included. */
final class MappingHeap implements Measurement {
  private static final int MAPPINGS = 65_000;
  private static final int ROUNDS = 5;

  @Override
  public String name() {
    return "MappingHeap";
  }

  @Override
  public List<Score> measure() {
    List<Double> rounds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      rounds.add(round());
    }
    rounds.sort(null);
    return List.of(
        new Score(
            "MappingHeap.mapping",
            "Java heap that one of 65,000 live mappings of a page holds, everything included",
            "bytes/mapping",
            rounds.get(ROUNDS / 2),
            (rounds.getLast() - rounds.getFirst()) / 2));
  }

  private static double round() {
    try (Mappings mappings = new Mappings()) {
      mappings.mapStaying(MAPPINGS);
      long before = Growth.usedAfterCollection();
      for (int i = 0; i < MAPPINGS; i++) {
        mappings.mapStaying(i);
      }
      return (double) (Growth.usedAfterCollection() - before) / MAPPINGS;
    }
  }
}
