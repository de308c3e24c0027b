package busbar.registry;

import busbar.api.device.VfioBusDriver;
import busbar.api.mdev.MdevParent;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** Which bundle an object's class comes from, for people. */
final class Owners {
  private Owners() {}

  /** Whose a driver is: the driver of mediated children stands for their parent. */
  static String ofDriver(VfioBusDriver<?> driver) {
    return of(driver.capability(MdevParent.class).<Object>map(parent -> parent).orElse(driver));
  }

  static String of(Object service) {
    Bundle bundle = FrameworkUtil.getBundle(service.getClass());
    return bundle == null
        ? service.getClass().getName()
        : bundle.getSymbolicName() + " " + bundle.getVersion();
  }
}
