package busbar.model.vga;

import busbar.machine.model.Regions;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class VgaHandoverTest {
  private static final long[] PORTS = {
    0x04, 0x05, 0x0a, 0x10, 0x11, 0x12, 0x14, 0x15, 0x17, 0x18, 0x19, 0x1c, 0x1e, 0x1f, 0x24, 0x25,
    0x2a
  };
  private static final long[] WINDOW = {0, 1, 2, 3, 0x10000, 0x18000, 0x18001, 0x18002, 0x1ffff};
  private static final long[] BAR = {
    0x40c, 0x500, 0x502, 0x504, 0x506, 0x508, 0x50a, 0x50c, 0x50e, 0x510, 0x512, 0x514, 0x604
  };

  private final HandoverLaw law =
      new HandoverLaw(
              () -> new FakeModelContext("vga").region(0, 1 << 18).property("romSize", 1L),
              VgaModel::new)
          .registers(0, new long[] {0, 4, 8, 0x10000}, 0x5a)
          .registers(2, BAR, 0x41, 0xc1, 64, 32, 8, 0xbebebebeL, 0x1e1e1e1e)
          .registers(Regions.VGA_MEMORY, WINDOW, 0x41, 0xff)
          .registers(Regions.VGA_PORTS, PORTS, 0x67, 2, 4, 5, 6, 8);

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
