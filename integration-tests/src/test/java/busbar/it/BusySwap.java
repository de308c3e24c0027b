package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import javax.inject.Inject;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.junit.After;
import org.junit.Before;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** What tests of swaps share: a client that does not rest, and the operator beside it. */
public abstract class BusySwap {
  static final String EDU = EduProbe.EDU;
  static final String CONTAINER = "container";
  private static final long PATIENCE_MILLIS = 20_000;

  @Inject BundleContext context;
  SwapAdmin swaps;
  Path folder;
  BusyEdu busy;

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

  /** The place of the edu device, or of the client's container. */
  Slot slot(String target) {
    return swaps.slots().stream()
        .filter(slot -> slot.target().startsWith(target))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no place " + target + " in " + swaps.slots()));
  }

  String inPlace(String target) {
    Slot slot = slot(target);
    return slot.current() == null ? "(awaited)" : slot.current().toString();
  }

  void expect(String target, String candidate) throws Exception {
    await(() -> inPlace(target).equals(candidate), candidate + " in " + target);
    busy.work();
    assertThat(inPlace(target)).isEqualTo(candidate);
  }

  void await(BooleanSupplier condition, String what) throws InterruptedException {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (!condition.getAsBoolean()) {
      assertThat(System.currentTimeMillis())
          .as("%s; there are %s and %s", what, swaps.slots(), swaps.history())
          .isLessThan(end);
      Thread.sleep(5);
    }
  }

  /** The newest record of a place; who sees the new one in place may be ahead of it. */
  SwapRecord last(String target) throws InterruptedException {
    await(
        () -> swaps.history().stream().anyMatch(record -> record.target().startsWith(target)),
        "a record of " + target);
    return swaps.history().reversed().stream()
        .filter(record -> record.target().startsWith(target))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no record of " + target));
  }

  void assertDone(String target, Way way) throws InterruptedException {
    SwapRecord record = last(target);
    assertThat(record.result()).as("%s", record).isEqualTo(Result.DONE);
    assertThat(record.way()).as("%s", record).isEqualTo(way);
    assertThat(record.phases()).isNotEmpty();
    assertThat(record.pauseNanos()).isPositive();
  }

  Bundle install(String bundle, String version) throws Exception {
    Path jar = Variants.write(bundle, version, folder.resolve(bundle + "-" + version + ".jar"));
    Bundle installed = context.installBundle(jar.toUri().toString());
    installed.start();
    return installed;
  }

  void update(String bundle, String version) throws Exception {
    Path jar = Variants.write(bundle, version, folder.resolve("update.jar"));
    try (InputStream in = Files.newInputStream(jar)) {
      Appliance.bundle(context, bundle).update(in);
    }
  }

  void policy(SwapPolicy policy) {
    swaps.settings(swaps.settings().withPolicy(policy));
  }

  /** Types a line; what it printed. */
  String type(String line) throws Exception {
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
  static String undo(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("undo: "))
        .map(line -> line.substring("undo: ".length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no undo in " + output));
  }
}
