package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.machine.internal.irq.EdgeSource;
import busbar.machine.internal.irq.MessageController;
import busbar.machine.internal.irq.MessageController.Message;

/**
 * The host's side of message interrupts of one function: allocates vectors and programs capability
 * and table with the messages that lead to them.
 */
final class MessageUnit {
  private static final int COMMAND = 0x04;
  private static final int INTX_DISABLE = 0x400;

  private final PciFunction function;
  private final MessageHardware hardware;
  private final MessageController controller;
  private MessageKind kind;
  private int firstOfMsi;
  private EdgeSource[] sources = {};
  private int[] indexes = {};
  private boolean[] open = {};

  MessageUnit(PciFunction function, MessageHardware hardware, MessageController controller) {
    this.function = function;
    this.hardware = hardware;
    this.controller = controller;
  }

  synchronized int enable(MessageKind wanted, int count) {
    int most = hardware.vectors(wanted);
    if (most == 0) {
      throw Errno.EINVAL.because("%s has no %s capability", function.name(), wanted);
    }
    if (kind != null) {
      throw Errno.EBUSY.because("%s of %s is on already", kind, function.name());
    }
    if (count < 1) {
      throw Errno.EINVAL.because("%d vectors of %s make no sense", count, function.name());
    }
    int available = wanted == MessageKind.MSI && !controller.hasMultipleMsi() ? 1 : most;
    if (count > available) {
      return available;
    }
    int slots = wanted == MessageKind.MSI ? count : most;
    sources = new EdgeSource[slots];
    indexes = new int[slots];
    open = new boolean[slots];
    kind = wanted;
    // No vector has a handler yet: nothing that becomes free here calls one.
    if (wanted == MessageKind.MSI) {
      firstOfMsi = controller.allocate(count);
      for (int vector = 0; vector < count; vector++) {
        connect(vector, firstOfMsi + vector);
      }
      hardware.enableMsi(controller.message(firstOfMsi), count);
    } else {
      hardware.enableMsix();
      for (int vector = 0; vector < count; vector++) {
        connect(vector, controller.allocate(1));
        hardware.table().setMessage(vector, message(vector).address(), message(vector).data());
      }
      hardware.unmaskFunction();
    }
    setIntxDisabled(true);
    return count;
  }

  private void connect(int vector, int index) {
    indexes[vector] = index;
    sources[vector] =
        new EdgeSource(
            controller.number(index),
            "%s vector %d of %s".formatted(kind, vector, function.name()),
            new VectorGate(vector));
    controller.connect(index, function.hardware().sender(), sources[vector]);
  }

  private Message message(int vector) {
    return controller.message(indexes[vector]);
  }

  synchronized void allocate(int vector) {
    if (kind != MessageKind.MSIX || !controller.canAddVectors()) {
      throw Errno.EINVAL.because("no vector can be added to %s now", function.name());
    }
    if (vector < 0 || vector >= sources.length) {
      throw Errno.EINVAL.because(
          "%s has %d MSI-X vectors, not a number %d", function.name(), sources.length, vector);
    }
    if (sources[vector] == null) {
      connect(vector, controller.allocate(1));
      hardware.table().setMessage(vector, message(vector).address(), message(vector).data());
    }
  }

  synchronized boolean isEnabled() {
    return kind != null;
  }

  synchronized InterruptSource source(int vector) {
    if (kind == null || vector < 0 || vector >= sources.length || sources[vector] == null) {
      throw Errno.EINVAL.because("%s has no vector %d now", function.name(), vector);
    }
    return sources[vector];
  }

  void rewrite(int vector) {
    MessageKind now;
    boolean masked;
    synchronized (this) {
      now = kind;
      if (now == null || vector < 0 || vector >= sources.length || sources[vector] == null) {
        return;
      }
      masked = !open[vector];
      if (now == MessageKind.MSIX) {
        hardware.table().setMessage(vector, message(vector).address(), message(vector).data());
      } else {
        hardware.writeMsi(controller.message(firstOfMsi), sources.length);
      }
    }
    // Without the lock: an interrupt that was pending is delivered in it.
    hardware.setVectorMasked(now, vector, masked);
  }

  /** After a reset: everything that was on is on again. */
  void restore() {
    MessageKind now;
    int count;
    synchronized (this) {
      now = kind;
      count = sources.length;
      if (now == MessageKind.MSI) {
        hardware.enableMsi(controller.message(firstOfMsi), count);
      } else if (now == MessageKind.MSIX) {
        hardware.enableMsix();
      } else {
        return;
      }
    }
    for (int vector = 0; vector < count; vector++) {
      rewrite(vector);
    }
    if (now == MessageKind.MSIX) {
      hardware.unmaskFunction();
    }
  }

  synchronized void disable() {
    if (kind == null) {
      return;
    }
    hardware.disable(kind);
    if (kind == MessageKind.MSI) {
      controller.free(firstOfMsi, sources.length);
    } else {
      for (int vector = 0; vector < sources.length; vector++) {
        if (sources[vector] != null) {
          controller.free(indexes[vector], 1);
          hardware.table().setMasked(vector, true);
        }
      }
    }
    kind = null;
    sources = new EdgeSource[0];
    setIntxDisabled(false);
  }

  private void setIntxDisabled(boolean disabled) {
    int command = function.readConfig(COMMAND, 2);
    int wanted = disabled ? command | INTX_DISABLE : command & ~INTX_DISABLE;
    if (wanted != command) {
      function.writeConfig(COMMAND, 2, wanted);
    }
  }

  /** Masks one vector in hardware, as far as the hardware can. */
  private final class VectorGate implements EdgeSource.Gate {
    private final int vector;

    VectorGate(int vector) {
      this.vector = vector;
    }

    @Override
    public void open() {
      set(true);
    }

    @Override
    public void close() {
      set(false);
    }

    private void set(boolean opened) {
      MessageKind now;
      synchronized (MessageUnit.this) {
        now = kind;
        if (now == null || vector >= open.length) {
          return;
        }
        open[vector] = opened;
      }
      // Without the lock: an interrupt that was pending is delivered in it.
      hardware.setVectorMasked(now, vector, !opened);
    }
  }
}
