package busbar.model.testdev;

import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TestdevHandoverTest {
  private static final long[] OFFSETS = {
    0, 4, 8, 12, 16, 20, 0x800, 0x801, 0x802, 0x83, 0x84, 0x85
  };

  private final HandoverLaw law =
      new HandoverLaw(() -> new FakeModelContext("pci-testdev"), context -> new TestdevModel())
          .registers(0, OFFSETS, 0xfa, 0, 1, 2)
          .registers(1, OFFSETS, 0xfa, 0, 1, 2);

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
