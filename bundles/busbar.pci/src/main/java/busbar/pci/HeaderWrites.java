package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.pci.MemoryGate.Mappings;

/** Writes to the header: COMMAND and the BARs are more than their bits. */
final class HeaderWrites implements ConfigWrites {
  @Override
  public void write(ConfigSpace config, Capability header, int offset, int width, int value) {
    if (offset == PCI_COMMAND) {
      command(config, header, width, value);
    } else {
      config.writeBits(header, offset, width, value);
    }
    if (offset == PCI_COMMAND || offset == PCI_COMMAND + 1) {
      boolean disabled = (config.shadow(PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE) != 0;
      config.irqs().setIntxDisabled(disabled);
    }
    if (ConfigSpace.isBar(offset)) {
      config.barsWritten();
    }
  }

  /**
   * Decoding turned off takes the mappings away. Decoding turned on that the user believes to be
   * on, while hardware has it off, shows that somebody reset the function behind our back; then its
   * BARs are put right first.
   */
  private static void command(ConfigSpace config, Capability header, int width, int value) {
    PciCoreDevice core = config.core();
    boolean memory = (value & PCI_COMMAND_MEMORY) != 0;
    boolean ports = (value & PCI_COMMAND_IO) != 0;
    core.memory.exclusively(
        memory ? Mappings.KEEP : Mappings.ZAP,
        () -> {
          int believed = config.shadow(PCI_COMMAND, 2);
          int real = core.command.read();
          int lost = believed & ~real;
          if (memory && (lost & PCI_COMMAND_MEMORY) != 0 && !core.isVirtualFunction()
              || ports && (lost & PCI_COMMAND_IO) != 0
              || config.barsLost()) {
            config.restoreBars();
          }
          config.writeBits(header, PCI_COMMAND, width, value);
          int decoding = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
          config.setShadow(
              PCI_COMMAND, 2, config.shadow(PCI_COMMAND, 2) & ~decoding | value & decoding);
          core.updateDecoding();
        });
  }
}
