package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.VfioException;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Vpd;
import busbar.pci.MemoryGate.Mappings;
import java.lang.System.Logger.Level;

/** Writes to standard capabilities that do something. Each is a {@link ConfigWrites}. */
final class CapabilityWrites {
  private static final System.Logger LOG = System.getLogger("busbar.pci");
  private static final int D3_HOT = 3;
  private static final int MIN_READ_REQUEST = 128;
  private static final int MAX_READ_REQUEST = 4096;

  private CapabilityWrites() {}

  /** Power states are changed by the core, and D3 takes the mappings away. */
  static void power(ConfigSpace config, Capability pm, int offset, int width, int value) {
    config.writeBits(pm, offset, width, value);
    if (offset == PCI_PM_CTRL) {
      int state = value & PCI_PM_CTRL_STATE_MASK;
      PciCoreDevice core = config.core();
      core.memory.exclusively(
          state >= D3_HOT ? Mappings.ZAP : Mappings.KEEP, () -> core.power.setState(state));
    }
  }

  /** The flag in the address's top bit asks for a transfer; toggled, it says that it is done. */
  static void vitalProductData(
      ConfigSpace config, Capability vpd, int offset, int width, int value) {
    config.writeBits(vpd, offset, width, value);
    if (offset > PCI_VPD_ADDR + 1 || offset + width <= PCI_VPD_ADDR + 1) {
      return;
    }
    Vpd data = config.device().vpd();
    if (data == null) {
      return;
    }
    int address = config.shadow(vpd.start() + PCI_VPD_ADDR, 2);
    int at = address & ~PCI_VPD_ADDR_F;
    try {
      if ((address & PCI_VPD_ADDR_F) != 0) {
        data.write(at, config.shadow(vpd.start() + PCI_VPD_DATA, 4));
      } else {
        config.setShadow(vpd.start() + PCI_VPD_DATA, 4, data.read(at));
      }
    } catch (VfioException e) {
      // the flag stays, and the user's driver times out as with hardware
      LOG.log(Level.DEBUG, "{0}: VPD at {1}: {2}", config.device().name(), at, e.getMessage());
      return;
    }
    config.setShadow(vpd.start() + PCI_VPD_ADDR, 2, address ^ PCI_VPD_ADDR_F);
  }

  /** MSI can be switched only while SET_IRQS has it on, and never to more vectors than it has. */
  static void msi(ConfigSpace config, Capability msi, int offset, int width, int value) {
    config.writeBits(msi, offset, width, value);
    if (offset > PCI_MSI_FLAGS || offset + width < PCI_MSI_FLAGS) {
      return;
    }
    int at = msi.start() + PCI_MSI_FLAGS;
    int flags = config.shadow(at, 2);
    if (config.irqs().type() != Interrupts.Type.MSI) {
      flags &= ~PCI_MSI_FLAGS_ENABLE;
    }
    int most = config.irqs().msiVectorsLog2();
    if ((flags & PCI_MSI_FLAGS_QSIZE) >> 4 > most) {
      flags = flags & ~PCI_MSI_FLAGS_QSIZE | most << 4;
    }
    config.setShadow(at, 2, flags);
    config.device().writeConfig(at, 2, flags);
  }

  /**
   * A function level reset is a reset of the core's; the read request never goes below the payload.
   */
  static void express(ConfigSpace config, Capability exp, int offset, int width, int value) {
    int at = exp.start() + PCI_EXP_DEVCTL;
    int before = config.shadow(at, 2) & PCI_EXP_DEVCTL_READRQ;
    config.writeBits(exp, offset, width, value);
    int control = config.shadow(at, 2);
    if ((control & PCI_EXP_DEVCTL_BCR_FLR) != 0) {
      control &= ~PCI_EXP_DEVCTL_BCR_FLR;
      config.setShadow(at, 2, control);
      int able = config.device().readConfig(exp.start() + PCI_EXP_DEVCAP, 4);
      if ((able & PCI_EXP_DEVCAP_FLR) != 0) {
        config.core().tryReset();
      }
    }
    int wanted = control & PCI_EXP_DEVCTL_READRQ;
    if (wanted != before) {
      setReadRequest(config.device(), at, MIN_READ_REQUEST << (wanted >> 12));
    }
  }

  private static void setReadRequest(PciDevice device, int at, int bytes) {
    int control = device.readConfig(at, 2);
    int payload = MIN_READ_REQUEST << ((control & PCI_EXP_DEVCTL_PAYLOAD) >> 5);
    int request = Math.max(bytes, payload);
    if (request > MAX_READ_REQUEST) {
      return;
    }
    int field = Integer.numberOfTrailingZeros(request / MIN_READ_REQUEST) << 12;
    device.writeConfig(at, 2, control & ~PCI_EXP_DEVCTL_READRQ | field);
  }

  /** A function level reset of conventional PCI. */
  static void advancedFeatures(
      ConfigSpace config, Capability af, int offset, int width, int value) {
    config.writeBits(af, offset, width, value);
    int at = af.start() + PCI_AF_CTRL;
    int control = config.shadow(at, 1);
    if ((control & PCI_AF_CTRL_FLR) == 0) {
      return;
    }
    config.setShadow(at, 1, control & ~PCI_AF_CTRL_FLR);
    int able = config.device().readConfig(af.start() + PCI_AF_CAP, 1);
    if ((able & PCI_AF_CAP_FLR) != 0 && (able & PCI_AF_CAP_TP) != 0) {
      config.core().tryReset();
    }
  }
}
