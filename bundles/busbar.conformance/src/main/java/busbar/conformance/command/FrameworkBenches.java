package busbar.conformance.command;

import busbar.api.VfioException;
import busbar.api.admin.DriverView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.device.ModuleParameters.Parameter;
import busbar.api.mdev.MdevAdmin;
import busbar.conformance.play.Bench;
import busbar.conformance.play.BenchFactory;
import busbar.conformance.scenario.MachineFacts;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Machines inside this framework, one at a time: switching one on is a new configuration of the
 * machine's component. What administration changed on the one before is taken back first, so that
 * each starts as after a boot.
 */
final class FrameworkBenches implements BenchFactory, AutoCloseable {
  private static final String MACHINE_PID = "busbar.machine";

  /** A property that the component does not know, to tell its configurations apart. */
  private static final String BOOT = "boot";

  private static final System.Logger LOG = System.getLogger(FrameworkBenches.class.getName());
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final ConfigurationAdmin configurations;
  private final Vfio vfio;
  private final VfioAdmin admin;
  private final ServiceComponentRuntime components;
  private final ServiceTracker<MdevAdmin, MdevAdmin> mdevs;
  private int boots;

  FrameworkBenches(
      BundleContext context,
      ConfigurationAdmin configurations,
      ServiceComponentRuntime components,
      Vfio vfio,
      VfioAdmin admin) {
    this.configurations = configurations;
    this.vfio = vfio;
    this.admin = admin;
    this.components = components;
    mdevs = new ServiceTracker<>(context, MdevAdmin.class, null);
    mdevs.open();
  }

  @Override
  public Bench boot(Path description) throws Exception {
    MachineFacts facts = MachineFacts.read(description);
    takeBack();
    Configuration machine = configurations.getConfiguration(MACHINE_PID, "?");
    boots++;
    String boot = Integer.toString(boots);
    machine.update(new Hashtable<>(Map.of("file", description.toString(), BOOT, boot)));
    awaitMachine(facts, boot);
    return new FrameworkBench(vfio, admin, Optional.ofNullable(mdevs.getService()));
  }

  private record FrameworkBench(Vfio vfio, VfioAdmin admin, Optional<MdevAdmin> mdev)
      implements Bench {
    /** The machine stays on until the next one comes: there is nothing that it could keep. */
    @Override
    public void close() {}
  }

  /**
   * Dynamic ids and parameters belong to the drivers, which stay; everything else goes with the
   * machine.
   */
  private void takeBack() {
    for (DriverView driver : admin.drivers()) {
      driver.ids().forEach(id -> quietly(() -> admin.removeId(driver.name(), id)));
    }
    for (Map.Entry<String, List<Parameter>> module : admin.parameters().entrySet()) {
      for (Parameter parameter : module.getValue()) {
        if (!parameter.value().equals(parameter.initial())) {
          quietly(() -> admin.setParameter(module.getKey(), parameter.name(), parameter.initial()));
        }
      }
    }
  }

  private static void quietly(Runnable change) {
    try {
      change.run();
    } catch (VfioException e) {
      LOG.log(Level.WARNING, "a change of the scenario before stays: " + e.getMessage());
    }
  }

  /**
   * Waits until the machine's component has been activated with the configuration of this boot.
   * Only then is all of it on offer, and every device bound: the registry does that while a bus is
   * being offered.
   */
  private void awaitMachine(MachineFacts facts, String boot)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (machines().noneMatch(machine -> boot.equals(machine.properties.get(BOOT)))) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("machine " + facts.name() + " did not come up");
      }
      Thread.sleep(1);
    }
  }

  private Stream<ComponentConfigurationDTO> machines() {
    return components.getComponentDescriptionDTOs().stream()
        .filter(component -> Arrays.asList(component.configurationPid).contains(MACHINE_PID))
        .flatMap(component -> components.getComponentConfigurationDTOs(component).stream())
        .filter(machine -> machine.state == ComponentConfigurationDTO.ACTIVE);
  }

  @Override
  public void close() {
    mdevs.close();
  }
}
