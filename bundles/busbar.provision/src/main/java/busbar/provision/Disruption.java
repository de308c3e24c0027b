package busbar.provision;

import busbar.api.admin.BundlePlan.Action;
import busbar.api.client.Vfio;
import busbar.provision.Planner.Move;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Moves that cannot be made while others go on: who uses the classes of a bundle has to be started
 * anew with it, and its clients would lose what they hold.
 */
final class Disruption {
  /** How many are named. */
  private static final int MOST = 3;

  private Disruption() {}

  /** The end of a sentence about the first such move; null if there is none. */
  static String of(BundleContext context, Health health, List<Move> moves) {
    FrameworkWiring wiring =
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    Set<Bundle> gone =
        moves.stream()
            .filter(move -> move.action() == Action.UNINSTALL)
            .map(move -> move.now().bundle())
            .collect(Collectors.toSet());
    for (Move move : moves) {
      if (move.action() == Action.UPDATE || move.action() == Action.UNINSTALL) {
        Bundle bundle = move.now().bundle();
        if (holdsFiles(bundle) && !health.busy().isEmpty()) {
          return move.name() + " holds the open files of clients; start anew instead";
        }
        List<String> users =
            wiring.getDependencyClosure(List.of(bundle)).stream()
                .filter(user -> user != bundle && !gone.contains(user))
                .map(Bundle::getSymbolicName)
                .sorted()
                .toList();
        if (!users.isEmpty()) {
          return sentence(move.name(), users);
        }
      }
    }
    return null;
  }

  /** Whether it is the one bundle that is not handed over: what clients hold is in it. */
  private static boolean holdsFiles(Bundle bundle) {
    ServiceReference<?>[] services = bundle.getRegisteredServices();
    return services != null
        && Arrays.stream(services)
            .map(service -> (String[]) service.getProperty(Constants.OBJECTCLASS))
            .anyMatch(types -> Arrays.asList(types).contains(Vfio.class.getName()));
  }

  private static String sentence(String name, List<String> users) {
    String first = String.join(", ", users.subList(0, Math.min(MOST, users.size())));
    return "%s cannot be exchanged under those who use its classes (%s%s); start anew instead"
        .formatted(
            name, first, users.size() > MOST ? " and " + (users.size() - MOST) + " more" : "");
  }
}
