package busbar.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Configuration spaces of a real machine, and what a real kernel showed of them. */
class RecordedConfigsTest {
  private static final Set<Integer> HIDDEN_EXTENDED = Set.of(0x05, 0x06, 0x07, 0x0a, 0x0c, 0x1b);

  /** One line of the resource. */
  private record Recorded(String name, byte[] config, String shown) {
    static Recorded parse(String line) {
      String[] fields = line.split(" ");
      byte[] config =
          Arrays.copyOf(HexFormat.of().parseHex(fields[2]), Integer.parseInt(fields[1]));
      return new Recorded(fields[0], config, fields[3]);
    }
  }

  private static Stream<Recorded> corpus() throws IOException {
    try (InputStream in = RecordedConfigsTest.class.getResourceAsStream("recorded-configs.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines().filter(line -> !line.startsWith("#")).toList().stream().map(Recorded::parse);
    }
  }

  private static Rig open(Recorded recorded) {
    return new Rig(new FakeFunction(recorded.config())).bind().open();
  }

  private static byte[] readAll(Rig rig) {
    byte[] all = new byte[rig.function.config.length];
    rig.driver.read(rig.core, rig.vfio, MemorySegment.ofArray(all), Rig.file(7, 0));
    return all;
  }

  @TestFactory
  Stream<DynamicTest> theUserSeesWhatTheKernelShowed() throws IOException {
    return corpus()
        .filter(recorded -> !recorded.shown().equals("-"))
        .map(recorded -> DynamicTest.dynamicTest(recorded.name(), () -> compare(recorded)));
  }

  private static void compare(Recorded recorded) {
    byte[] shown = Arrays.copyOf(HexFormat.of().parseHex(recorded.shown()), 256);
    byte[] seen = Arrays.copyOf(readAll(open(recorded)), 256);
    // COMMAND and the BARs depend on resources, which this hardware has not
    for (byte[] bytes : new byte[][] {shown, seen}) {
      Arrays.fill(bytes, 4, 6, (byte) 0);
      Arrays.fill(bytes, 0x10, 0x34, (byte) 0);
    }
    assertThat(HexFormat.of().formatHex(seen)).isEqualTo(HexFormat.of().formatHex(shown));
  }

  @TestFactory
  Stream<DynamicTest> listsHoldNothingHiddenAndEnd() throws IOException {
    return corpus()
        .map(
            recorded ->
                DynamicTest.dynamicTest(
                    recorded.name(), () -> walk(recorded, readAll(open(recorded)))));
  }

  private static void walk(Recorded recorded, byte[] seen) {
    int steps = 0;
    for (int at = seen[0x34] & 0xff; at != 0; at = seen[at + 1] & 0xff) {
      assertThat(StandardCapabilities.length(new FakeFunction(seen), seen[at] & 0xff, at))
          .as("%s: capability at 0x%x", recorded.name(), at)
          .isPositive();
      assertThat(++steps).isLessThan(49);
    }
    for (int at = seen.length > 256 ? 256 : 0; at != 0; ) {
      int header = LittleEndian.get(seen, at, 4);
      assertThat(HIDDEN_EXTENDED).doesNotContain(header & 0xffff);
      at = PciRegs.extendedNext(header);
      assertThat(++steps).isLessThan(1009);
    }
  }

  @TestFactory
  Stream<DynamicTest> noWriteOfAnyBitMovesRealBarsIdsOrLists() throws IOException {
    return corpus()
        .map(recorded -> DynamicTest.dynamicTest(recorded.name(), () -> writeOnes(recorded)));
  }

  private static void writeOnes(Recorded recorded) {
    Rig rig = open(recorded);
    byte[] before = readAll(rig);
    byte[] hardware = rig.function.config.clone();
    // D3 and resets are another test's
    for (int at = 0; at < 0x40; at++) {
      rig.config(at, 1, 0xff);
    }
    byte[] after = readAll(rig);
    assertThat(Arrays.copyOf(after, 4)).isEqualTo(Arrays.copyOf(before, 4));
    assertThat(Arrays.copyOfRange(after, 0x34, 0x3c))
        .isEqualTo(Arrays.copyOfRange(before, 0x34, 0x3c));
    assertThat(Arrays.copyOfRange(rig.function.config, 0x10, 0x40))
        .isEqualTo(Arrays.copyOfRange(hardware, 0x10, 0x40));
  }
}
