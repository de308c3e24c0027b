package busbar.model.pl031;

import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Pl031HandoverTest {
  private static final long[] REGISTERS = {0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c, 0xfe0};

  private final HandoverLaw law =
      new HandoverLaw(() -> new FakeModelContext("arm,pl031"), Pl031Model::new)
          .registers(0, REGISTERS, 1, 2, 10, 11, 12);

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
