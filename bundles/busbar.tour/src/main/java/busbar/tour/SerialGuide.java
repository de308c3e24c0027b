package busbar.tour;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.admin.DeviceView;
import busbar.client.Device;
import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import busbar.client.Interrupts;
import busbar.client.Region;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;

/**
 * Leads over a mediated serial card of the parent mtty: 16550 registers, a byte that comes back, an
 * interrupt for it. The card writes no memory, so what is mapped stays as it is.
 */
final class SerialGuide implements Guide {
  private static final long DATA = 0;
  private static final long INTERRUPT_ENABLE = 1;
  private static final long FIFO_CONTROL = 2;
  private static final int ENABLE_AND_CLEAR = 7;
  private static final int RECEIVED = 1;
  private static final int BYTE = 0x42;
  private static final int BYTES = 4096;
  private static final Duration UPDATE_PATIENCE = Duration.ofSeconds(15);

  @Override
  public List<DeviceView> devices(Place place) {
    return Guide.ready(place, "mdev", "mtty").stream().limit(1).toList();
  }

  @Override
  public void lead(Place place, DeviceView view, Log log) {
    Way way = Way.to(place, view);
    DeviceSession[] opened = new DeviceSession[1];
    log.step(
        "open",
        () -> {
          opened[0] = way.open(place, view, "tour");
          return way.tell(view);
        });
    try (DeviceSession session = opened[0]) {
      showCard(place, session, log);
      log.step(
          "close",
          () -> {
            session.close();
            return "the client is closed";
          });
    }
  }

  private static void showCard(Place place, DeviceSession session, Log log) {
    Device device = session.device();
    DmaBuffer[] mapped = new DmaBuffer[1];
    log.step(
        "map",
        () -> {
          mapped[0] = session.container().allocate(BYTES);
          mapped[0].memory().fill((byte) BYTE);
          return "%d bytes at iova 0x%x".formatted(BYTES, mapped[0].iova());
        });
    try (DmaBuffer buffer = mapped[0]) {
      log.step("interrupt", () -> sendAndReceive(device));
      log.step("dma", () -> untouched(buffer));
      exchange(place, device, log);
    }
    log.step(
        "reset",
        () -> {
          device.reset();
          return device.name() + " was reset";
        });
  }

  private static void exchange(Place place, Device device, Log log) {
    Region port = device.region(VFIO_PCI_BAR0_REGION_INDEX);
    try (Interrupts message = device.arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      port.write8(FIFO_CONTROL, ENABLE_AND_CLEAR);
      port.write8(INTERRUPT_ENABLE, RECEIVED);
      Exchange.show(place, device.name(), log, () -> echo(port, message));
      port.write8(INTERRUPT_ENABLE, 0);
    }
  }

  private static void echo(Region port, Interrupts message) throws InterruptedException {
    port.write8(DATA, BYTE);
    long count = message.await(0, UPDATE_PATIENCE);
    Check.that(count == 1, "one byte was sent, the eventfd counted %d", count);
    int came = port.read8(DATA);
    Check.that(came == BYTE, "0x%x was sent, 0x%x came back", BYTE, came);
  }

  private static String untouched(DmaBuffer buffer) {
    for (long at = 0; at < BYTES; at++) {
      Check.that(
          buffer.memory().get(ValueLayout.JAVA_BYTE, at) == BYTE,
          "the card, which does no DMA, wrote at 0x%x",
          at);
    }
    return "the card does none: " + BYTES + " mapped bytes are as they were";
  }

  private static String sendAndReceive(Device device) throws InterruptedException {
    Check.that(device.info().isPci(), "%s is no PCI card", device.name());
    Region port = device.region(VFIO_PCI_BAR0_REGION_INDEX);
    try (Interrupts line = device.arm(VFIO_PCI_INTX_IRQ_INDEX, 1)) {
      port.write8(FIFO_CONTROL, ENABLE_AND_CLEAR);
      port.write8(INTERRUPT_ENABLE, RECEIVED);
      port.write8(DATA, BYTE);
      long count = line.await(0, Duration.ofSeconds(2));
      Check.that(count == 1, "one byte was sent, the eventfd counted %d", count);
      int came = port.read8(DATA);
      Check.that(came == BYTE, "0x%x was sent, 0x%x came back", BYTE, came);
      port.write8(INTERRUPT_ENABLE, 0);
      return "one byte there and back, one count in the eventfd";
    }
  }
}
