package busbar.model.nvme;

import busbar.machine.model.DeviceModel;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class NvmeHandoverTest {
  private static final long[] REGISTERS = {
    0x00, 0x08, 0x0c, 0x10, 0x14, 0x1c, 0x24, 0x28, 0x30, 0x1000, 0x1000, 0x1000, 0x1004, 0x1004
  };

  private final HandoverLaw law =
      new HandoverLaw(
              NvmeHandoverTest::context, context -> new NvmeModel(context, new Namespace(1 << 20)))
          .registers(0, REGISTERS, 0x10000, 0x11000, 0x70007, 0x460001, 0x460001, 0x460000, 1, 2, 3)
          .memory(0x10000, 0x3000)
          .prepared(NvmeHandoverTest::enableWithCommands);

  /**
   * Eight admin commands that can be taken at any time: identify, features, event requests, aborts.
   */
  private static void enableWithCommands(FakeModelContext context, DeviceModel model) {
    int[] opcodes = {6, 9, 10, 12, 8, 2, 12, 0x77};
    for (int i = 0; i < opcodes.length; i++) {
      byte[] entry = new byte[Command.SIZE];
      Le.put(entry, 0, 4, opcodes[i] | i << 16);
      Le.put(entry, 24, 8, 0x12000);
      Le.put(entry, 40, 4, opcodes[i] == 6 ? 1 : 4);
      Le.put(entry, 44, 4, 0x140 + i);
      context.memory().put(0x10000 + 64L * i, entry);
    }
    model.write(0, 0x24, 4, 0x70007);
    model.write(0, 0x28, 8, 0x10000);
    model.write(0, 0x30, 8, 0x11000);
    model.write(0, 0x14, 4, 0x460001);
  }

  private static FakeModelContext context() {
    FakeModelContext context = new FakeModelContext("nvme");
    context.setConfig(0, 2, 0x1b36);
    context.setConfig(0x34, 1, 0x40);
    context.setConfig(0x40, 4, 0x00020011);
    return context;
  }

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
