package busbar.tour;

import busbar.api.admin.VfioAdmin;
import busbar.api.bus.HostSetup;
import busbar.api.client.Vfio;
import busbar.api.iommu.Iommu;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import busbar.launcher.command.LaunchCommand;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code ./busbar tour [--json FILE]}. */
@Component(service = LaunchCommand.class, property = LaunchCommand.NAME + "=tour")
public final class TourCommand implements LaunchCommand {
  private final BundleContext context;
  private final Vfio vfio;
  private final VfioAdmin admin;
  private final SwapAdmin swaps;
  private final PhysicalMemory memory;
  private final HostSetup host;
  private final List<Iommu> iommus = new CopyOnWriteArrayList<>();

  @Activate
  public TourCommand(
      BundleContext context,
      @Reference Vfio vfio,
      @Reference VfioAdmin admin,
      @Reference SwapAdmin swaps,
      @Reference PhysicalMemory memory,
      @Reference HostSetup host) {
    this.context = context;
    this.vfio = vfio;
    this.admin = admin;
    this.swaps = swaps;
    this.memory = memory;
    this.host = host;
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindIommu(Iommu iommu) {
    iommus.add(iommu);
  }

  void unbindIommu(Iommu iommu) {
    iommus.remove(iommu);
  }

  @Override
  public int run(List<String> args, PrintStream out, PrintStream err) throws IOException {
    Path json = null;
    if (args.size() == 2 && args.getFirst().equals("--json")) {
      json = Path.of(args.getLast());
    } else if (!args.isEmpty()) {
      err.println("busbar: tour: " + String.join(" ", args) + " is not [--json FILE]");
      return 2;
    }
    out.println("A tour of the machine " + host.machine());
    Log log = new Log(out);
    bootTime(log);
    Place place = new Place(context, vfio, admin, swaps, memory, iommus, host.machine());
    new Tour(place, List.of(new EduGuide(), new ClockGuide(), new SerialGuide()), log).go();
    out.println(log.isOk() ? "All of it worked." : "It did not work.");
    if (json != null) {
      Files.writeString(json, json(place, log));
    }
    return log.isOk() ? 0 : 1;
  }

  /** The launcher notes when its process was started, in seconds since 1970 with a fraction. */
  private static void bootTime(Log log) {
    String started = System.getProperty("busbar.started", "");
    if (!started.isEmpty()) {
      long startedMicros = new BigDecimal(started.replace(',', '.')).movePointRight(6).longValue();
      long micros = System.currentTimeMillis() * 1000 - startedMicros;
      log.record(new Step("boot", true, micros, "from the start of the process to here"));
    }
  }

  private static String json(Place place, Log log) throws IOException {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("ok", log.isOk());
    model.put("machine", place.machine());
    List<Map<String, Object>> steps = new ArrayList<>();
    for (Step step : log.steps()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", step.name());
      entry.put("ok", step.ok());
      entry.put("micros", step.micros());
      entry.put("said", step.said());
      steps.add(entry);
    }
    model.put("steps", steps);
    return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(model) + "\n";
  }
}
