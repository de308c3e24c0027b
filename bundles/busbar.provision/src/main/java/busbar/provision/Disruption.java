package busbar.provision;

import busbar.api.admin.BundlePlan.Action;
import busbar.provision.Planner.Move;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Moves that cannot be made while others go on: who uses the classes of a bundle has to be started
 * anew with it, and its clients would lose what they hold.
 */
final class Disruption {
  private Disruption() {}

  /** The end of a sentence about the first such move; null if there is none. */
  static String of(List<Move> moves) {
    Set<Bundle> gone =
        moves.stream()
            .filter(move -> move.action() == Action.UNINSTALL)
            .map(move -> move.now().bundle())
            .collect(Collectors.toSet());
    for (Move move : moves) {
      if (move.action() == Action.UPDATE || move.action() == Action.UNINSTALL) {
        Set<String> users = users(move.now().bundle(), gone);
        if (!users.isEmpty()) {
          return "%s cannot be exchanged under those who use its classes (%s); start the appliance"
              .formatted(move.name(), String.join(", ", users))
              .concat(" anew instead");
        }
      }
    }
    return null;
  }

  private static Set<String> users(Bundle bundle, Set<Bundle> gone) {
    Set<String> users = new TreeSet<>();
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    if (wiring == null) {
      return users;
    }
    for (BundleWire wire : wiring.getProvidedWires(null)) {
      Bundle user = wire.getRequirer().getBundle();
      if (user != bundle && !gone.contains(user)) {
        users.add(user.getSymbolicName());
      }
    }
    return users;
  }
}
