package busbar.machine.internal.platform;

import busbar.api.platform.PlatformDevice.Irq;
import busbar.api.platform.PlatformDevice.Trigger;
import busbar.machine.MachineDescription.Interrupt;
import busbar.machine.internal.irq.EdgeSource;
import busbar.machine.internal.irq.LineSource;
import busbar.machine.internal.pci.Board;
import busbar.machine.model.ModelContext.Level;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A device's interrupt as the board wires it. A model says high for "interrupt" whatever the
 * board's polarity is, so a line that is low-active or triggers on the falling edge is one with an
 * inverter.
 */
final class WiredLine {
  private final Irq irq;
  private final Consumer<Level> wire;
  private final BooleanSupplier requested;
  private final Object levelLock = new Object();
  private volatile Level now = Level.LOW;

  WiredLine(Board board, String device, Interrupt interrupt) {
    if (interrupt.trigger().startsWith("level")) {
      LineSource source = board.line(interrupt.number()).source(device);
      irq = new Irq(interrupt.number(), Trigger.LEVEL, source);
      requested = source::isRequested;
      // Of several changes at once the last one counts.
      wire = changed -> source.drive(() -> now == Level.HIGH);
      return;
    }
    EdgeSource source =
        new EdgeSource(interrupt.number(), "the interrupt of " + device, EdgeSource.ALWAYS_OPEN);
    irq = new Irq(interrupt.number(), Trigger.EDGE, source);
    requested = source::isRequested;
    boolean both = interrupt.trigger().equals("edge-both");
    wire =
        changed -> {
          if (both || changed == Level.HIGH) {
            source.raise();
          }
        };
  }

  Irq irq() {
    return irq;
  }

  boolean isRequested() {
    return requested.getAsBoolean();
  }

  /** The level as the model wants it; handlers may run in it. */
  void set(Level wanted) {
    synchronized (levelLock) {
      if (now == wanted) {
        return;
      }
      now = wanted;
    }
    wire.accept(wanted);
  }
}
