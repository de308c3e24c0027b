package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.pci.PciDevice;

/**
 * Hardware's COMMAND register, which the user, the interrupt handler and the driver change by
 * turns.
 *
 * <p>The monitor of this object is the command lock: a leaf lock that makes each change one step,
 * also of what belongs to it ({@link Intx} keeps its mask under it). Interrupt handlers take it; a
 * handler may run on the thread that just wrote the register, so it is taken again then.
 */
final class CommandRegister {
  private final PciDevice device;

  CommandRegister(PciDevice device) {
    this.device = device;
  }

  int read() {
    return device.readConfig(PCI_COMMAND, 2) & 0xffff;
  }

  synchronized void write(int value) {
    device.writeConfig(PCI_COMMAND, 2, value);
  }

  synchronized void set(int bits) {
    change(read() | bits);
  }

  synchronized void clear(int bits) {
    change(read() & ~bits);
  }

  private void change(int value) {
    if (value != read()) {
      write(value);
    }
  }

  /** Whether the function asserts INTx, masked or not. */
  boolean intxPending() {
    return (device.readConfig(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT) != 0;
  }

  /**
   * Masks INTx if the function asserts it; returns whether it did, so whether it was its interrupt.
   */
  synchronized boolean checkAndMaskIntx() {
    if (!intxPending()) {
      return false;
    }
    set(PCI_COMMAND_INTX_DISABLE);
    return true;
  }
}
