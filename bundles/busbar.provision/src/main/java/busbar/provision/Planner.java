package busbar.provision;

import busbar.api.admin.BundlePlan.Action;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Compares what runs with what is to run.
 *
 * <p>A bundle that is wanted is the running one of its location, else one of its symbolic name, of
 * the same content if there is one: it is updated in place, so that its successor is there as soon
 * as it can be. Order: what is new is installed and started, then updates, then what stops, and
 * what is gone goes last, in the reverse order of its coming: at no time is less there than in the
 * poorer of the two sets.
 */
final class Planner {
  /**
   * Something to do.
   *
   * @param now the running bundle; null: install
   * @param then what is to run; null: uninstall
   */
  record Move(Action action, Running now, Wanted then) {
    String name() {
      return now == null ? then.symbolicName() : now.member().symbolicName();
    }
  }

  private final List<Running> running;
  private final Predicate<Running> removable;
  private final Map<Wanted, Running> pairs = new LinkedHashMap<>();
  private final Set<Running> taken = new HashSet<>();

  private Planner(List<Running> running, Predicate<Running> removable) {
    this.running = running;
    this.removable = removable;
  }

  /**
   * The moves, in their order.
   *
   * @param removable whether a running bundle that nobody wants is to go
   */
  static List<Move> moves(
      List<Running> running, List<Wanted> wanted, Predicate<Running> removable) {
    Planner planner = new Planner(running, removable);
    planner.pair(wanted, (now, then) -> now.member().location().equals(then.location()));
    planner.pair(wanted, (now, then) -> sameName(now, then) && sameContent(now, then));
    planner.pair(
        wanted,
        (now, then) -> sameName(now, then) && now.member().version().equals(then.version()));
    planner.pair(wanted, Planner::sameName);
    return planner.moves(wanted);
  }

  private static boolean sameName(Running now, Wanted then) {
    return now.member().symbolicName().equals(then.symbolicName());
  }

  private static boolean sameContent(Running now, Wanted then) {
    return now.member().content().equals(then.content());
  }

  private void pair(List<Wanted> wanted, BiPredicate<Running, Wanted> fits) {
    for (Wanted then : wanted) {
      if (!pairs.containsKey(then)) {
        running.stream()
            .filter(now -> !taken.contains(now) && fits.test(now, then))
            .findFirst()
            .ifPresent(
                now -> {
                  pairs.put(then, now);
                  taken.add(now);
                });
      }
    }
  }

  private List<Move> moves(List<Wanted> wanted) {
    List<Move> moves = new ArrayList<>();
    for (Wanted then : wanted) {
      if (!pairs.containsKey(then) && !then.optional()) {
        moves.add(new Move(Action.INSTALL, null, then));
      }
    }
    List<Move> starts = new ArrayList<>();
    List<Move> stops = new ArrayList<>();
    for (Wanted then : wanted) {
      Running now = pairs.get(then);
      if (now == null) {
        continue;
      }
      if (!sameContent(now, then)) {
        moves.add(new Move(Action.UPDATE, now, then));
      }
      if (now.member().started() != then.started() && !then.optional()) {
        (then.started() ? starts : stops)
            .add(new Move(then.started() ? Action.START : Action.STOP, now, then));
      }
    }
    moves.addAll(starts);
    moves.addAll(stops);
    for (Running now : running.reversed()) {
      if (!taken.contains(now) && removable.test(now)) {
        moves.add(new Move(Action.UNINSTALL, now, null));
      }
    }
    return moves;
  }
}
