package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.ResetMethod;
import busbar.api.pci.PciDevice.HotReset;
import busbar.api.pci.PciSavedState;
import java.util.ArrayList;
import java.util.List;

/**
 * The ways to reset a function or the functions below a port, as the PCI core of Linux does it.
 *
 * <p>A reset through the port above ends with waiting for the link. A downstream port that runs
 * faster than 5 GT/s must then report an active link; one that never does (the root ports of the
 * recorded PC) makes the reset fail with ENOTTY, after the functions were reset all the same.
 */
final class Resets {
  private static final int COMMAND = 0x04;
  private static final int INTX_DISABLE = 0x400;
  private static final int SPEED_5_GT = 2;
  private static final int LINK_ACTIVE = 0x2000;
  private static final int LINK_ACTIVE_REPORTING = 0x0010_0000;
  private static final int SLOT_IMPLEMENTED = 0x0100;
  private static final int HOT_PLUG_CAPABLE = 0x0040;

  private final PciFunction function;

  Resets(PciFunction function) {
    this.function = function;
  }

  void resetFunction() {
    if (!function.coreLock().tryLock()) {
      throw Errno.EAGAIN.because("another thread works on %s", function.name());
    }
    try {
      PciSavedState saved = quiesce(function);
      try {
        tryMethods();
      } finally {
        function.restoreState(saved);
      }
    } finally {
      function.coreLock().unlock();
    }
  }

  private void tryMethods() {
    VfioException last = null;
    for (ResetMethod method : function.resetMethods()) {
      try {
        run(method);
        return;
      } catch (VfioException e) {
        if (e.errno() != Errno.ENOTTY) {
          throw e;
        }
        last = e;
      }
    }
    throw last != null ? last : Errno.ENOTTY.because("%s has no way to be reset", function.name());
  }

  private void run(ResetMethod method) {
    switch (method) {
      case FLR, AF_FLR, DEVICE_SPECIFIC, ACPI -> function.hardware().reset();
      case PM -> {
        int register = function.hardware().power().register();
        int control = function.readConfig(register, 2) & ~3;
        function.writeConfig(register, 2, control | 3);
        function.writeConfig(register, 2, control);
      }
      case BUS -> resetAlone();
    }
  }

  /** The bus method resets one function only if no other one is on the bus. */
  private void resetAlone() {
    PciFunction port = function.parent();
    if (port == null) {
      throw Errno.ENOTTY.because("%s is on a root bus, which has no reset", function.name());
    }
    List<PciFunction> neighbours = port.children();
    if (neighbours.size() > 1) {
      throw Errno.ENOTTY.because(
          "the bus of %s has %d functions, a reset would hit them all",
          function.name(), neighbours.size());
    }
    secondaryReset(port);
  }

  HotReset kind() {
    PciFunction port = function.parent();
    if (port == null) {
      return HotReset.NONE;
    }
    int express = port.hardware().capabilities().find(Capabilities.PCIE);
    boolean slot =
        express != 0
            && (port.hardware().config().read(express + 2, 2) & SLOT_IMPLEMENTED) != 0
            && (port.hardware().config().read(express + 0x14, 4) & HOT_PLUG_CAPABLE) != 0;
    return slot ? HotReset.SLOT : HotReset.BUS;
  }

  List<PciFunction> scope() {
    PciFunction port = function.parent();
    List<PciFunction> reached = new ArrayList<>();
    if (port != null) {
      collect(port, reached);
      reached.sort((one, other) -> one.address().compareTo(other.address()));
    }
    return reached;
  }

  private static void collect(PciFunction bridge, List<PciFunction> into) {
    for (PciFunction child : bridge.children()) {
      into.add(child);
      collect(child, into);
    }
  }

  void resetBus() {
    PciFunction port = function.parent();
    if (port == null) {
      throw Errno.ENOTTY.because("%s is on a root bus, which has no reset", function.name());
    }
    List<PciFunction> reached = scope();
    List<PciFunction> locked = new ArrayList<>();
    try {
      for (PciFunction each : reached) {
        if (!each.coreLock().tryLock()) {
          throw Errno.EAGAIN.because("another thread works on %s", each.name());
        }
        locked.add(each);
      }
      List<PciSavedState> saved = reached.stream().map(Resets::quiesce).toList();
      try {
        secondaryReset(port);
      } finally {
        for (int i = 0; i < reached.size(); i++) {
          reached.get(i).restoreState(saved.get(i));
        }
      }
    } finally {
      locked.forEach(each -> each.coreLock().unlock());
    }
  }

  private static PciSavedState quiesce(PciFunction each) {
    each.setPowerState(0);
    PciSavedState saved = each.saveState();
    each.writeConfig(COMMAND, 2, INTX_DISABLE);
    return saved;
  }

  private static void secondaryReset(PciFunction port) {
    port.hardware().resetBelow();
    int express = port.hardware().capabilities().find(Capabilities.PCIE);
    int type = express == 0 ? 0 : port.hardware().config().read(express + 2, 2) >> 4 & 15;
    if (type != 4 && type != 6) {
      return;
    }
    int link = port.hardware().config().read(express + 0x0c, 4);
    boolean active = (port.hardware().config().read(express + 0x12, 2) & LINK_ACTIVE) != 0;
    boolean mustReport = (link & 15) > SPEED_5_GT && (link & LINK_ACTIVE_REPORTING) != 0;
    if (mustReport && !active) {
      throw Errno.ENOTTY.because(
          "the link of port %s did not come up after the reset", port.name());
    }
  }
}
