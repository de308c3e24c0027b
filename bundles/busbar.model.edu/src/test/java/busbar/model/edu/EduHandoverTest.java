package busbar.model.edu;

import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class EduHandoverTest {
  private static final long[] REGISTERS = {
    0x00, 0x04, 0x08, 0x20, 0x24, 0x60, 0x64, 0x80, 0x88, 0x90, 0x98
  };

  private final HandoverLaw law =
      new HandoverLaw(
              () -> new FakeModelContext("edu"),
              context -> new EduModel(context, new EduModel.Delays(5000, 3000)))
          .registers(0, REGISTERS, 0x40000, 0x40800, 0x10000, 0x10800, 1, 3, 5, 7, 0x80, 64)
          .memory(0x10000, 0x1000);

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
