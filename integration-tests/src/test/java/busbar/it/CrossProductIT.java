package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.admin.GroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import java.util.List;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Every bus driver with every backend that makes sense for it: each is started last, stopped first
 * and updated in between, and the device can be opened again each time.
 */
@RunWith(PaxExam.class)
public class CrossProductIT {
  private static final long PATIENCE_MILLIS = 10_000;
  private static final String MTTY = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

  @Inject private BundleContext context;
  @Inject private ConfigurationAdmin configurations;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.allBuses()};
  }

  @Test
  public void pciWithBothKindsOfTables() throws Exception {
    Appliance.machine(context, configurations, "mixed");
    together("busbar.pci", "busbar.type1", "0000:00:04.0", IommuType.TYPE1_V2);
    together("busbar.pci", "busbar.spapr", "0001:00:04.0", IommuType.SPAPR_TCE_V2);
  }

  @Test
  public void mediatedDevicesWithType1() throws Exception {
    Appliance.machine(context, configurations, "gateway");
    together("busbar.mdev", "busbar.type1", MTTY, IommuType.TYPE1_V2);
    together("busbar.model.mtty", "busbar.type1", MTTY, IommuType.TYPE1_V2);
  }

  @Test
  public void platformAndAmbaWithoutIommuAndPciBesideThem() throws Exception {
    Appliance.machine(context, configurations, "virt");
    together("busbar.platform", "busbar.noiommu", "9010000.pl031", IommuType.NO_IOMMU);
    together("busbar.platform", "busbar.noiommu", "a003e00.virtio_mmio", IommuType.NO_IOMMU);
    together("busbar.pci", "busbar.type1", "0000:00:02.0", IommuType.TYPE1_V2);
  }

  private void together(String driver, String backend, String device, IommuType type)
      throws Exception {
    use(device, type, "all are there");
    for (String last : List.of(driver, backend)) {
      Appliance.stop(context, List.of(last));
      Appliance.start(context, List.of(last));
      use(device, type, last + " was started last");
    }
    Appliance.stop(context, List.of(driver, backend));
    Appliance.start(context, List.of(backend, driver));
    use(device, type, driver + " was stopped first");
    Appliance.stop(context, List.of(backend, driver));
    Appliance.start(context, List.of(driver, backend));
    use(device, type, backend + " was stopped first");
    for (String updated : List.of(driver, backend)) {
      Appliance.bundle(context, updated).update();
      use(device, type, updated + " was updated");
    }
    assertThat(EduProbe.service(context, PhysicalMemory.class).pinnedBytes()).isZero();
  }

  /** Opens the device as soon as everything is up again, asks it something and closes it. */
  private void use(String device, IommuType type, String after) throws Exception {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    String last = "it has no group";
    while (System.currentTimeMillis() < end) {
      VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
      String node =
          admin.groups().stream()
              .filter(group -> group.devices().contains(device))
              .map(GroupView::node)
              .findFirst()
              .orElse(null);
      if (node != null) {
        try (DeviceSession session =
            DeviceSession.open(
                EduProbe.service(context, Vfio.class),
                ClientPolicy.privileged("cross"),
                node,
                device,
                type)) {
          assertThat(session.device().info().regions()).isPositive();
          return;
        } catch (VfioException e) {
          last = e.getMessage();
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError(device + " cannot be opened after " + after + ": " + last);
  }
}
