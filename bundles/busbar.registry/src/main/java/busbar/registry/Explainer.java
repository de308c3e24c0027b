package busbar.registry;

import busbar.api.admin.Explanation;
import busbar.api.admin.Explanation.Finding;
import busbar.api.admin.Explanation.Verdict;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tells the way from a device to its use: override, drivers, group, owner, container, backends. */
final class Explainer {
  private final Devices devices;
  private final Groups groups;
  private final Backends backends;
  private final Views views;

  Explainer(Devices devices, Groups groups, Backends backends, Views views) {
    this.devices = devices;
    this.groups = groups;
    this.backends = backends;
    this.views = views;
  }

  Explanation explain(String device) {
    DeviceEntry entry = devices.named(device);
    List<Finding> findings = new ArrayList<>();
    driver(entry, findings);
    if (entry.bound() instanceof VfioBound bound) {
      group(bound.object().group(), findings);
    } else {
      isolation(entry, findings);
    }
    return new Explanation(views.view(entry), List.copyOf(findings));
  }

  private static void driver(DeviceEntry entry, List<Finding> findings) {
    if (entry.override() != null) {
      findings.add(
          new Finding("override", Verdict.NOTE, "only " + entry.override() + " may take it"));
    }
    findings.addAll(entry.lastBinding());
    switch (entry.bound()) {
      case null -> findings.add(new Finding(entry.toString(), Verdict.NO, entry.because()));
      case HostBound host ->
          findings.add(
              new Finding(host.driver().toString(), Verdict.NO, "has the device for the host"));
      case VfioBound vfio ->
          findings.add(new Finding(vfio.driver().toString(), Verdict.YES, "has the device"));
    }
  }

  private void isolation(DeviceEntry entry, List<Finding> findings) {
    Optional<IommuGroup> group = entry.device.iommuGroup();
    if (group.isEmpty()) {
      findings.add(new Finding("IOMMU", Verdict.NO, "no IOMMU isolates it"));
      return;
    }
    String asked = "group " + group.get().id();
    findings.add(new Finding(asked, Verdict.NOTE, "its members: " + group.get().devices()));
    groups
        .ownership(group.get())
        .culprit()
        .ifPresent(because -> findings.add(new Finding(asked, Verdict.NO, because)));
  }

  private void group(Group group, List<Finding> findings) {
    String asked = group.toString();
    findings.add(new Finding(asked, Verdict.NOTE, "its members: " + group.iommuGroup().devices()));
    if (group.type() == GroupType.NO_IOMMU) {
      findings.add(new Finding(asked, Verdict.NOTE, "unprotected: its user can reach all memory"));
    }
    Optional<String> culprit = group.notViable();
    findings.add(
        culprit
            .map(because -> new Finding(asked, Verdict.NO, because))
            .orElseGet(() -> new Finding(asked, Verdict.YES, "a container can have it")));
    group
        .openFile()
        .ifPresent(
            file ->
                findings.add(new Finding(asked, Verdict.NOTE, "it is open by " + file.openedBy())));
    Container container = group.container();
    if (container != null) {
      findings.add(
          new Finding(
              container.name(),
              Verdict.NOTE,
              "has the groups " + container.groups() + " for " + container.client()));
    }
    matching(group, container, findings);
  }

  private void matching(Group group, Container container, List<Finding> findings) {
    List<Finding> last = group.lastMatching();
    findings.addAll(last);
    Attachment attachment = container == null ? null : container.attachment();
    if (attachment != null) {
      findings.add(
          new Finding(attachment.backend().toString(), Verdict.YES, "serves " + container.name()));
    } else if (last.isEmpty()) {
      backends
          .inOrder()
          .forEach(
              backend ->
                  findings.add(new Finding(backend.toString(), Verdict.NOTE, "was not asked yet")));
    }
  }
}
