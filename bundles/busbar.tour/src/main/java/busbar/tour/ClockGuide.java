package busbar.tour;

import busbar.api.admin.DeviceView;
import busbar.api.client.Mapping;
import busbar.client.Device;
import busbar.client.DeviceSession;
import busbar.client.Interrupts;
import busbar.client.Region;
import java.time.Duration;
import java.util.List;

/**
 * Leads over Arm's real-time clock PL031 (DDI 0224): registers through a mapping, an alarm that
 * comes as a level interrupt. The clock does no DMA.
 */
final class ClockGuide implements Guide {
  private static final long DATA = 0x00;
  private static final long MATCH = 0x04;
  private static final long MASK = 0x10;
  private static final long CLEAR = 0x1c;
  private static final long PERIPHERAL_ID = 0xfe0;
  private static final long PERIPHERAL_ID_VALUE = 0x31;
  private static final int ATTEMPTS = 5;
  private static final Duration ATTEMPT = Duration.ofSeconds(5);

  @Override
  public List<DeviceView> devices(Place place) {
    return Guide.ready(place, "amba", "arm,pl031").stream().limit(1).toList();
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
      Device device = session.device();
      Region registers = device.region(0);
      log.step("map", () -> mapRegisters(registers));
      log.step("interrupt", () -> alarm(device, registers));
      try (Interrupts line = device.arm(0, 1)) {
        Exchange.show(place, view.name(), log, () -> ring(registers, line));
      }
      log.step("reset", () -> reset(device, registers));
      log.step(
          "close",
          () -> {
            session.close();
            return "the client is closed";
          });
    }
  }

  private static String mapRegisters(Region registers) {
    Mapping mapping = registers.map(0, registers.size());
    try {
      long id = mapping.load(PERIPHERAL_ID, 4);
      Check.that(id == PERIPHERAL_ID_VALUE, "the device says 0x%x, not PL031", id);
      return "%d bytes of registers, a PL031, its time is %d"
          .formatted(mapping.length(), mapping.load(DATA, 4));
    } finally {
      mapping.close();
    }
  }

  private static String alarm(Device device, Region registers) throws InterruptedException {
    try (Interrupts line = device.arm(0, 1)) {
      registers.write32(MASK, 1);
      registers.write32(MATCH, registers.read32(DATA));
      long count = line.await(0, Duration.ofSeconds(3));
      Check.that(count == 1, "one alarm rang, the eventfd counted %d", count);
      registers.write32(MASK, 0);
      registers.write32(CLEAR, 1);
      line.unmask(0);
      return "one alarm, one count in the eventfd";
    }
  }

  /** An alarm for now; if the pause makes it one for the past, another one. */
  private static void ring(Region registers, Interrupts line) throws InterruptedException {
    registers.write32(MASK, 1);
    long count = 0;
    for (int i = 0; i < ATTEMPTS && count == 0; i++) {
      registers.write32(MATCH, registers.read32(DATA));
      count = line.await(0, ATTEMPT);
    }
    Check.that(count == 1, "one alarm rang, the eventfd counted %d", count);
    registers.write32(MASK, 0);
    registers.write32(CLEAR, 1);
    line.unmask(0);
  }

  private static String reset(Device device, Region registers) {
    if (!device.info().canReset()) {
      return "no reset handler is configured for " + device.name();
    }
    registers.write32(MASK, 1);
    device.reset();
    Check.that(registers.read32(MASK) == 0, "the reset left the alarm on");
    return device.name() + " was reset by its handler";
  }
}
