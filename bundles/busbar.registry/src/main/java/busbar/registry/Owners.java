package busbar.registry;

import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** Which bundle an object's class comes from, for people. */
final class Owners {
  private Owners() {}

  static String of(Object service) {
    Bundle bundle = FrameworkUtil.getBundle(service.getClass());
    return bundle == null
        ? service.getClass().getName()
        : bundle.getSymbolicName() + " " + bundle.getVersion();
  }
}
