package busbar.pci;

import static busbar.api.Errno.EFAULT;
import static busbar.api.Errno.EIO;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.pci.Vpd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What of configuration space a user sees and changes, on hardware whose every bit is writable. */
class ConfigSpaceTest {
  private static Rig open(ConfigImage image) {
    return new Rig(image.function()).bind().open();
  }

  /** Writes ones everywhere in a capability and shows which bits arrived in hardware, as words. */
  private static Map<Integer, Integer> reached(Rig rig, int start, int words) {
    byte[] before = rig.function.config.clone();
    for (int i = 0; i < words; i++) {
      rig.config(start + 4 * i, 4, -1);
    }
    Map<Integer, Integer> bits = new HashMap<>();
    for (int i = 0; i < words; i++) {
      int changed = rig.function.get(start + 4 * i, 4) ^ LittleEndian.get(before, start + 4 * i, 4);
      if (changed != 0) {
        bits.put(4 * i, changed);
      }
    }
    return bits;
  }

  private static DynamicTest standard(
      String name, ConfigImage image, int words, Map<Integer, Integer> bits) {
    return DynamicTest.dynamicTest(
        name, () -> assertThat(reached(open(image), 0x40, words)).isEqualTo(bits));
  }

  private static ConfigImage at40(int id) {
    return new ConfigImage(256).capability(0x40, id);
  }

  @TestFactory
  Stream<DynamicTest> onlyTheBitsOfTheTableReachHardwareInStandardCapabilities() {
    return Stream.of(
        standard("power management", at40(0x01), 2, Map.of(4, ~0x8103)),
        standard("AGP", at40(0x02), 3, Map.of()),
        standard("vital product data", at40(0x03), 2, Map.of()),
        // the control word goes to hardware with enable and count taken back
        standard("MSI", at40(0x05), 2, Map.of(0, 0x008e_0000)),
        standard(
            "MSI, 64 bits, masks",
            at40(0x05).put(0x42, 2, 0x0180),
            6,
            Map.of(0, 0x000e_0000, 16, -1, 20, -1)),
        standard("PCI-X", at40(0x07), 2, Map.of(0, 0xffff_0000)),
        standard("PCI-X 2", at40(0x07).put(0x42, 2, 0x1000), 6, Map.of(0, 0xefff_0000, 8, -1)),
        standard("HyperTransport", at40(0x08), 7, Map.of()),
        standard("SATA", at40(0x12), 2, Map.of()),
        standard("advanced features", at40(0x13), 1, Map.of()),
        standard("MSI-X", at40(0x11), 3, Map.of()),
        standard("PCI Express 2", at40(0x10).put(0x42, 2, 2), 15, Map.of(8, 0x0d1f, 0x28, 0xffdf)));
  }

  private static DynamicTest extended(
      String name, ConfigImage image, int words, Map<Integer, Integer> bits) {
    return DynamicTest.dynamicTest(
        name, () -> assertThat(reached(open(image), 0x100, words)).isEqualTo(bits));
  }

  private static ConfigImage at100(int id) {
    return new ConfigImage(4096).capability(0x40, 0x10).put(0x42, 2, 2).extended(0x100, id);
  }

  @TestFactory
  Stream<DynamicTest> onlyTheBitsOfTheTableReachHardwareInExtendedCapabilities() {
    return Stream.of(
        extended(
            "error reporting",
            at100(0x01),
            11,
            Map.of(
                4,
                0x03ff_f031,
                8,
                0x03ff_f031,
                12,
                0x03ff_f031,
                16,
                0xf1c1,
                20,
                0xf1c1,
                24,
                0x140)),
        extended("serial number", at100(0x03), 3, Map.of()),
        extended("power budgeting", at100(0x04), 4, Map.of(4, 0xff)),
        extended("virtual channel", at100(0x02), 7, Map.of()),
        extended("access control", at100(0x0d), 2, Map.of()),
        extended("ARI", at100(0x0e), 2, Map.of()),
        extended("ATS", at100(0x0f), 2, Map.of()),
        extended("SR-IOV", at100(0x10), 16, Map.of()),
        extended("multicast", at100(0x12), 10, Map.of()),
        extended("page requests", at100(0x13), 4, Map.of()),
        extended("resizable BARs", at100(0x15).put(0x108, 1, 2 << 5), 5, Map.of()),
        extended("latency tolerance", at100(0x18), 2, Map.of()));
  }

  @Test
  void vendorCapabilitiesAndWhatLiesBetweenIsPassedThrough() {
    Rig rig =
        open(
            at100(0x23)
                .put(0x104, 4, 0x10 << 20)
                .extended(0x200, 0x0b)
                .put(0x204, 4, 0x10 << 20)
                .capability(0x80, 0x09)
                .put(0x82, 1, 0x10));
    for (int at : new int[] {0x88, 0x10c, 0x208, 0xf0, 0x300, 0xffc}) {
      rig.config(at, 4, 0x1234_5678);
      assertThat(rig.function.get(at, 4)).as("at 0x%x", at).isEqualTo(0x1234_5678);
    }
  }

  @Test
  void hiddenCapabilitiesAreSteppedOver() {
    ConfigImage image = new ConfigImage(256);
    int at = 0x40;
    for (int id : List.of(0x04, 0x01, 0x06, 0x0a, 0x0b, 0x11, 0x0c, 0x0d, 0x0e, 0x0f, 0x14, 0x15)) {
      image.capability(at, id);
      at += 0x0c;
    }
    Rig rig = open(image);
    assertThat(rig.config(0x34, 1)).isEqualTo(0x4c);
    assertThat(rig.config(0x4d, 1)).isEqualTo(0x7c);
    assertThat(rig.config(0x7d, 1)).isZero();
    assertThat(rig.config(6, 2) & 0x10).isEqualTo(0x10);
  }

  @Test
  void aListOfHiddenCapabilitiesIsNoList() {
    Rig rig = open(at40(0x06));
    assertThat(rig.config(6, 2) & 0x10).isZero();
    assertThat(rig.config(0x34, 1)).isZero();
    rig.config(0x44, 4, 7);
    assertThat(rig.config(0x44, 4)).as("its bytes belong to nobody").isEqualTo(7);
  }

  @Test
  void aHiddenExtendedCapabilityAtTheStartStaysAsAStub() {
    Rig rig = open(at100(0x1b).extended(0x140, 0x19).extended(0x180, 0x03).extended(0x1c0, 0x0c));
    assertThat(rig.config(0x100, 4)).isEqualTo(0x1800_0000L);
    assertThat(rig.config(0x180, 4)).isEqualTo(0x0001_0003);
  }

  @Test
  void onlyHiddenExtendedCapabilitiesAreNone() {
    assertThat(open(at100(0x1b).extended(0x140, 0x19)).config(0x100, 4)).isZero();
  }

  @Test
  void extendedSpaceOfAConventionalFunctionIsRaw() {
    Rig rig = open(new ConfigImage(4096).put(0x100, 4, 0x0001_0003));
    rig.config(0x104, 4, 0x55);
    assertThat(rig.function.get(0x104, 4)).isEqualTo(0x55);
  }

  @Test
  void listsThatLoopEnd() {
    ConfigImage image = at40(0x09).put(0x42, 1, 8).put(0x41, 1, 0x40);
    assertThat(open(image).config(0x40, 1)).isEqualTo(9);
    open(at100(0x03).put(0x100, 4, 0x1001_0003));
  }

  @Test
  void accessesBeyondTheEndFault() {
    Rig rig = open(new ConfigImage(256));
    rig.config(252, 4);
    Rig.refused(EFAULT, () -> rig.config(253, 4));
    Rig.refused(EFAULT, () -> rig.config(256, 1));
    Rig.refused(EFAULT, () -> rig.config(0x7fff_fffc, 4));
    Rig.refused(EFAULT, () -> rig.config(255, 2, 0));
  }

  @Test
  void barsAnswerSizingWithoutTouchingHardware() {
    FakeFunction card = ConfigImage.card();
    card.withBar(4, 0x4000, 0x14220c);
    Rig rig = new Rig(card).bind().open();
    byte[] before = card.config.clone();
    for (int bar = 0; bar < 6; bar++) {
      rig.config(0x10 + 4 * bar, 4, 0xffff_ffffL);
    }
    assertThat(rig.config(0x10, 4)).isEqualTo(0xfffe_0000L);
    assertThat(rig.config(0x14, 4)).isZero();
    assertThat(rig.config(0x18, 4)).isEqualTo(0xffff_ffe1L);
    assertThat(rig.config(0x20, 8)).isEqualTo(0xffff_ffff_ffff_c00cL);
    rig.config(0x18, 1, 0);
    assertThat(rig.config(0x18, 4)).isEqualTo(0xffff_ff01L);
    assertThat(card.config).isEqualTo(before);
  }

  @Test
  void aResetBehindTheUsersBackIsRepairedWhenHeTurnsDecodingOn() {
    FakeFunction card = ConfigImage.card();
    card.put(0x10, 4, 0xfeb0_0000);
    Rig rig = new Rig(card).bind().open();
    rig.config(4, 2, 3);
    card.put(4, 2, 0);
    card.put(0x10, 4, 0);
    rig.config(4, 2, 3);
    assertThat(card.get(0x10, 4)).isEqualTo(0xfeb0_0000);
    assertThat(card.get(4, 2)).isEqualTo(3);
  }

  @Test
  void powerManagementEventsAreTheHosts() {
    Rig rig = new Rig(ConfigImage.card()).bind().open();
    rig.function.put(0xcc, 2, 0x8100);
    assertThat(rig.config(0xca, 2)).isEqualTo(0x0022);
    assertThat(rig.config(0xcc, 2)).isZero();
    rig.config(0xcc, 2, 0x0001);
    assertThat(rig.function.power).as("it has no D1").isZero();
    rig.config(0xcc, 2, 0x0003);
    assertThat(rig.function.power).isEqualTo(3);
  }

  @Test
  void vitalProductDataIsTransferredAndTheFlagToggled() {
    Map<Integer, Integer> store = new HashMap<>(Map.of(8, 0x1122_3344));
    FakeFunction function = at40(0x03).function();
    function.vpd =
        new Vpd() {
          @Override
          public int read(int address) {
            if (!store.containsKey(address)) {
              throw EIO.because("nothing is at %d", address);
            }
            return store.get(address);
          }

          @Override
          public void write(int address, int value) {
            store.put(address, value);
          }
        };
    Rig rig = new Rig(function).bind().open();
    rig.config(0x42, 2, 8);
    assertThat(rig.config(0x42, 2)).isEqualTo(0x8008);
    assertThat(rig.config(0x44, 4)).isEqualTo(0x1122_3344);
    rig.config(0x44, 4, 0x55);
    rig.config(0x42, 2, 0x8010);
    assertThat(rig.config(0x42, 2)).isEqualTo(0x0010);
    assertThat(store).containsEntry(0x10, 0x55);
    rig.config(0x42, 2, 0x20);
    assertThat(rig.config(0x42, 2)).as("no flag: the device did not answer").isEqualTo(0x20);
  }

  @Test
  void functionLevelResetsAreTheCores() {
    Rig express = open(at40(0x10).put(0x42, 2, 2).put(0x44, 4, 1 << 28));
    Rig conventional = open(at40(0x13).put(0x43, 1, 3));
    int zaps = express.vfio.zaps;
    express.function.events.clear();
    conventional.function.events.clear();
    express.config(0x48, 2, 0x8000);
    conventional.config(0x44, 1, 1);
    assertThat(express.function.events).containsExactly("reset");
    assertThat(conventional.function.events).containsExactly("reset");
    assertThat(express.config(0x48, 2) & 0x8000).isZero();
    assertThat(conventional.config(0x44, 1)).isZero();
    assertThat(express.vfio.zaps).isEqualTo(zaps + 1);
    Rig unable = open(at40(0x10).put(0x42, 2, 2));
    unable.function.events.clear();
    unable.config(0x48, 2, 0x8000);
    assertThat(unable.function.events).isEmpty();
  }

  @Test
  void theReadRequestNeverGoesBelowThePayload() {
    Rig rig = open(at40(0x10).put(0x42, 2, 2).put(0x48, 2, 0x5020));
    rig.config(0x48, 2, 0x0000);
    assertThat(rig.function.get(0x48, 2)).isEqualTo(0x1020);
    assertThat(rig.config(0x48, 2)).isZero();
    rig.config(0x48, 2, 0x4000);
    assertThat(rig.function.get(0x48, 2)).isEqualTo(0x4020);
  }

  @Test
  void aVirtualFunctionShowsItsRealIdsAndAlwaysDecodes() {
    FakeFunction physical = at100(0x10).put(0, 4, 0x0010_1b36).put(0x11a, 2, 0x0011).function();
    FakeFunction virtual = new ConfigImage(256).put(0, 4, -1).function();
    virtual.physical = physical;
    virtual.withBar(0, 0x4000, 0x140204);
    Rig rig = new Rig(virtual).bind().open();
    assertThat(rig.config(0, 4)).isEqualTo(0x0011_1b36);
    assertThat(rig.config(0x3d, 1)).isZero();
    assertThat(rig.config(0x10, 4)).isEqualTo(4);
    rig.config(4, 2, 0);
    rig.read(0, 0, 4);
    assertThat(virtual.events).contains("reset");
  }
}
