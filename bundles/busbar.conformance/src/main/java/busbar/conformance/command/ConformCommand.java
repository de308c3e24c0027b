package busbar.conformance.command;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.launcher.command.LaunchCommand;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import picocli.CommandLine;

/** {@code ./busbar conform PATH... [--kernel V] [--json FILE] [--diff] [--driver JAR]}. */
@Component(service = LaunchCommand.class, property = LaunchCommand.NAME + "=conform")
public final class ConformCommand implements LaunchCommand {
  private final BundleContext context;
  private final ConfigurationAdmin configurations;
  private final Vfio vfio;
  private final VfioAdmin admin;

  @Activate
  public ConformCommand(
      BundleContext context,
      @Reference ConfigurationAdmin configurations,
      @Reference Vfio vfio,
      @Reference VfioAdmin admin) {
    this.context = context;
    this.configurations = configurations;
    this.vfio = vfio;
    this.admin = admin;
  }

  @Override
  public int run(List<String> args, PrintStream out, PrintStream err) {
    try (FrameworkBenches benches = new FrameworkBenches(context, configurations, vfio, admin)) {
      return new CommandLine(new Conform(benches, new DriverBundles(context), out, err))
          .setOut(new PrintWriter(out, true))
          .setErr(new PrintWriter(err, true))
          .execute(args.toArray(String[]::new));
    }
  }
}
