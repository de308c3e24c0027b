package busbar.load;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import busbar.api.time.Timing;
import busbar.launcher.command.LaunchCommand;
import java.io.PrintStream;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code ./busbar soak [--seconds N] [--seed N]}. */
@Component(service = LaunchCommand.class, property = LaunchCommand.NAME + "=soak")
public final class SoakCommand implements LaunchCommand {
  private final Place place;
  private final Timing timing;

  @Activate
  public SoakCommand(
      BundleContext context,
      @Reference Vfio vfio,
      @Reference VfioAdmin admin,
      @Reference SwapAdmin swaps,
      @Reference PhysicalMemory memory,
      @Reference Timing timing) {
    place = new Place(context, vfio, admin, swaps, memory);
    this.timing = timing;
  }

  /** What was typed. */
  @Command(name = "soak")
  static final class Arguments {
    @Option(names = "--seconds")
    long seconds = 600;

    @Option(names = "--seed")
    long seed = System.nanoTime();
  }

  @Override
  public int run(List<String> args, PrintStream out, PrintStream err) {
    Arguments arguments = new Arguments();
    try {
      new CommandLine(arguments).parseArgs(args.toArray(String[]::new));
      return new Soak(place, timing, out).run(arguments.seconds, arguments.seed) ? 0 : 1;
    } catch (ParameterException e) {
      err.println("busbar: soak: " + e.getMessage());
      return 2;
    } catch (BundleException e) {
      err.println("busbar: soak: " + e);
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }
}
