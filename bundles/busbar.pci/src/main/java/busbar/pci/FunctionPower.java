package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.pci.PciDevice;
import busbar.api.pci.PciSavedState;
import busbar.api.pci.Sriov;

/**
 * The power state of a function. One that loses its configuration between D3 and D0 gets it back.
 *
 * <p>{@link #setState} is called with the memory gate closed; {@link #suspend} and {@link #resume}
 * come one after the other, by the owner of the device's use count.
 */
final class FunctionPower {
  static final int D0 = 0;
  static final int D1 = 1;
  static final int D2 = 2;
  static final int D3_HOT = 3;

  private final PciCoreDevice core;
  private final PciDevice device;
  private final int capability;
  private final boolean losesState;
  private PciSavedState saved;
  private PciSavedState suspended;

  FunctionPower(PciCoreDevice core) {
    this.core = core;
    this.device = core.device;
    capability = CapabilityLists.find(device, PCI_CAP_ID_PM);
    losesState =
        capability != 0
            && (device.readConfig(capability + PCI_PM_CTRL, 2) & PCI_PM_CTRL_NO_SOFT_RESET) == 0;
  }

  /**
   * Changes the state as far as the function can; a state that it lacks leaves it as it is.
   *
   * @param state 0 to 3
   */
  void setState(int state) {
    int now = device.powerState();
    if (state == now || !isSupported(state) || state > D0 && hasVirtualFunctions()) {
      return;
    }
    boolean falls = now < D3_HOT && state >= D3_HOT;
    boolean rises = now >= D3_HOT && state == D0;
    if (losesState && falls) {
      saved = device.saveState();
    }
    device.setPowerState(state);
    if (rises && saved != null) {
      device.restoreState(saved);
      saved = null;
    }
    core.updateDecoding();
  }

  private boolean isSupported(int state) {
    if (capability == 0) {
      return state == D0;
    }
    int pmc = device.readConfig(capability + PCI_PM_PMC, 2);
    return switch (state) {
      case D1 -> (pmc & PCI_PM_CAP_D1) != 0;
      case D2 -> (pmc & PCI_PM_CAP_D2) != 0;
      default -> true;
    };
  }

  /** A sleeping physical function would take its virtual ones along. */
  private boolean hasVirtualFunctions() {
    return device.sriov().map(Sriov::numVfs).orElse(0) > 0;
  }

  /** Nobody uses the function: puts it to sleep, if it can. */
  void suspend() {
    if (capability != 0 && !hasVirtualFunctions() && suspended == null) {
      suspended = device.saveState();
      device.setPowerState(D3_HOT);
    }
  }

  /** Somebody uses the function again. */
  void resume() {
    if (suspended != null) {
      device.setPowerState(D0);
      device.restoreState(suspended);
      suspended = null;
    }
  }

  /**
   * Configurations that come back: with D0, and when a sleeping function is used. Each is {@code
   * null} if there is none.
   */
  record Saved(byte[] atFall, byte[] atSuspend) {}

  Saved save() {
    return new Saved(
        saved == null ? null : saved.config(), suspended == null ? null : suspended.config());
  }

  void restore(Saved state) {
    saved = state.atFall() == null ? null : new PciSavedState(state.atFall());
    suspended = state.atSuspend() == null ? null : new PciSavedState(state.atSuspend());
  }
}
