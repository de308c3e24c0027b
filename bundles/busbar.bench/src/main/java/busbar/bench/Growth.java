package busbar.bench;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/** How time and memory grow with the number of devices that a machine has. */
final class Growth implements Measurement {
  private static final int[] SIZES = {100, 1_000, 10_000};
  private static final int ROUNDS = 5;
  private static final double BYTES_PER_KIB = 1024;

  @Override
  public String name() {
    return "Growth";
  }

  @Override
  public List<Score> measure() {
    // a first machine loads classes and warms the paths up, so that the smallest does not pay for
    // it
    discover(SIZES[1]).close();
    List<Score> scores = new ArrayList<>();
    for (int devices : SIZES) {
      List<Round> rounds = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        rounds.add(round(devices));
      }
      scores.add(
          score(
              "Growth.discover devices=" + devices,
              "time to discover a machine's devices and match them with driver and group, each",
              "us/device",
              rounds.stream().map(Round::micros).sorted().toList()));
      scores.add(
          new Score(
              "Growth.heap devices=" + devices,
              "heap that a discovered and matched device holds, the most of all rounds",
              "KiB/device",
              rounds.stream().mapToDouble(Round::kib).max().orElseThrow(),
              0));
    }
    return scores;
  }

  /** What one machine took, for each of its devices. */
  private record Round(double micros, double kib) {}

  /** In a method of its own: nothing of the machine before may be held by a local variable. */
  private static Round round(int devices) {
    long before = usedAfterCollection();
    long begun = System.nanoTime();
    BenchMachine machine = discover(devices);
    double micros = (System.nanoTime() - begun) / 1e3 / devices;
    double kib = (usedAfterCollection() - before) / BYTES_PER_KIB / devices;
    // the compiler would let the machine go before it is weighed
    Reference.reachabilityFence(machine);
    machine.close();
    return new Round(micros, kib);
  }

  /** The median, with half the range as its error. */
  private static Score score(String name, String measures, String unit, List<Double> sorted) {
    double error = (sorted.getLast() - sorted.getFirst()) / 2;
    return new Score(name, measures, unit, sorted.get(sorted.size() / 2), error);
  }

  private static BenchMachine discover(int devices) {
    BenchMachine machine = new BenchMachine(devices, new PlainDriver());
    int groups = machine.registry.admin().groups().size();
    if (groups != devices) {
      throw new IllegalStateException(devices + " devices gave " + groups + " groups");
    }
    return machine;
  }

  static long usedAfterCollection() {
    System.gc();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
