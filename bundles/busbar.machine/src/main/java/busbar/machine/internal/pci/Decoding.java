package busbar.machine.internal.pci;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Whether a function decodes memory and ports and may send requests, as its command register, its
 * power state and all bridges above allow it now. Worked out when one of them changes, so that an
 * access only reads a flag.
 */
final class Decoding {
  private static final int COMMAND = 0x04;
  private static final int BRIDGE_CONTROL = 0x3e;
  private static final int SECONDARY_RESET = 0x40;
  private static final int PORTS = 1;
  private static final int MEMORY = 2;
  private static final int MASTER = 4;
  private static final int ALL = PORTS | MEMORY | MASTER;

  private final ConfigSpace config;
  private final PowerState power;
  private final Decoding above;
  private final boolean bridge;
  private final List<Decoding> below = new CopyOnWriteArrayList<>();

  /** What the physical function decodes for a virtual one, {@link #ALL} for others. */
  private volatile int lent = ALL;

  private volatile int open;
  private volatile int passes;

  Decoding(ConfigSpace config, PowerState power, Decoding above, boolean bridge) {
    this.config = config;
    this.power = power;
    this.above = above;
    this.bridge = bridge;
    if (above != null) {
      above.below.add(this);
    }
    update();
  }

  void leave() {
    if (above != null) {
      above.below.remove(this);
    }
  }

  /**
   * For a virtual function: memory decoding is what the physical one says, ports there are none.
   */
  void lendMemory(boolean on) {
    lent = MASTER | (on ? MEMORY : 0);
    update();
  }

  boolean memory() {
    return (open & MEMORY) != 0;
  }

  boolean ports() {
    return (open & PORTS) != 0;
  }

  boolean master() {
    return (open & MASTER) != 0;
  }

  /** Whether the function can be reached and has power: BARs aside, a ROM decodes then. */
  boolean isAwake() {
    return power.state() == 0;
  }

  /** After a change; of several at once the last one to come sees them all. */
  synchronized void update() {
    int own = power.state() == 0 ? config.read(COMMAND, 2) & ALL : 0;
    if (lent != ALL && power.state() == 0) {
      own = own & MASTER | lent & MEMORY;
    }
    int now = own & (above == null ? ALL : above.passes);
    open = now;
    if (bridge) {
      boolean held = (config.read(BRIDGE_CONTROL, 2) & SECONDARY_RESET) != 0;
      passes = held ? 0 : now;
      for (Decoding child : below) {
        child.update();
      }
    }
  }
}
