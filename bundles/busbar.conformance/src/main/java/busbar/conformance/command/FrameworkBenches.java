package busbar.conformance.command;

import busbar.api.VfioException;
import busbar.api.admin.DriverView;
import busbar.api.admin.VfioAdmin;
import busbar.api.bus.Bus;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Machines inside this framework, one at a time: switching one on is a new configuration of the
 * machine's component. What administration changed on the one before is taken back first, so that
 * each starts as after a boot.
 */
final class FrameworkBenches implements BenchFactory, AutoCloseable {
  private static final String MACHINE_PID = "busbar.machine";
  private static final System.Logger LOG = System.getLogger(FrameworkBenches.class.getName());
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long STRAGGLER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ConfigurationAdmin configurations;
  private final Vfio vfio;
  private final VfioAdmin admin;
  private final ServiceTracker<Bus, Bus> buses;
  private final ServiceTracker<MdevAdmin, MdevAdmin> mdevs;
  private int boots;

  FrameworkBenches(
      BundleContext context, ConfigurationAdmin configurations, Vfio vfio, VfioAdmin admin) {
    this.configurations = configurations;
    this.vfio = vfio;
    this.admin = admin;
    buses = new ServiceTracker<>(context, Bus.class, null);
    mdevs = new ServiceTracker<>(context, MdevAdmin.class, null);
    buses.open();
    mdevs.open();
  }

  @Override
  public Bench boot(Path description) throws Exception {
    MachineFacts facts = MachineFacts.read(description);
    takeBack();
    long newest = buses().keySet().stream().mapToLong(Long::longValue).max().orElse(-1);
    Configuration machine = configurations.getConfiguration(MACHINE_PID, "?");
    boots++;
    machine.update(
        new Hashtable<>(Map.of("file", description.toString(), "boot", Integer.toString(boots))));
    awaitBuses(facts, newest);
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

  /** The bus services that are there, by service id. */
  private Map<Long, String> buses() {
    Map<Long, String> found = new TreeMap<>();
    ServiceReference<Bus>[] references = buses.getServiceReferences();
    if (references != null) {
      for (ServiceReference<Bus> reference : references) {
        Bus bus = buses.getService(reference);
        if (bus != null) {
          found.put((Long) reference.getProperty(Constants.SERVICE_ID), bus.name());
        }
      }
    }
    return found;
  }

  /**
   * The machine offers its buses last, one after the other, and the registry binds devices as their
   * bus comes. A bus that the machine's maker cannot build never comes; what the others hold can be
   * played all the same.
   */
  private void awaitBuses(MachineFacts facts, long newestBefore)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      Set<String> missing = new TreeSet<>(facts.buses());
      buses().forEach((id, name) -> missing.removeIf(bus -> id > newestBefore && bus.equals(name)));
      if (missing.isEmpty()) {
        return;
      }
      long waited = System.nanoTime() - start;
      if (missing.size() < facts.buses().size() && waited > STRAGGLER_NANOS) {
        LOG.log(Level.WARNING, "machine " + facts.name() + " came up without the buses " + missing);
        return;
      }
      if (waited > TIMEOUT_NANOS) {
        throw new IOException("machine " + facts.name() + " did not come up");
      }
      Thread.sleep(1);
    }
  }

  @Override
  public void close() {
    buses.close();
    mdevs.close();
  }
}
