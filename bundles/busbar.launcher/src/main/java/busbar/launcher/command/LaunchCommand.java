package busbar.launcher.command;

import java.io.PrintStream;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A command that runs once in a booted appliance and then ends it. Registered as a service with the
 * property {@value #NAME}; the launcher calls it from its main thread after the feature's bundles
 * have been started.
 */
@ConsumerType
public interface LaunchCommand {

  /**
   * Service property: the name of the command, a {@code String}, as typed after {@code ./busbar}.
   */
  String NAME = "busbar.command";

  /**
   * Runs the command.
   *
   * @param args what was typed after the command's name, without the launcher's own options
   * @param out for the results
   * @param err for messages to the person at the console
   * @return the exit status of the process: 0 worked, 1 did not, 2 wrong usage
   * @throws Exception what the command did not foresee; the launcher prints it and exits with
   *     status 1
   */
  int run(List<String> args, PrintStream out, PrintStream err) throws Exception;
}
