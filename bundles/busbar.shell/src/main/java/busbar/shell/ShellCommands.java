package busbar.shell;

import busbar.api.admin.BundleSets;
import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import busbar.api.swap.SwapAdmin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;

/**
 * Puts the commands into Gogo, scope {@code vfio}: one function for each, and two for the shell's
 * profile ({@code vfio:help}, {@code vfio:completion}).
 */
@Component(service = ShellCommands.class, immediate = true)
public final class ShellCommands implements Services {
  private final List<ServiceRegistration<Function>> registrations = new ArrayList<>();
  private final VfioAdmin vfio;

  @Reference private volatile List<Iommu> iommus = List.of();

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile MdevAdmin mdev;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile SwapAdmin swaps;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile MigrationAdmin migrations;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile BundleSets bundles;

  @Activate
  public ShellCommands(BundleContext context, @Reference VfioAdmin vfio) {
    this.vfio = vfio;
    Commands commands = new Commands(this);
    for (String name : Commands.names()) {
      register(context, name, (session, arguments) -> run(commands, name, session, arguments));
    }
    register(context, "help", (session, arguments) -> help(commands, session, arguments));
    register(context, "completion", (session, arguments) -> defineCompletion(session));
    register(context, "candidates", (session, arguments) -> candidates(commands, arguments));
  }

  private void register(BundleContext context, String name, Function function) {
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("osgi.command.scope", "vfio");
    properties.put("osgi.command.function", new String[] {name});
    registrations.add(context.registerService(Function.class, function, properties));
  }

  @Deactivate
  void deactivate() {
    registrations.forEach(ServiceRegistration::unregister);
  }

  @Override
  public VfioAdmin vfio() {
    return vfio;
  }

  @Override
  public Optional<MdevAdmin> mdev() {
    return Optional.ofNullable(mdev);
  }

  @Override
  public List<Iommu> iommus() {
    return iommus;
  }

  @Override
  public Optional<MigrationAdmin> migrations() {
    return Optional.ofNullable(migrations);
  }

  @Override
  public Optional<SwapAdmin> swaps() {
    return Optional.ofNullable(swaps);
  }

  @Override
  public Optional<BundleSets> bundles() {
    return Optional.ofNullable(bundles);
  }

  private static Object run(
      Commands commands, String name, CommandSession session, List<Object> arguments) {
    int status = commands.run(name, texts(arguments), session.getConsole(), session.getConsole());
    session.put("?", status);
    return null;
  }

  private static Object help(Commands commands, CommandSession session, List<Object> arguments) {
    List<String> words = texts(arguments);
    String name = words.isEmpty() ? null : words.getFirst().replaceFirst("^vfio:", "");
    commands.help(name).forEach(session.getConsole()::println);
    return null;
  }

  /** Tells the line editor of this session what can follow each command. */
  private static Object defineCompletion(CommandSession session) throws Exception {
    for (String name : Commands.names()) {
      String command = "complete -c vfio:" + name + " ";
      session.execute(command + "-e");
      for (Map.Entry<String, String> option : Commands.options(name).entrySet()) {
        session.execute(
            command
                + "-l "
                + option.getKey()
                + " -d \""
                + option.getValue().replace("\"", "")
                + "\"");
      }
      session.execute(command + "-a 'vfio:candidates " + name + " ($.commandLine wordIndex)'");
    }
    return null;
  }

  private static Object candidates(Commands commands, List<Object> arguments) {
    List<String> words = texts(arguments);
    return commands.candidates(words.get(0), Integer.parseInt(words.get(1)));
  }

  private static List<String> texts(List<Object> arguments) {
    return Arrays.stream(arguments.toArray()).map(String::valueOf).toList();
  }
}
