package busbar.registry;

import busbar.api.admin.BackendView;
import busbar.api.admin.ClientView;
import busbar.api.admin.ContainerView;
import busbar.api.admin.DeviceView;
import busbar.api.admin.DriverView;
import busbar.api.admin.Explanation;
import busbar.api.admin.GroupView;
import busbar.api.admin.IommuGroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.ModuleParameters;
import java.util.List;
import java.util.Map;

/** The administration edge: hands changes to the driver core and questions to {@link Views}. */
final class Administration implements VfioAdmin {
  private final DriverCore core;
  private final Views views;
  private final Explainer explainer;
  private final HostSettings settings;

  Administration(DriverCore core, Views views, Explainer explainer, HostSettings settings) {
    this.core = core;
    this.views = views;
    this.explainer = explainer;
    this.settings = settings;
  }

  @Override
  public List<DeviceView> devices() {
    return views.devices();
  }

  @Override
  public DeviceView device(String name) {
    return views.device(name);
  }

  @Override
  public List<GroupView> groups() {
    return views.groups();
  }

  @Override
  public List<ContainerView> containers() {
    return views.containers();
  }

  @Override
  public List<DriverView> drivers() {
    return views.drivers();
  }

  @Override
  public List<BackendView> backends() {
    return views.backends();
  }

  @Override
  public List<ClientView> clients() {
    return views.clients();
  }

  @Override
  public IommuGroupView iommuGroup(String device) {
    return views.iommuGroup(device);
  }

  @Override
  public Explanation explain(String device) {
    return explainer.explain(device);
  }

  @Override
  public void bind(String device, String driver) {
    core.bind(device, driver);
  }

  @Override
  public void unbind(String device) {
    core.unbind(device);
  }

  @Override
  public void setOverride(String device, String driver) {
    core.setOverride(device, driver);
  }

  @Override
  public void probe(String device) {
    core.probe(device);
  }

  @Override
  public void addId(String driver, String id) {
    core.addId(driver, id);
  }

  @Override
  public void removeId(String driver, String id) {
    core.removeId(driver, id);
  }

  @Override
  public void setVirtualFunctions(String device, int count) {
    core.setVirtualFunctions(device, count);
  }

  @Override
  public int virtualFunctions(String device) {
    return core.virtualFunctions(device);
  }

  @Override
  public Map<String, List<ModuleParameters.Parameter>> parameters() {
    return settings.all();
  }

  @Override
  public void setParameter(String module, String name, String value) {
    settings.set(module, name, value);
  }
}
