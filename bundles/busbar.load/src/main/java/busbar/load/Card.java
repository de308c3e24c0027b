package busbar.load;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.admin.DeviceView;
import busbar.api.admin.GroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.client.Device;
import busbar.client.DeviceSession;
import busbar.client.Interrupts;
import busbar.client.IommuType;
import busbar.client.Region;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** An open PCI device, real or mediated, with one message armed. Closing it ends its client. */
final class Card implements AutoCloseable {
  /** What the lines for people of these devices start with. */
  static final String EDU = "[1234:11e8]";

  static final String MTTY = "mtty";

  private static final long COMMAND_REGISTER = 4;
  private static final int MEMORY_SPACE_AND_BUS_MASTER = 6;

  /** Longer than any grace period. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

  final DeviceSession session;
  final Region config;
  final Region registers;

  /** Held by who raises the interrupt until it has come: so each is known by itself. */
  final ReentrantLock vector = new ReentrantLock();

  private final Interrupts message;

  private Card(DeviceSession session) {
    this.session = session;
    Device device = session.device();
    // mtty knows its interrupts only after it was asked what it is
    device.info();
    config = device.region(VFIO_PCI_CONFIG_REGION_INDEX);
    registers = device.region(VFIO_PCI_BAR0_REGION_INDEX);
    config.write16(COMMAND_REGISTER, MEMORY_SPACE_AND_BUS_MASTER);
    message = device.arm(VFIO_PCI_MSI_IRQ_INDEX, 1);
  }

  /**
   * Opens the first device that is ready.
   *
   * @param summaryStart what its line for people starts with
   */
  static Card open(Vfio vfio, VfioAdmin admin, String bus, String summaryStart, String client) {
    DeviceView view =
        admin.devices().stream()
            .filter(device -> device.bus().equals(bus))
            .filter(device -> device.state() == DeviceView.State.READY)
            .filter(device -> device.summary().startsWith(summaryStart))
            .findFirst()
            .orElseThrow(
                () -> new IllegalStateException("no device " + summaryStart + " is ready"));
    GroupView group =
        admin.groups().stream()
            .filter(each -> each.devices().contains(view.name()))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(view.name() + " has no group"));
    DeviceSession session =
        DeviceSession.open(
            vfio, ClientPolicy.ordinary(client), group.node(), view.name(), IommuType.TYPE1_V2);
    try {
      return new Card(session);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  String name() {
    return session.device().name();
  }

  /** Raises one interrupt and waits for it; returns what the eventfd counted. */
  long raise(Runnable raising) {
    raising.run();
    try {
      return message.eventFd(0).await(PATIENCE_NANOS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** What the eventfd counted that nobody waited for. */
  long unexpected() {
    return message.eventFd(0).take();
  }

  @Override
  public void close() {
    session.close();
  }
}
