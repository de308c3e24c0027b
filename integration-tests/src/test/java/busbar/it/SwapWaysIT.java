package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.BundleSets;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.VfioBusDriver;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.inject.Inject;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerMethod;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Every way in which a swap is started, under a client that uses the device all the while. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class SwapWaysIT {
  private static final String EDU = EduProbe.EDU;
  private static final String CONTAINER = "container";
  private static final long PATIENCE_MILLIS = 20_000;

  @Inject private BundleContext context;
  private SwapAdmin swaps;
  private Path folder;
  private BusyEdu busy;

  @Configuration
  public Option[] configuration() throws Exception {
    return new Option[] {
      Appliance.option(),
      Bundles.of("org.apache.felix.gogo.runtime", "busbar.shell", "busbar.provision"),
      CoreOptions.bundle(Bundles.url("org.apache.felix.fileinstall")).noStart(),
      CoreOptions.frameworkProperty("felix.fileinstall.dir")
          .value(Files.createTempDirectory("busbar-deploy-").toString()),
      CoreOptions.frameworkProperty("felix.fileinstall.poll").value("100"),
      CoreOptions.frameworkProperty("felix.fileinstall.noInitialDelay").value("true")
    };
  }

  @Before
  public void aBusyClient() throws Exception {
    folder = Files.createTempDirectory("busbar-swap-");
    swaps = EduProbe.service(context, SwapAdmin.class);
    swaps.settings(new SwapSettings(20_000, 10_000, SwapPolicy.MANUAL));
    busy = BusyEdu.open(context);
  }

  @After
  public void nothingIsLeft() {
    busy.close();
    assertThat(swaps.slots()).allMatch(slot -> slot.current() != null && !slot.inUse());
  }

  // --- what the tests say ------------------------------------------------------------------------

  /** The place of the edu device, or of the client's container. */
  private Slot slot(String target) {
    return swaps.slots().stream()
        .filter(slot -> slot.target().startsWith(target))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no place " + target + " in " + swaps.slots()));
  }

  private String inPlace(String target) {
    Slot slot = slot(target);
    return slot.current() == null ? "(awaited)" : slot.current().toString();
  }

  private void expect(String target, String candidate) throws Exception {
    await(() -> inPlace(target).equals(candidate), candidate + " in " + target);
    busy.work();
    assertThat(inPlace(target)).isEqualTo(candidate);
  }

  private void await(BooleanSupplier condition, String what) throws InterruptedException {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (!condition.getAsBoolean()) {
      assertThat(System.currentTimeMillis())
          .as("%s; there are %s and %s", what, swaps.slots(), swaps.history())
          .isLessThan(end);
      Thread.sleep(5);
    }
  }

  private SwapRecord last(String target) {
    return swaps.history().reversed().stream()
        .filter(record -> record.target().startsWith(target))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no record of " + target));
  }

  private void assertDone(String target, Way way) {
    SwapRecord record = last(target);
    assertThat(record.result()).as("%s", record).isEqualTo(Result.DONE);
    assertThat(record.way()).as("%s", record).isEqualTo(way);
    assertThat(record.phases()).isNotEmpty();
    assertThat(record.pauseNanos()).isPositive();
  }

  private Bundle install(String bundle, String version) throws Exception {
    Path jar = Variants.write(bundle, version, folder.resolve(bundle + "-" + version + ".jar"));
    Bundle installed = context.installBundle(jar.toUri().toString());
    installed.start();
    return installed;
  }

  private void update(String bundle, String version) throws Exception {
    Path jar = Variants.write(bundle, version, folder.resolve("update.jar"));
    try (InputStream in = Files.newInputStream(jar)) {
      Appliance.bundle(context, bundle).update(in);
    }
  }

  private void policy(SwapPolicy policy) {
    swaps.settings(swaps.settings().withPolicy(policy));
  }

  /** Types a line; what it printed. */
  private String type(String line) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    CommandProcessor gogo = EduProbe.service(context, CommandProcessor.class);
    String command = line.replaceFirst("[ ;].*", "").replace("vfio:", "");
    String filter = "(osgi.command.function=" + command + ")";
    await(
        () -> {
          try {
            return context.getAllServiceReferences(null, filter) != null;
          } catch (org.osgi.framework.InvalidSyntaxException e) {
            throw new AssertionError(e);
          }
        },
        "the command " + command);
    try (CommandSession session =
        gogo.createSession(new ByteArrayInputStream(new byte[0]), print, print)) {
      session.execute(line);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** The command that the output says takes it back. */
  private static String undo(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("undo: "))
        .map(line -> line.substring("undo: ".length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no undo in " + output));
  }

  // --- the ways ----------------------------------------------------------------------------------

  @Test
  public void theBundleOfTheDriverIsUpdated() throws Exception {
    update("busbar.pci", "1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.UPDATE);
  }

  @Test
  public void theBundleOfTheBackendIsUpdated() throws Exception {
    String name = slot(CONTAINER).current().name();
    update("busbar.type1", "1.0.1");
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.UPDATE);
  }

  @Test
  public void anOperatorSwapsAndTakesItBack() throws Exception {
    String before = inPlace(EDU);
    install("busbar.pci", "1.0.1");
    busy.work();
    assertThat(inPlace(EDU)).as("by policy manual").isEqualTo(before);
    assertThat(type("vfio:swap " + EDU + " vfio-pci@1.0.1 --dry-run")).contains("  possible: ");
    assertThat(inPlace(EDU)).as("after the dry run").isEqualTo(before);
    String output = type("vfio:swap " + EDU + " vfio-pci@1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.SIDE_BY_SIDE);
    assertThat(type(undo(output))).contains("vfio-pci@1.0.1 -> " + before + ", done");
    expect(EDU, before);
    assertThat(type("vfio:swaps")).contains("side-by-side").contains("operator");
  }

  @Test
  public void anOperatorSwapsABackendInAllItsContainers() throws Exception {
    String before = inPlace(CONTAINER);
    String name = slot(CONTAINER).current().name();
    install("busbar.type1", "1.0.1");
    String output = type("vfio:swap " + name + " " + name + "@1.0.1");
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.SIDE_BY_SIDE);
    type(undo(output));
    expect(CONTAINER, before);
  }

  @Test
  public void aNewerDriverTakesOverAtOnceByPolicyAlways() throws Exception {
    String undo = undo(type("vfio:policy always"));
    install("busbar.pci", "1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.POLICY);
    type(undo);
    install("busbar.pci", "1.0.2");
    busy.work();
    assertThat(inPlace(EDU)).isEqualTo("vfio-pci@1.0.1");
  }

  @Test
  public void aNewerDriverWaitsForThePlaceToBeIdleByPolicyOnIdle() throws Exception {
    String before = inPlace(EDU);
    policy(SwapPolicy.ON_IDLE);
    install("busbar.pci", "1.0.1");
    busy.work();
    assertThat(inPlace(EDU)).as("in use").isEqualTo(before);
    busy.close();
    await(() -> inPlace(EDU).equals("vfio-pci@1.0.1"), "the newer one after the last close");
    assertThat(last(EDU).way()).isEqualTo(Way.POLICY);
    busy = BusyEdu.open(context);
  }

  @Test
  public void anOverrideMeansASwapByPolicyAlwaysAndItsUndoSwapsBack() throws Exception {
    String before = inPlace(EDU);
    policy(SwapPolicy.ALWAYS);
    ServiceRegistration<?> competitor = competitor("vendor-pci");
    busy.work();
    assertThat(inPlace(EDU)).as("it bids for nothing").isEqualTo(before);
    type("vfio:override " + EDU + " vfio-pci");
    String output = type("vfio:override " + EDU + " vendor-pci");
    await(() -> inPlace(EDU).startsWith("vendor-pci@"), "who the override names");
    busy.work();
    assertDone(EDU, Way.POLICY);
    assertThat(undo(output)).isEqualTo("vfio:override " + EDU + " vfio-pci");
    type(undo(output));
    expect(EDU, before);
    assertThat(EduProbe.service(context, VfioAdmin.class).device(EDU).override())
        .contains("vfio-pci");
    competitor.unregister();
    busy.work();
  }

  /** A driver of another name that does what {@code vfio-pci} does and takes over its state. */
  @SuppressWarnings("rawtypes")
  private ServiceRegistration<VfioBusDriver> competitor(String name) throws Exception {
    VfioBusDriver model = EduProbe.service(context, VfioBusDriver.class);
    assertThat(model.name()).isEqualTo("vfio-pci");
    VfioBusDriver competitor =
        (VfioBusDriver)
            Proxy.newProxyInstance(
                VfioBusDriver.class.getClassLoader(),
                new Class<?>[] {VfioBusDriver.class},
                (proxy, method, arguments) -> {
                  try {
                    return switch (method.getName()) {
                      case "name" -> name;
                      case "bid" -> 0;
                      case "equals" -> proxy == arguments[0];
                      default -> method.invoke(model, arguments);
                    };
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return context.registerService(
        VfioBusDriver.class, competitor, new Hashtable<>(Map.of(VfioBusDriver.BUS, "pci")));
  }

  @Test
  public void aFeatureUpdatesWhatDiffersAndRollbackGoesBack() throws Exception {
    String driver = inPlace(EDU);
    String backend = inPlace(CONTAINER);
    Path repository = folder.resolve("repository");
    for (String bundle : List.of("busbar.pci", "busbar.type1")) {
      Variants.inRepository(repository, bundle, "1.1.0");
    }
    context.installBundle(
        Variants.inRepository(repository, "busbar.model.mtty", "1.0.0").toUri().toString());
    Path feature =
        Files.writeString(
            folder.resolve("next.json"),
            """
            { "id": "busbar:next:1.1.0", "name": "next",
              "bundles": [ { "id": "busbar:busbar.pci:1.1.0" },
                           { "id": "busbar:busbar.type1:1.1.0" } ] }
            """);
    String command = "vfio:feature " + feature + " --repository " + repository;
    assertThat(type(command + " --dry-run"))
        .contains("update busbar.pci", "update busbar.type1", "uninstall busbar.model.mtty");
    assertThat(inPlace(EDU)).isEqualTo(driver);
    String output = type(command);
    assertThat(output).contains("done after");
    expect(EDU, "vfio-pci@1.1.0");
    assertThat(inPlace(CONTAINER)).endsWith("@1.1.0");
    assertDone(EDU, Way.UPDATE);
    assertDone(CONTAINER, Way.UPDATE);
    assertThat(type(undo(output))).contains("done after");
    expect(EDU, driver);
    expect(CONTAINER, backend);
    assertThat(Appliance.bundle(context, "busbar.model.mtty").getVersion()).hasToString("1.0.0");
  }

  @Test
  public void aFeatureWithADriverThatFailsLeavesTheClientWithTheOldOne() throws Exception {
    String driver = inPlace(EDU);
    Path repository = folder.resolve("repository");
    Variants.inRepository(repository, "busbar.type1", "1.1.0");
    Path broken = Variants.inRepository(repository, "busbar.pci", "1.1.0");
    BrokenJars.withoutTheClass(broken, "busbar/pci/VfioPciDriver.class");
    Path feature =
        Files.writeString(
            folder.resolve("broken.json"),
            """
            { "id": "busbar:broken:1.1.0", "name": "broken",
              "bundles": [ { "id": "busbar:busbar.type1:1.1.0" },
                           { "id": "busbar:busbar.pci:1.1.0" } ] }
            """);
    String output = type("vfio:feature " + feature + " --repository " + repository);
    assertThat(output).contains("vfio:feature: EIO: ").contains("everything is as it was");
    expect(EDU, driver);
    assertThat(inPlace(CONTAINER)).doesNotContain("1.1.0");
    assertThat(last("bundles").result()).isEqualTo(Result.KEPT);
  }

  @Test
  public void rollbackGoesBackToTheLastGoodSetAfterAnybodysUpdate() throws Exception {
    String driver = inPlace(EDU);
    String backend = inPlace(CONTAINER);
    type("vfio:good");
    update("busbar.pci", "1.0.1");
    update("busbar.type1", "1.0.1");
    install("busbar.pci", "1.0.2");
    type("vfio:swap " + EDU + " vfio-pci@1.0.2");
    expect(EDU, "vfio-pci@1.0.2");
    Bundle keeper = Appliance.bundle(context, "busbar.provision");
    keeper.stop();
    keeper.start();
    EduProbe.service(context, BundleSets.class);
    assertThat(type("vfio:rollback")).contains("undo: vfio:rollback ");
    expect(EDU, driver);
    expect(CONTAINER, backend);
    assertThat(type("vfio:rollback")).contains("nothing differs");
  }

  @Test
  public void aFileInTheDeployFolderComesBesideAndIsSwappedInByHand() throws Exception {
    String before = inPlace(EDU);
    Path deploy = deployFolder();
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    await(() -> !slot(EDU).others().isEmpty(), "the new one beside the old one");
    busy.work();
    assertThat(inPlace(EDU)).isEqualTo(before);
    type("vfio:swap " + EDU + " vfio-pci@1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    // the same file with another version: while it is exchanged, who stands by takes over
    Variants.write("busbar.pci", "1.0.2", deploy.resolve("pci.jar"));
    expect(EDU, before);
    assertDone(EDU, Way.UPDATE);
    await(() -> slot(EDU).others().toString().contains("1.0.2"), "the other version");
    type("vfio:swap " + EDU + " vfio-pci@1.0.2");
    expect(EDU, "vfio-pci@1.0.2");
    // taken away: who stands by takes over
    Files.delete(deploy.resolve("pci.jar"));
    expect(EDU, before);
  }

  @Test
  public void aFileInTheDeployFolderThatIsReplacedUpdatesItsBundleInPlace() throws Exception {
    Path deploy = deployFolder();
    policy(SwapPolicy.ALWAYS);
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.1");
    Appliance.bundle(context, "busbar.pci").uninstall();
    long id = Appliance.bundle(context, "busbar.pci").getBundleId();
    Variants.write("busbar.pci", "1.0.2", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.2");
    assertDone(EDU, Way.UPDATE);
    assertThat(Appliance.bundle(context, "busbar.pci").getBundleId()).isEqualTo(id);
  }

  @Test
  public void aFileInTheDeployFolderTakesOverByPolicyAlways() throws Exception {
    String name = slot(CONTAINER).current().name();
    Path deploy = deployFolder();
    policy(SwapPolicy.ALWAYS);
    Variants.write("busbar.type1", "1.0.1", deploy.resolve("type1.jar"));
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.POLICY);
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.POLICY);
  }

  @Test
  public void aFileOfAVersionThatRunsUpdatesTheBundleThatRunsAndTakesItAlong() throws Exception {
    Path deploy = deployFolder();
    Bundle running = Appliance.bundle(context, "busbar.pci");
    String version = running.getVersion().toString();
    long modified = running.getLastModified();
    Variants.write("busbar.pci", version, deploy.resolve("pci.jar"));
    await(() -> running.getLastModified() != modified, "the update");
    await(() -> running.getState() == Bundle.ACTIVE, "the start");
    expect(EDU, "vfio-pci@" + version);
    assertDone(EDU, Way.UPDATE);
    install("busbar.pci", "1.0.1");
    Files.delete(deploy.resolve("pci.jar"));
    await(() -> running.getState() == Bundle.UNINSTALLED, "the end of the bundle");
    expect(EDU, "vfio-pci@1.0.1");
  }

  private Path deployFolder() throws Exception {
    Appliance.bundle(context, "org.apache.felix.fileinstall").start();
    return Path.of(context.getProperty("felix.fileinstall.dir"));
  }
}
