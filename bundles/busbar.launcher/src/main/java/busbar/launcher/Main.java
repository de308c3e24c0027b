package busbar.launcher;

import busbar.launcher.command.LaunchCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.feature.ID;

/**
 * Starts an appliance from a feature file and either keeps it running or runs one command in it.
 * Always ends the process itself: the framework's threads would keep it alive.
 */
public final class Main {

  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;

  private static final String DEPLOY_POLL_MILLIS = "500";

  private Main() {}

  /** Starts it; never returns. */
  public static void main(String[] arguments) {
    System.exit(statusOf(BootClock.start(), arguments));
  }

  private static int statusOf(BootClock clock, String[] arguments) {
    Options options;
    try {
      options = Options.parse(arguments);
      Console.logAt(options.logLevel());
    } catch (LaunchException e) {
      System.err.println("busbar: " + e.getMessage());
      return WRONG_USAGE;
    }
    try {
      return launch(clock, options);
    } catch (LaunchException e) {
      System.err.println("busbar: " + e.getMessage());
    } catch (InterruptedException e) {
      System.err.println("busbar: interrupted");
    } catch (Exception e) {
      System.err.println("busbar: " + options.command() + " failed: " + e);
      e.printStackTrace();
    }
    return FAILED;
  }

  private static int launch(BootClock clock, Options options) throws Exception {
    FeatureFile feature = FeatureFile.read(options.feature());
    List<Path> jars = jarsOf(feature, options);
    Configurations configurations = new Configurations(feature.configurations());
    Path machine = options.machine();
    if (machine != null) {
      configurations.withMachine(machine);
    }
    Path storage = Files.createTempDirectory("busbar-");
    try (Appliance appliance = Appliance.create(storage, properties(options, storage))) {
      Thread onInterrupt = new Thread(() -> stop(appliance, storage), "busbar-stop");
      Runtime.getRuntime().addShutdownHook(onInterrupt);
      appliance.start(jars, configurations);
      if (feature.ready() != null) {
        appliance.await(Object.class, feature.ready(), "the appliance", options.timeout());
      }
      return options.runs()
          ? keepRunning(clock, appliance, options)
          : runCommand(appliance, options);
    }
  }

  private static int keepRunning(BootClock clock, Appliance appliance, Options options)
      throws InterruptedException {
    System.err.println(
        "busbar: up in " + clock.elapsedMillis() + " ms, " + appliance.bundles() + " bundles");
    if (!options.bootOnly()) {
      appliance.awaitStop();
    }
    return 0;
  }

  private static int runCommand(Appliance appliance, Options options) throws Exception {
    String name = options.command();
    String filter =
        "(&(objectClass="
            + LaunchCommand.class.getName()
            + ")("
            + LaunchCommand.NAME
            + "="
            + name
            + "))";
    LaunchCommand command =
        appliance.await(LaunchCommand.class, filter, "the command " + name, options.timeout());
    return command.run(options.commandArguments(), System.out, System.err);
  }

  private static List<Path> jarsOf(FeatureFile feature, Options options) throws LaunchException {
    BundleRepository repository = new BundleRepository(options.repository());
    List<Path> jars = new ArrayList<>();
    boolean deploying = options.deploy() != null;
    if (deploying && !feature.canDeploy()) {
      throw new LaunchException(
          "feature " + feature.file() + " has no bundle that watches a folder");
    }
    for (ID id : feature.bundles(options.interactive(), deploying)) {
      jars.add(repository.locate(feature.file(), id));
    }
    jars.addAll(options.bundles());
    return jars;
  }

  /** Framework properties that bundles read. */
  private static Map<String, String> properties(Options options, Path storage)
      throws LaunchException {
    Map<String, String> properties = new HashMap<>();
    properties.put("busbar.repository", options.repository().toAbsolutePath().toString());
    properties.put("busbar.home", options.home().toAbsolutePath().toString());
    Path deploy = options.deploy();
    if (deploy != null) {
      // by properties: without them File Install would watch, and make, a folder of its own choice
      properties.put("felix.fileinstall.dir", deploy.toString());
      properties.put("felix.fileinstall.poll", DEPLOY_POLL_MILLIS);
      properties.put("felix.fileinstall.noInitialDelay", "true");
      properties.put("felix.fileinstall.tmpdir", storage.resolve("deploy").toString());
      properties.put("felix.fileinstall.enableConfigSave", "false");
      // what did not come from the folder is not started anew because of what did
      properties.put("felix.fileinstall.optionalImportRefreshScope", "managed");
      properties.put("felix.fileinstall.fragmentRefreshScope", "managed");
      properties.put("felix.fileinstall.log.default", "jul");
    }
    return properties;
  }

  private static void stop(Appliance appliance, Path storage) {
    appliance.close();
    try (var files = Files.walk(storage)) {
      files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(java.io.File::delete);
    } catch (IOException e) {
      System.err.println("busbar: " + storage + " was not deleted: " + LaunchException.reasonOf(e));
    }
  }
}
