package busbar.model.e1000e;

import busbar.machine.model.DeviceModel;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class E1000eHandoverTest {
  private static final long[] REGISTERS = {
    Reg.CTRL, Reg.STATUS, Reg.CTRL_EXT, Reg.MDIC, Reg.ICR, Reg.ICR, Reg.ITR, Reg.ICS, Reg.ICS,
        Reg.IMS,
    Reg.IMS, Reg.IMC, Reg.EIAC, Reg.IAM, Reg.IVAR, Reg.EITR, Reg.EITR + 4, Reg.RCTL, Reg.TCTL,
        Reg.TDBAL,
    Reg.TDLEN, Reg.TDH, Reg.TDT, Reg.TDT, Reg.RDBAL, Reg.RDLEN, Reg.RDH, Reg.RDT, Reg.TIDV,
        Reg.TADV,
    Reg.RDTR, Reg.RADV, Reg.SWSM, Reg.GPTC, Reg.GPRC, Reg.TORL, Reg.TORH
  };

  private final HandoverLaw law =
      new HandoverLaw(() -> context(0x80040011), E1000eModel::new)
          .registers(
              0,
              REGISTERS,
              0x10000,
              0x11000,
              128,
              2,
              0x4a,
              0x801a,
              0x01f00004,
              0x01500004,
              0xa9888,
              4,
              1 << 21 | 1 << 26 | 0x1340)
          .memory(0x10000, 0x2000)
          .memory(0x20000, 0x4000)
          .prepared(E1000eHandoverTest::enableRings);

  private static final long[] TRAFFIC = {
    Reg.TDT, Reg.TDT, Reg.TDT, Reg.TDT, Reg.RDT, Reg.ICR, Reg.ICS, Reg.IMS, Reg.IMC, Reg.TIDV,
    Reg.TADV, Reg.RDTR, Reg.RADV, Reg.GPTC, Reg.TORL, Reg.TORH
  };

  private final HandoverLaw trafficLaw =
      new HandoverLaw(() -> context(0x00040011), E1000eModel::new)
          .registers(0, TRAFFIC, 0, 1, 2, 3, 4, 5, 6, 7, 0x85)
          .memory(0x10000, 0x2000)
          .memory(0x20000, 0x4000)
          .prepared(E1000eHandoverTest::enableRings);

  /**
   * Rings of eight: frames to send in two pieces, the second piece ends them; buffers to receive.
   */
  private static void enableRings(FakeModelContext context, DeviceModel model) {
    for (int i = 0; i < 8; i++) {
      int command = i % 2 == 0 ? 0 : 0x89000000;
      context.memory().put(0x10000 + 16L * i, 8, 0x20000 + 64L * i);
      context.memory().put(0x10008 + 16L * i, 8, (command | 64) & 0xffff_ffffL);
      context.memory().put(0x11000 + 16L * i, 8, 0x21000 + 0x100L * i);
      context.memory().put(0x11008 + 16L * i, 8, 0);
    }
    long[][] writes = {
      {Reg.TDBAL, 0x10000},
      {Reg.TDLEN, 128},
      {Reg.TCTL, 2},
      {Reg.RDBAL, 0x11000},
      {Reg.RDLEN, 128},
      {Reg.RDT, 7},
      {Reg.RCTL, 0x0400_805a},
      {Reg.TIDV, 20},
      {Reg.RDTR, 10},
      {Reg.IMS, 0x85}
    };
    for (long[] write : writes) {
      model.write(0, write[0], 4, write[1]);
    }
  }

  private static FakeModelContext context(int messageCapability) {
    FakeModelContext context = new FakeModelContext("e1000e");
    context.setConfig(0x34, 1, 0xa0);
    context.setConfig(0xa0, 4, messageCapability);
    return context;
  }

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }

  @Property(seed = "20261122", tries = 100)
  void noFrameAndNoDelayIsLost(@ForAll long seed) {
    trafficLaw.check(seed, 60);
  }
}
