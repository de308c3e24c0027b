package busbar.model.pl011;

import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Pl011HandoverTest {
  private static final long[] REGISTERS = {
    0x00, 0x00, 0x00, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x48
  };

  private final HandoverLaw law =
      new HandoverLaw(() -> new FakeModelContext("arm,pl011"), Pl011Model::new)
          .registers(0, REGISTERS, 0x381, 0x3f81, 0x70, 0x71, 0x7ff)
          .prepared(
              (context, uart) -> {
                uart.write(0, UartRegisters.LINE_CONTROL, 4, 0x70);
                uart.write(0, UartRegisters.CONTROL, 4, 0x381);
                uart.write(0, UartRegisters.MASK, 4, 0x50);
              });

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
