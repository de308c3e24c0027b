package busbar.it;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import busbar.client.Interrupts;
import busbar.client.IommuType;
import busbar.client.Region;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.osgi.framework.BundleContext;
import org.osgi.util.tracker.ServiceTracker;

/**
 * The edu device of the default machine, used as a vendor's driver would: enough of it to know that
 * registers, DMA and interrupts work.
 */
final class EduProbe implements AutoCloseable {
  static final String EDU = "0000:00:04.0";

  private static final long PATIENCE_MILLIS = 10_000;
  private static final int DEVICE_BUFFER = 0x40000;

  private final DeviceSession session;
  private final Region bar0;

  private EduProbe(DeviceSession session) {
    this.session = session;
    bar0 = session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
    session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write16(4, 6);
  }

  /** A service, waited for. */
  static <T> T service(BundleContext context, Class<T> type) throws InterruptedException {
    ServiceTracker<T, T> tracker = new ServiceTracker<>(context, type, null);
    tracker.open();
    try {
      T service = tracker.waitForService(PATIENCE_MILLIS);
      if (service == null) {
        throw new AssertionError("no service " + type.getName());
      }
      return service;
    } finally {
      tracker.close();
    }
  }

  /** Waits until the device can be opened, then opens it. */
  static EduProbe open(BundleContext context) throws InterruptedException {
    awaitState(context, DeviceView.State.READY);
    VfioAdmin admin = service(context, VfioAdmin.class);
    String node = Integer.toString(admin.device(EDU).group().orElseThrow());
    return new EduProbe(
        DeviceSession.open(
            service(context, Vfio.class),
            ClientPolicy.privileged("probe"),
            node,
            EDU,
            IommuType.TYPE1_V2));
  }

  /** Waits until the device is in a state. */
  static void awaitState(BundleContext context, DeviceView.State state)
      throws InterruptedException {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    String last = "the registry is not there";
    while (System.currentTimeMillis() < end) {
      VfioAdmin admin = service(context, VfioAdmin.class);
      DeviceView view =
          admin.devices().stream().filter(each -> each.name().equals(EDU)).findAny().orElse(null);
      if (view != null && view.state() == state && !admin.backends().isEmpty()) {
        return;
      }
      last = view == null ? "the device is not there" : view + ", backends " + admin.backends();
      Thread.sleep(5);
    }
    throw new AssertionError("not " + state + " after ten seconds: " + last);
  }

  DeviceSession session() {
    return session;
  }

  Region bar0() {
    return bar0;
  }

  /** Computes 10! in the device. */
  int factorial() throws InterruptedException {
    bar0.write32(0x08, 10);
    while ((bar0.read32(0x20) & 1) != 0) {
      Thread.sleep(1);
    }
    return bar0.read32(0x08);
  }

  /** Sends a byte through the device's buffer and back; returns what came. */
  byte echo(byte value) throws InterruptedException {
    try (DmaBuffer buffer = session.container().allocate(8192)) {
      buffer.memory().set(ValueLayout.JAVA_BYTE, 0, value);
      dma(buffer.iova(), DEVICE_BUFFER, 1);
      dma(DEVICE_BUFFER, buffer.iova() + 4096, 3);
      return buffer.memory().get(ValueLayout.JAVA_BYTE, 4096);
    }
  }

  private void dma(long source, long destination, long command) throws InterruptedException {
    bar0.write64(0x80, source);
    bar0.write64(0x88, destination);
    bar0.write64(0x90, 64);
    bar0.write64(0x98, command);
    while ((bar0.read64(0x98) & 1) != 0) {
      Thread.sleep(1);
    }
  }

  /** Raises one MSI; returns how often the eventfd counted. */
  long interrupt() throws InterruptedException {
    try (Interrupts msi = session.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      bar0.write32(0x60, 1);
      long count = msi.await(0, Duration.ofSeconds(5));
      bar0.write32(0x64, 1);
      return count;
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
