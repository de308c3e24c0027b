package busbar.machine.internal.pci;

import busbar.api.pci.PciResource;
import java.util.List;

/**
 * Which bits of configuration space software can write, by header type and capability (PCI Local
 * Bus 3.0, chapter 6; PCI Express Base, chapter 7). Space that belongs to no capability is plain
 * storage, as in the devices that the recorded machines have.
 */
final class ConfigRules {
  private static final int COMMAND_BITS = 0x507;
  private static final int COMMAND_OF_VF = 0x004;
  private static final int STATUS_CLEARING = 0xf900;
  private static final int BRIDGE_CONTROL_BITS = 0x0bff;
  private static final int UNCORRECTABLE_BITS = 0x03fff030;
  private static final int CORRECTABLE_BITS = 0xf1c1;
  private static final int ERROR_REPORTING = 0x000f;
  private static final int VIRTIO_VENDOR = 0x1af4;
  private static final int VIRTIO_CONFIG_ACCESS = 5;
  private static final int E1000E_ID = 0x10d38086;

  private final ConfigSpace config;
  private final Capabilities capabilities;
  private final Kind kind;

  /** What the header is of. */
  enum Kind {
    ENDPOINT,
    BRIDGE,
    VIRTUAL_FUNCTION
  }

  private ConfigRules(ConfigSpace config, Capabilities capabilities, Kind kind) {
    this.config = config;
    this.capabilities = capabilities;
    this.kind = kind;
  }

  /** Sets the masks of a function's configuration space. */
  static void apply(
      ConfigSpace config,
      Capabilities capabilities,
      Kind kind,
      List<PciResource> resources,
      int romBytes) {
    ConfigRules rules = new ConfigRules(config, capabilities, kind);
    rules.storage();
    rules.header();
    if (kind != Kind.VIRTUAL_FUNCTION) {
      rules.bars(resources, romBytes);
    }
    capabilities.all().forEach((at, id) -> rules.capability(id, at));
    capabilities.extended().forEach((id, at) -> rules.extendedCapability(id, at));
    rules.quirks();
  }

  private void storage() {
    for (int at = 0x40; at < config.size(); at += 4) {
      config.allowSticky(at, 4, -1);
    }
  }

  private void header() {
    config.allow(4, 2, kind == Kind.VIRTUAL_FUNCTION ? COMMAND_OF_VF : COMMAND_BITS);
    config.allowClearing(6, 2, STATUS_CLEARING);
    config.allow(0x0c, 1, 0xff);
    if (kind != Kind.VIRTUAL_FUNCTION) {
      config.allow(0x3c, 1, 0xff);
    }
    if (kind == Kind.BRIDGE) {
      config.allow(0x18, 4, -1);
      config.allow(0x1c, 2, 0xf0f0);
      config.allowClearing(0x1e, 2, STATUS_CLEARING);
      config.allow(0x20, 4, 0xfff0fff0);
      config.allow(0x24, 4, 0xfff0fff0);
      config.allow(0x28, 4, -1);
      config.allow(0x2c, 4, -1);
      config.allow(0x30, 4, -1);
      config.allow(0x3e, 2, BRIDGE_CONTROL_BITS);
      config.allowClearing(0x3e, 2, 0x0400);
    }
  }

  private void bars(List<PciResource> resources, int romBytes) {
    int last = kind == Kind.BRIDGE ? 1 : 5;
    for (PciResource bar : resources) {
      if (bar.index() > last) {
        continue;
      }
      int at = 0x10 + 4 * bar.index();
      long mask = -bar.size();
      config.allow(at, 4, (int) mask & (bar.isIo() ? ~3 : ~15));
      if (!bar.isIo() && (config.read(at, 4) & 6) == 4) {
        config.allow(at + 4, 4, (int) (mask >>> 32));
      }
    }
    int rom = kind == Kind.BRIDGE ? 0x38 : 0x30;
    long romSize =
        resources.stream()
            .filter(resource -> resource.index() == 6 && romBytes == 0)
            .mapToLong(PciResource::size)
            .findFirst()
            .orElse(romBytes == 0 ? 0 : Math.max(2048, Integer.highestOneBit(romBytes * 2 - 1)));
    if (romSize > 0) {
      config.allow(rom, 4, (int) -romSize | 1);
    }
  }

  private void forbid(int from, int length) {
    for (int at = from; at < from + length && at < config.size(); at++) {
      config.forbid(at, 1);
    }
  }

  private void capability(int id, int at) {
    switch (id) {
      case Capabilities.PM -> powerManagement(at);
      case Capabilities.MSI -> msi(at);
      case Capabilities.MSIX -> {
        forbid(at, 12);
        config.allow(at + 2, 2, 0xc000);
      }
      case Capabilities.PCIE -> express(at);
      case Capabilities.VENDOR -> vendor(at);
      case Capabilities.VPD -> {
        forbid(at, 8);
        config.allow(at + 2, 2, 0xffff);
        config.allow(at + 4, 4, -1);
      }
      default -> forbid(at, id == 0x12 || id == 0x0d ? 8 : 4);
    }
  }

  private void powerManagement(int at) {
    forbid(at, 8);
    config.allow(at + 4, 2, 0x0003);
    if ((config.read(at + 2, 2) & 0xf800) != 0) {
      config.allowSticky(at + 4, 2, 0x0100);
      config.allowClearing(at + 4, 2, 0x8000);
    }
  }

  private void msi(int at) {
    int control = config.read(at + 2, 2);
    boolean wide = (control & 0x80) != 0;
    boolean masks = (control & 0x100) != 0;
    forbid(at, masks ? (wide ? 24 : 20) : wide ? 14 : 10);
    config.allow(at + 2, 2, 0x0071);
    config.allow(at + 4, 4, ~3);
    if (wide) {
      config.allow(at + 8, 4, -1);
    }
    config.allow(at + (wide ? 12 : 8), 2, 0xffff);
    if (masks) {
      int vectors = 1 << (control >> 1 & 7);
      config.allow(at + (wide ? 16 : 12), 4, -1 >>> 32 - vectors);
    }
  }

  private void express(int at) {
    int version = config.read(at + 2, 2) & 15;
    forbid(at, version < 2 ? 20 : 60);
    if (reportsErrors(at)) {
      config.allow(at + 8, 2, ERROR_REPORTING);
      config.allowClearing(at + 10, 2, ERROR_REPORTING);
    }
    boolean port = isPort(at);
    if (port) {
      config.allow(at + 0x10, 2, 0x00c0);
      config.allow(at + 0x18, 2, 0x1fff);
      config.allowClearing(at + 0x1a, 2, 0x011f);
      config.allow(at + 0x1c, 2, 0x001f);
      config.allowClearing(at + 0x22, 2, 0x0001);
    }
    if (version >= 2) {
      int capabilities2 = config.read(at + 0x24, 4);
      int control2 = 0;
      control2 |= (capabilities2 & 0x0020) != 0 && port ? 0x0020 : 0;
      control2 |= (capabilities2 & 0x0800) != 0 ? 0x0400 : 0;
      control2 |= (capabilities2 & 0x0020_0000) != 0 ? 0x8000 : 0;
      config.allow(at + 0x28, 2, control2);
    }
  }

  private boolean reportsErrors(int express) {
    return capabilities.findExtended(Capabilities.EXT_AER) != 0
        || (config.read(express + 8, 2) & ERROR_REPORTING) != 0
        || config.read(0, 2) == VIRTIO_VENDOR;
  }

  private boolean isPort(int express) {
    int type = config.read(express + 2, 2) >> 4 & 15;
    return type == 4 || type == 6;
  }

  private void vendor(int at) {
    forbid(at, Math.max(2, config.read(at + 2, 1)));
    if (config.read(0, 2) == VIRTIO_VENDOR && config.read(at + 3, 1) == VIRTIO_CONFIG_ACCESS) {
      config.allow(at + 4, 1, 0xff);
      config.allow(at + 8, 4, -1);
      config.allow(at + 12, 4, -1);
      config.allow(at + 16, 4, -1);
    }
  }

  private void extendedCapability(int id, int at) {
    switch (id) {
      case Capabilities.EXT_AER -> errorReporting(at);
      case Capabilities.EXT_SRIOV -> {
        forbid(at, 0x40);
        config.allow(at + 8, 2, 0x0019);
        config.allow(at + 0x10, 2, 0xffff);
        config.allow(at + 0x20, 4, config.read(at + 0x1c, 4));
        virtualBars(at);
      }
      case 0x03 -> forbid(at, 12);
      default -> forbid(at, 8);
    }
  }

  private void virtualBars(int sriov) {
    int total = config.read(sriov + 0x0e, 2);
    for (int bar = 0; bar < 6 && total > 0; bar++) {
      int at = sriov + 0x24 + 4 * bar;
      if (config.read(at, 4) != 0) {
        config.allow(at, 4, ~0xfff);
      }
    }
  }

  private void errorReporting(int at) {
    forbid(at, 0x48);
    config.allowClearing(at + 4, 4, UNCORRECTABLE_BITS);
    if (config.read(at + 8, 4) != 0) {
      // Hardware that masks nothing at start implements no masks here.
      config.allowSticky(at + 8, 4, UNCORRECTABLE_BITS);
    }
    config.allowSticky(at + 12, 4, UNCORRECTABLE_BITS);
    config.allowClearing(at + 16, 4, CORRECTABLE_BITS);
    config.allowSticky(at + 20, 4, CORRECTABLE_BITS);
    config.allowSticky(at + 24, 4, (config.read(at + 24, 4) & 0xa0) << 1);
    if (kind == Kind.BRIDGE) {
      config.allow(at + 0x2c, 4, 7);
      config.allowClearing(at + 0x30, 4, 0x7f);
    }
  }

  /** What a register dump cannot tell. */
  private void quirks() {
    if (config.read(0, 4) == E1000E_ID) {
      // Its data-select field is writable and it takes PME enable, though it advertises no PME.
      int pm = capabilities.find(Capabilities.PM);
      if (pm != 0) {
        config.allow(pm + 4, 2, 0x1f00);
        config.allowClearing(pm + 4, 2, 0x8000);
      }
    }
  }
}
