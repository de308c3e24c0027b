package busbar.model.testdev;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the device's tests: which writes it counts, and which it signals in hardware and does not
 * count.
 *
 * @param number its number, as the header shows it
 * @param region the BAR that the test is about: 0 memory, 1 ports
 * @param offset where in that BAR it listens
 * @param kind how it treats a write there
 */
record AccessTest(int number, int region, int offset, Kind kind) {
  /** The tests that a BAR offers, in the order of their selection. */
  enum Kind {
    NO_EVENTFD("no-eventfd", Match.VALUE),
    WILDCARD_EVENTFD("wildcard-eventfd", Match.ANY),
    DATAMATCH_EVENTFD("datamatch-eventfd", Match.VALUE);

    private final String label;
    private final Match match;

    Kind(String label, Match match) {
      this.label = label;
      this.match = match;
    }

    boolean signals() {
      return this != NO_EVENTFD;
    }

    /** Whether a write of this value is one that the test waits for. */
    boolean matches(int value) {
      return match == Match.ANY || value == match.data;
    }
  }

  private enum Match {
    VALUE(0xfa),
    ANY(0xce);

    private final int data;

    Match(int data) {
      this.data = data;
    }
  }

  private static final List<String> SPACES = List.of("mmio", "portio");
  private static final int[] FIRST_OFFSET = {2048, 128};
  private static final int COUNT_OFFSET = 12;
  private static final int NAME_OFFSET = 16;

  /** All tests: those of memory, then those of ports. */
  static List<AccessTest> all() {
    List<AccessTest> tests = new ArrayList<>();
    for (int region = 0; region < SPACES.size(); region++) {
      for (Kind kind : Kind.values()) {
        int number = tests.size();
        tests.add(new AccessTest(number, region, FIRST_OFFSET[region] + number, kind));
      }
    }
    return List.copyOf(tests);
  }

  /** A byte of the header that shows the test and its count; zero behind the name. */
  int headerByte(long at, int count) {
    if (at >= COUNT_OFFSET && at < NAME_OFFSET) {
      return count >>> (8 * (at - COUNT_OFFSET)) & 0xff;
    }
    if (at >= NAME_OFFSET) {
      byte[] name = name().getBytes(StandardCharsets.US_ASCII);
      return at - NAME_OFFSET < name.length ? name[(int) (at - NAME_OFFSET)] : 0;
    }
    return switch ((int) at) {
      case 0 -> number;
      case 1 -> 1; // the width of the access under test
      case 4 -> offset & 0xff;
      case 5 -> offset >>> 8;
      case 8 -> kind.match.data;
      default -> 0;
    };
  }

  String name() {
    return SPACES.get(region) + "-" + kind.label;
  }
}
