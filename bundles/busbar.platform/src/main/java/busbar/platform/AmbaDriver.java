package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_AMBA;

import busbar.api.device.VfioBusDriver;
import busbar.api.platform.PlatformReset;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code vfio-amba}: primecells, devices of the bus {@code amba}. They never need a reset. */
@Component(service = VfioBusDriver.class, property = VfioBusDriver.BUS + "=amba")
public final class AmbaDriver extends PlatformCore {
  @Override
  public String name() {
    return "vfio-amba";
  }

  @Override
  public String bus() {
    return "amba";
  }

  @Override
  int deviceFlag() {
    return VFIO_DEVICE_FLAGS_AMBA;
  }

  @Override
  boolean isResetRequired() {
    return false;
  }

  @Deactivate
  void deactivate() {
    keepResets();
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindReset(PlatformReset reset) {
    addReset(reset);
  }

  void unbindReset(PlatformReset reset) {
    removeReset(reset);
  }
}
