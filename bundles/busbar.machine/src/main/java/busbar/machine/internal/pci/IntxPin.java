package busbar.machine.internal.pci;

import busbar.api.irq.InterruptSource;
import busbar.machine.internal.irq.LineSource;
import java.util.Optional;

/** A function's INTx: what the device wants, the disable bit, the status bit. */
final class IntxPin {
  private static final int COMMAND = 0x04;
  private static final int DISABLE = 0x400;
  private static final int STATUS = 0x06;
  private static final int PENDING = 0x08;

  private final ConfigSpace config;
  private final Optional<LineSource> line;
  private volatile boolean wanted;

  /** A pin; {@code line} is empty if no line is routed to it. */
  IntxPin(ConfigSpace config, Optional<LineSource> line) {
    this.config = config;
    this.line = line;
  }

  Optional<InterruptSource> source() {
    return line.map(InterruptSource.class::cast);
  }

  boolean isRequested() {
    return line.isPresent() && line.get().isRequested();
  }

  /** What the device wants; handlers may run in it. */
  void want(boolean high) {
    wanted = high;
    update();
  }

  /** What the device wants now. */
  boolean isWanted() {
    return wanted;
  }

  /** The command register changed; handlers may run in it. */
  void update() {
    if (line.isPresent()) {
      line.get().drive(this::level);
    } else {
      level();
    }
  }

  private boolean level() {
    boolean high = wanted;
    config.setBits(STATUS, PENDING, high);
    return high && (config.read(COMMAND, 2) & DISABLE) == 0;
  }
}
