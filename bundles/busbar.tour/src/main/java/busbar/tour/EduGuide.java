package busbar.tour;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.admin.DeviceView;
import busbar.client.Device;
import busbar.client.DeviceSession;
import busbar.client.Interrupts;
import busbar.client.IommuType;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Leads over QEMU's edu device, one behind each kind of IOMMU: registers as its specification has
 * them ({@code docs/specs/edu}). Which memory the device reaches, and how, is the business of
 * {@link DmaPath}.
 */
final class EduGuide implements Guide {
  static final long FACTORIAL = 0x08;
  static final long STATUS = 0x20;
  static final long RAISE_IRQ = 0x60;
  static final long ACKNOWLEDGE_IRQ = 0x64;
  static final long DMA_SOURCE = 0x80;
  static final long DMA_DESTINATION = 0x88;
  static final long DMA_COUNT = 0x90;
  static final long DMA_COMMAND = 0x98;

  private static final int DEVICE_BUFFER = 0x40000;
  private static final int COMMAND_START = 1;
  private static final int COMMAND_TO_MEMORY = 2;
  private static final int COMMAND_INTERRUPT = 4;
  private static final int DMA_INTERRUPT = 0x100;
  private static final int MEMORY_SPACE_AND_BUS_MASTER = 6;
  private static final long COMMAND_REGISTER = 4;
  private static final int BYTES = 4096;
  private static final Duration UPDATE_PATIENCE = Duration.ofSeconds(15);

  @Override
  public List<DeviceView> devices(Place place) {
    Map<IommuType, DeviceView> ways = new LinkedHashMap<>();
    for (DeviceView device : Guide.ready(place, "pci", "[1234:11e8]")) {
      IommuType type = Way.to(place, device).type();
      if (type != IommuType.NO_IOMMU) {
        ways.putIfAbsent(type, device);
      }
    }
    return List.copyOf(ways.values());
  }

  @Override
  public void lead(Place place, DeviceView view, Log log) {
    Way way = Way.to(place, view);
    DmaPath path = DmaPath.of(way.type());
    DeviceSession[] opened = new DeviceSession[1];
    log.step(
        "open",
        () -> {
          opened[0] = way.open(place, view, "tour");
          return way.tell(view);
        });
    try (DeviceSession session = opened[0]) {
      lead(place, session, view, path, log);
      log.step(
          "close",
          () -> {
            session.close();
            return "the client is closed";
          });
    }
  }

  private void lead(Place place, DeviceSession session, DeviceView view, DmaPath path, Log log) {
    Device device = session.device();
    device
        .region(VFIO_PCI_CONFIG_REGION_INDEX)
        .write16(COMMAND_REGISTER, MEMORY_SPACE_AND_BUS_MASTER);
    EduRegisters bar0 = new EduRegisters(device.region(VFIO_PCI_BAR0_REGION_INDEX));
    log.step(
        "map",
        () -> {
          path.map(session, 2 * BYTES);
          return "%d bytes at iova 0x%x".formatted(path.size(), path.iova());
        });
    log.step("edu factorial", () -> factorial(bar0));
    log.step("dma both ways", () -> copyThroughDevice(bar0, path));
    log.step("dma refused", () -> refusedDma(place, bar0, path));
    log.step("msi", () -> interrupt(device, bar0));
    try (Interrupts done = device.arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      Exchange.show(place, view.name(), log, () -> copyWithInterrupts(bar0, path, done));
    }
    log.step("reset", () -> Resets.show(place, session, view));
    path.close();
  }

  private static String factorial(EduRegisters bar0) {
    bar0.write32(FACTORIAL, 10);
    Check.soon(() -> (bar0.read32(STATUS) & 1) == 0, "the factorial is not done after two seconds");
    int result = bar0.read32(FACTORIAL);
    Check.that(result == 3_628_800, "10! is 3628800, the device says %d", result);
    return "10! = " + result;
  }

  private static void dma(EduRegisters bar0, long source, long destination, int command) {
    start(bar0, source, destination, command);
    Check.soon(
        () -> (bar0.read64(DMA_COMMAND) & COMMAND_START) == 0,
        "the DMA is not done after two seconds");
  }

  private static void start(EduRegisters bar0, long source, long destination, int command) {
    bar0.write64(DMA_SOURCE, source);
    bar0.write64(DMA_DESTINATION, destination);
    bar0.write64(DMA_COUNT, BYTES);
    bar0.write64(DMA_COMMAND, command | COMMAND_START);
  }

  private static String copyThroughDevice(EduRegisters bar0, DmaPath path) {
    byte[] sent = new byte[BYTES];
    new Random(1).nextBytes(sent);
    path.write(0, sent);
    dma(bar0, path.iova(), DEVICE_BUFFER, 0);
    dma(bar0, DEVICE_BUFFER, path.iova() + BYTES, COMMAND_TO_MEMORY);
    byte[] came = path.read(BYTES, BYTES);
    Check.that(Arrays.equals(sent, came), "the bytes that came back differ");
    return BYTES + " bytes to the device and back, equal";
  }

  /** Both ways, each ending with an interrupt, of which exactly one comes. */
  private static void copyWithInterrupts(EduRegisters bar0, DmaPath path, Interrupts done)
      throws InterruptedException {
    byte[] sent = new byte[BYTES];
    ThreadLocalRandom.current().nextBytes(sent);
    path.write(0, sent);
    dmaWithInterrupt(bar0, path.iova(), DEVICE_BUFFER, 0, done);
    dmaWithInterrupt(bar0, DEVICE_BUFFER, path.iova() + BYTES, COMMAND_TO_MEMORY, done);
    Check.that(Arrays.equals(sent, path.read(BYTES, BYTES)), "the bytes that came back differ");
  }

  private static void dmaWithInterrupt(
      EduRegisters bar0, long source, long destination, int command, Interrupts done)
      throws InterruptedException {
    start(bar0, source, destination, command | COMMAND_INTERRUPT);
    long count = done.await(0, UPDATE_PATIENCE);
    Check.that(count == 1, "a DMA ended once, the eventfd counted %d", count);
    bar0.write32(ACKNOWLEDGE_IRQ, DMA_INTERRUPT);
  }

  private static String refusedDma(Place place, EduRegisters bar0, DmaPath path) {
    byte[] before = path.read(0, 2 * BYTES);
    int faults = Faults.count(place);
    dma(bar0, DEVICE_BUFFER, path.unmapped(), COMMAND_TO_MEMORY);
    Check.soon(() -> Faults.count(place) > faults, "no IOMMU reported the refused DMA");
    Check.that(Arrays.equals(before, path.read(0, 2 * BYTES)), "the refused DMA changed memory");
    return Faults.last(place);
  }

  private static String interrupt(Device device, EduRegisters bar0) throws InterruptedException {
    try (Interrupts msi = device.arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      bar0.write32(RAISE_IRQ, 1);
      long count = msi.await(0, Duration.ofSeconds(2));
      Check.that(count == 1, "one message was sent, the eventfd counted %d", count);
      bar0.write32(ACKNOWLEDGE_IRQ, 1);
      return "one message, one count in the eventfd";
    }
  }
}
