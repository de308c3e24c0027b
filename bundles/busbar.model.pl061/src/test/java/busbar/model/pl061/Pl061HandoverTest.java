package busbar.model.pl061;

import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Pl061HandoverTest {
  private static final long[] REGISTERS = {
    0x3fc, 0x0f << 2, 0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x41c, 0x420
  };

  private final HandoverLaw law =
      new HandoverLaw(() -> new FakeModelContext("arm,pl061"), Pl061Model::new)
          .registers(0, REGISTERS, 0xff, 0);

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
