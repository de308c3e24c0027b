package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.client.VfioClient;
import busbar.client.Container;
import busbar.client.Group;
import busbar.client.IommuType;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/** A machine with both kinds of IOMMU: each group finds its backend, no container has both. */
@RunWith(PaxExam.class)
public class MixedMachineIT {
  private static final String BEHIND_PAGE_TABLES = "0000:00:04.0";
  private static final String BEHIND_WINDOWS = "0001:00:04.0";
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  @Inject private BundleContext context;
  @Inject private ConfigurationAdmin configurations;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option(), Bundles.of("busbar.spapr")};
  }

  @Before
  public void configureTheMachine() throws Exception {
    Appliance.machine(context, configurations, "mixed");
    long end = System.nanoTime() + PATIENCE_NANOS;
    for (String device : List.of(BEHIND_PAGE_TABLES, BEHIND_WINDOWS)) {
      while (!isReady(device)) {
        assertThat(System.nanoTime()).as("%s is not ready", device).isLessThan(end);
        Thread.sleep(20);
      }
    }
  }

  private boolean isReady(String device) throws InterruptedException {
    return EduProbe.service(context, VfioAdmin.class).devices().stream()
        .anyMatch(view -> view.name().equals(device) && view.state() == DeviceView.State.READY);
  }

  private VfioClient client() throws InterruptedException {
    return EduProbe.service(context, Vfio.class).connect(ClientPolicy.privileged("mixed"));
  }

  private Group group(VfioClient client, String device) throws InterruptedException {
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    return Group.open(client, Integer.toString(admin.device(device).group().orElseThrow()));
  }

  /** What a container of another type answers for a group. */
  private Errno refusal(String device, IommuType type) throws InterruptedException {
    try (VfioClient client = client()) {
      Container container = Container.open(client);
      group(client, device).attach(container);
      return catchThrowableOfType(VfioException.class, () -> container.setIommu(type)).errno();
    }
  }

  @Test
  public void eachGroupIsServedByTheBackendOfItsIommuAlone() throws Exception {
    for (Map.Entry<String, IommuType> match :
        Map.of(BEHIND_PAGE_TABLES, IommuType.TYPE1_V2, BEHIND_WINDOWS, IommuType.SPAPR_TCE_V2)
            .entrySet()) {
      try (VfioClient client = client()) {
        Container container = Container.open(client);
        Group group = group(client, match.getKey());
        group.attach(container);
        container.setIommu(match.getValue());
        assertThat(group.open(match.getKey()).info().isPci()).isTrue();
      }
    }
    assertThat(refusal(BEHIND_PAGE_TABLES, IommuType.SPAPR_TCE_V2)).isEqualTo(Errno.ENODEV);
    assertThat(refusal(BEHIND_WINDOWS, IommuType.TYPE1_V2)).isEqualTo(Errno.ENODEV);
  }

  @Test
  public void aContainerThatMixesThemIsRefusedWithTheGroupsName() throws Exception {
    for (Map.Entry<String, IommuType> first :
        Map.of(BEHIND_PAGE_TABLES, IommuType.TYPE1_V2, BEHIND_WINDOWS, IommuType.SPAPR_TCE_V2)
            .entrySet()) {
      try (VfioClient client = client()) {
        Container container = Container.open(client);
        group(client, first.getKey()).attach(container);
        container.setIommu(first.getValue());
        String other = first.getKey().equals(BEHIND_WINDOWS) ? BEHIND_PAGE_TABLES : BEHIND_WINDOWS;
        Group second = group(client, other);
        VfioException refused =
            catchThrowableOfType(VfioException.class, () -> second.attach(container));
        assertThat(refused.errno()).isEqualTo(Errno.ENODEV);
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }
}
