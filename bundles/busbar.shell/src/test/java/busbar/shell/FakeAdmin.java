package busbar.shell;

import busbar.api.Errno;
import busbar.api.admin.BackendView;
import busbar.api.admin.ClientView;
import busbar.api.admin.ContainerView;
import busbar.api.admin.DeviceView;
import busbar.api.admin.DriverView;
import busbar.api.admin.Explanation;
import busbar.api.admin.GroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.GroupType;
import busbar.api.device.ModuleParameters.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** One device, one driver that refuses what it is told to refuse, and a log of what was asked. */
final class FakeAdmin implements VfioAdmin {
  final List<String> asked = new ArrayList<>();
  String override = "";
  String driver;
  boolean refuseBind;

  @Override
  public List<DeviceView> devices() {
    return List.of(device("0000:00:04.0"));
  }

  @Override
  public DeviceView device(String name) {
    if (!name.equals("0000:00:04.0")) {
      throw Errno.ENODEV.because("no bus has a device called %s", name);
    }
    return new DeviceView(
        name,
        "pci",
        "1234:11e8 edu",
        OptionalInt.of(2),
        Optional.ofNullable(driver),
        Optional.of(override).filter(text -> !text.isEmpty()),
        0,
        driver == null ? DeviceView.State.UNBOUND : DeviceView.State.READY,
        "no driver is bound");
  }

  @Override
  public List<GroupView> groups() {
    return List.of(
        new GroupView(
            2,
            "2",
            GroupType.IOMMU,
            List.of("0000:00:04.0"),
            true,
            "nobody owns its DMA",
            Optional.empty(),
            Optional.empty(),
            ""));
  }

  @Override
  public List<ContainerView> containers() {
    return List.of();
  }

  @Override
  public List<DriverView> drivers() {
    return List.of(
        new DriverView(
            "vfio-pci", "pci", DriverView.Kind.VFIO, "busbar.pci 1.0.0", List.of(), List.of()));
  }

  @Override
  public List<BackendView> backends() {
    return List.of();
  }

  @Override
  public List<ClientView> clients() {
    return List.of();
  }

  @Override
  public Explanation explain(String device) {
    return new Explanation(
        device(device),
        List.of(
            new Explanation.Finding(
                "driver vfio-pci", Explanation.Verdict.NO, "it takes only what it is told to")));
  }

  @Override
  public void bind(String device, String name) {
    asked.add("bind " + device + " " + name);
    if (refuseBind) {
      throw Errno.ENODEV.because("%s refused %s", name, device);
    }
    driver = name;
  }

  @Override
  public void unbind(String device) {
    asked.add("unbind " + device);
    driver = null;
  }

  @Override
  public void setOverride(String device, String name) {
    asked.add("override " + device + " " + name);
    override = name;
  }

  @Override
  public void probe(String device) {
    asked.add("probe " + device);
  }

  @Override
  public void addId(String name, String id) {
    asked.add("add-id " + name + " " + id);
  }

  @Override
  public void removeId(String name, String id) {
    asked.add("remove-id " + name + " " + id);
  }

  @Override
  public void setVirtualFunctions(String device, int count) {
    asked.add("sriov " + device + " " + count);
  }

  @Override
  public int virtualFunctions(String device) {
    return 1;
  }

  @Override
  public Map<String, List<Parameter>> parameters() {
    return Map.of(
        "vfio_iommu_type1",
        List.of(new Parameter("dma_entry_limit", "65535", "65535", "mappings of a container")));
  }

  @Override
  public void setParameter(String module, String name, String value) {
    asked.add("param " + module + " " + name + " " + value);
  }
}
