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
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Machines inside this framework, one at a time: switching one on is a new configuration of the
 * machine's component. What administration changed on the one before is taken back first, so that
 * each starts as after a boot.
 */
final class FrameworkBenches implements BenchFactory, AutoCloseable {
  private static final String MACHINE_PID = "busbar.machine";

  /** By name: no class of the machine's is needed here. */
  private static final String MACHINE = "busbar.machine.Machine";

  /** A property that the component does not know: with it no two configurations are the same. */
  private static final String BOOT = "boot";

  private static final System.Logger LOG = System.getLogger(FrameworkBenches.class.getName());
  private static final long FIRST_MILLIS = 5_000;
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final ConfigurationAdmin configurations;
  private final Vfio vfio;
  private final VfioAdmin admin;
  private final ServiceTracker<Object, Object> machines;
  private final ServiceTracker<MdevAdmin, MdevAdmin> mdevs;
  private int boots;

  FrameworkBenches(
      BundleContext context, ConfigurationAdmin configurations, Vfio vfio, VfioAdmin admin) {
    this.configurations = configurations;
    this.vfio = vfio;
    this.admin = admin;
    machines = new ServiceTracker<>(context, MACHINE, null);
    machines.open();
    mdevs = new ServiceTracker<>(context, MdevAdmin.class, null);
    mdevs.open();
  }

  @Override
  public Bench boot(Path description) throws Exception {
    MachineFacts facts = MachineFacts.read(description);
    if (boots == 0) {
      // the machine that the framework was started with comes of itself, and must not be taken for
      // ours
      machines.waitForService(FIRST_MILLIS);
    }
    takeBack();
    long newest = newestMachine();
    boots++;
    configurations
        .getConfiguration(MACHINE_PID, "?")
        .update(
            new Hashtable<>(Map.of("file", description.toString(), BOOT, Integer.toString(boots))));
    awaitMachine(facts, newest);
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
   * The machine offers itself after its parts, and the registry binds devices while their bus is
   * being offered: when the machine is there, all of it is ready.
   */
  private void awaitMachine(MachineFacts facts, long newestBefore)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (newestMachine() <= newestBefore) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("machine " + facts.name() + " did not come up");
      }
      Thread.sleep(1);
    }
  }

  /** The service id of the machine that came last, -1 if there is none. */
  private long newestMachine() {
    long newest = -1;
    ServiceReference<Object>[] references = machines.getServiceReferences();
    if (references != null) {
      for (ServiceReference<Object> reference : references) {
        newest = Math.max(newest, (Long) reference.getProperty(Constants.SERVICE_ID));
      }
    }
    return newest;
  }

  @Override
  public void close() {
    machines.close();
    mdevs.close();
  }
}
