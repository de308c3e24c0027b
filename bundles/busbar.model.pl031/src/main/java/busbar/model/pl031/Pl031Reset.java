package busbar.model.pl031;

import busbar.api.memory.MmioWindow;
import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformReset;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;

/**
 * Resets real-time clocks through their registers: no alarm, nothing pending; time goes on. Linux
 * has no such handler, so there is one only with a configuration, which may be empty.
 */
@Component(
    configurationPid = "busbar.model.pl031.reset",
    configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class Pl031Reset implements PlatformReset {
  private static final long MATCH = 0x04;
  private static final long MASK = 0x10;
  private static final long CLEAR = 0x1c;
  private static final int WIDTH = 4;

  @Override
  public String compatible() {
    return "arm,pl031";
  }

  @Override
  public void reset(PlatformDevice device) {
    MmioWindow registers = device.window(0);
    registers.store(MASK, WIDTH, 0);
    registers.store(MATCH, WIDTH, 0);
    registers.store(CLEAR, WIDTH, 1);
  }
}
