package busbar.model.virtio;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DmaPort;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.HandoverLaw;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class VirtioPciHandoverTest {
  private static final long[] REGISTERS = {
    0x00, 0x04, 0x08, 0x0c, 0x10, 0x12, 0x14, 0x14, 0x16, 0x18, 0x1a, 0x1c, 0x1c, 0x20, 0x28, 0x30,
    0x3a, 0x1000, 0x3000, 0x3000
  };

  private final HandoverLaw law =
      new HandoverLaw(
              VirtioPciHandoverTest::context,
              context -> new VirtioPciModel(context, new CountingBackend()))
          .registers(4, REGISTERS, 0x10000, 0x11000, 0x12000, 0, 1, 0xb, 0xf)
          .memory(0x10000, 0x3000)
          .memory(0x20000, 0x8000)
          .prepared(VirtioPciHandoverTest::startWithBuffers);

  private static void startWithBuffers(FakeModelContext context, DeviceModel model) {
    DriverRings rings = new DriverRings(context.memory());
    context.memory().put(DriverRings.AVAILABLE, 4, 0);
    for (int head = 0; head < 8; head++) {
      rings.addBuffer(head, 64);
    }
    model.write(4, 0x08, 4, 1);
    model.write(4, 0x0c, 4, 1);
    model.write(4, 0x20, 8, DriverRings.DESCRIPTORS);
    model.write(4, 0x28, 8, DriverRings.AVAILABLE);
    model.write(4, 0x30, 8, DriverRings.USED);
    model.write(4, 0x1c, 2, 1);
    model.write(4, 0x14, 1, 0xf);
  }

  private static FakeModelContext context() {
    FakeModelContext context = new FakeModelContext("virtio-rng").region(4, 0x4000);
    context.setConfig(0x34, 1, 0xdc);
    context.setConfig(0xdc, 4, 0x00010011);
    return context;
  }

  /** As the entropy source, but what it writes depends on the address alone. */
  private static final class CountingBackend implements VirtioBackend {
    private final VirtioBackend entropy = new EntropyBackend(() -> 0x0123_4567_89ab_cdefL);

    @Override
    public int deviceType() {
      return entropy.deviceType();
    }

    @Override
    public long features() {
      return entropy.features();
    }

    @Override
    public List<Integer> queueSizes() {
      return entropy.queueSizes();
    }

    @Override
    public long handle(int queue, List<Buffer> chain, DmaPort dma) {
      return entropy.handle(queue, chain, dma);
    }
  }

  @Property(seed = "20261122", tries = 60)
  void aDeviceThatIsExchangedBehavesAsOneThatIsNot(@ForAll long seed) {
    law.check(seed, 300);
  }
}
