package busbar.platform;

import busbar.api.device.VfioDevice;
import busbar.api.platform.PlatformDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** What the driver knows of one device: {@code struct vfio_platform_device}. */
public final class PlatformCoreDevice {
  final PlatformDevice device;
  final VfioDevice vfio;
  final List<PlatformRegion> regions;
  final List<PlatformIrq> irqs;

  /** Serialises {@code SET_IRQS} of the device, the kernel's {@code igate}. */
  final ReentrantLock irqGate = new ReentrantLock();

  PlatformCoreDevice(PlatformDevice device, VfioDevice vfio) {
    this.device = device;
    this.vfio = vfio;
    regions = PlatformRegion.of(device);
    List<PlatformIrq> lines = new ArrayList<>();
    device.irqs().forEach(irq -> lines.add(new PlatformIrq(irq, "vfio " + device.name())));
    irqs = List.copyOf(lines);
  }

  String compatible() {
    return device.compatible().getFirst();
  }
}
