package busbar.machine.internal.host;

import busbar.api.bus.BusDevice;
import busbar.api.bus.HostDriver;
import busbar.api.pci.PciDevice;
import busbar.machine.MachineDescription.DmaManagement;
import busbar.machine.MachineDescription.HostDriverRule;
import java.util.Locale;
import java.util.Set;

/** An ordinary driver of the host, by the ids or the class that it takes. */
public final class RuleDriver implements HostDriver {
  private final HostDriverRule rule;
  private final Set<String> boundAtStart;

  /**
   * A driver.
   *
   * @param boundAtStart names of the devices that it holds when the machine starts
   */
  public RuleDriver(HostDriverRule rule, Set<String> boundAtStart) {
    this.rule = rule;
    this.boundAtStart = Set.copyOf(boundAtStart);
  }

  @Override
  public String name() {
    return rule.name();
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public boolean matches(BusDevice device) {
    if (!(device instanceof PciDevice function)) {
      return false;
    }
    if (rule.classCode().isPresent()
        && function.readConfig(0x0a, 2) == rule.classCode().getAsInt()) {
      // A port driver takes ports of PCI Express only, not bridges to conventional buses.
      return !rule.name().equals("pcieport") || isPort(function);
    }
    String id = "%04x:%04x".formatted(function.readConfig(0, 2), function.readConfig(2, 2));
    return rule.ids().stream().anyMatch(each -> each.toLowerCase(Locale.ROOT).equals(id));
  }

  private static boolean isPort(PciDevice function) {
    int at = function.readConfig(0x34, 1);
    for (int i = 0; at >= 0x40 && i < 48; i++) {
      if (function.readConfig(at, 1) == 0x10) {
        int type = function.readConfig(at + 2, 2) >> 4 & 15;
        return type == 4 || type == 5 || type == 6;
      }
      at = function.readConfig(at + 1, 1) & ~3;
    }
    return false;
  }

  @Override
  public DmaUse dmaUse() {
    return rule.managesDma() == DmaManagement.BY_ITSELF ? DmaUse.MANAGES_ITSELF : DmaUse.OWNS;
  }

  @Override
  public boolean bindsAtStart(BusDevice device) {
    return boundAtStart.contains(device.name()) && device.preferredDriver().isEmpty();
  }

  @Override
  public String toString() {
    return name();
  }
}
