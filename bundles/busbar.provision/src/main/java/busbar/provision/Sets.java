package busbar.provision;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.BundlePlan;
import busbar.api.admin.BundlePlan.Action;
import busbar.api.admin.BundlePlan.Step;
import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSet.Member;
import busbar.api.admin.BundleSets;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.provision.FeatureReader.Feature;
import busbar.provision.Planner.Move;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.osgi.framework.BundleContext;

/** The sets of bundles of one framework. One change at a time; a second one is refused. */
final class Sets implements BundleSets {
  /** Framework property: where the bundles of features are. Set by the launcher. */
  static final String REPOSITORY = "busbar.repository";

  /** Framework property: the folder with Busbar's own features below it. */
  static final String HOME = "busbar.home";

  private static final String KIND = "bundles";

  private final BundleContext context;
  private final Store store;
  private final Health health;
  private final Inventory inventory;
  private final UnaryOperator<SwapRecord> journal;
  private final String repository;
  private final ReentrantLock change = new ReentrantLock();

  Sets(
      BundleContext context,
      Store store,
      Health health,
      Inventory inventory,
      UnaryOperator<SwapRecord> journal,
      String repository) {
    this.context = context;
    this.store = store;
    this.health = health;
    this.inventory = inventory;
    this.journal = journal;
    this.repository = repository;
  }

  /** Where to, and by which moves; {@code set} is the number of the set, 0 if it is none. */
  private record Course(String target, long set, List<Move> moves, List<String> findings) {}

  @Override
  public List<BundleSet> sets() {
    return store.sets();
  }

  @Override
  public BundleSet declareGood(long number, String who) {
    BundleSet set = number == 0 ? store.keep(inventory.now(), "kept by " + who) : store.get(number);
    return store.good(set.number(), who + " said so");
  }

  @Override
  public BundlePlan planRestore(long number) {
    return plan(toSet(number));
  }

  @Override
  public SwapRecord restore(long number, String who) {
    return exclusively(() -> go(toSet(number), who));
  }

  @Override
  public BundlePlan planFeature(Path feature, Path from) {
    return plan(toFeature(feature, from));
  }

  @Override
  public SwapRecord apply(Path feature, Path from, String who) {
    return exclusively(() -> go(toFeature(feature, from), who));
  }

  /** Whether the bundles are on their way from one set to another. */
  boolean isChanging() {
    return change.isLocked();
  }

  private SwapRecord exclusively(java.util.function.Supplier<SwapRecord> work) {
    if (!change.tryLock()) {
      throw Errno.EBUSY.because("another change of bundles is under way");
    }
    try {
      return work.get();
    } finally {
      change.unlock();
    }
  }

  private Course toSet(long number) {
    BundleSet set = store.get(number);
    List<Wanted> wanted = new ArrayList<>();
    for (Member member : set.members()) {
      wanted.add(
          new Wanted(
              member.symbolicName(),
              member.version(),
              member.location(),
              member.startLevel(),
              member.started(),
              member.content(),
              store.jar(member.content()),
              false));
    }
    return course("set " + set.number(), set.number(), wanted, one -> true, new ArrayList<>());
  }

  private Course toFeature(Path file, Path from) {
    Path source = from == null ? defaultRepository() : from;
    Feature feature = FeatureReader.read(shipped(file), source);
    List<String> findings = new ArrayList<>();
    List<Running> running = inventory.now();
    Predicate<Running> ofFeatures = isIn(source).or(isIn(knownRepository()));
    Course course = course("feature " + feature.name(), 0, feature.bundles(), ofFeatures, findings);
    running.stream()
        .filter(one -> !ofFeatures.test(one))
        .filter(one -> feature.bundles().stream().noneMatch(each -> sameName(each, one)))
        .forEach(
            one ->
                findings.add(
                    "%s stays: it did not come from the repository"
                        .formatted(one.member().symbolicName())));
    feature
        .configurations()
        .forEach(pid -> findings.add("the configuration of " + pid + " stays as it is"));
    return course;
  }

  private static boolean sameName(Wanted wanted, Running one) {
    return wanted.symbolicName().equals(one.member().symbolicName());
  }

  private Course course(
      String target,
      long set,
      List<Wanted> wanted,
      Predicate<Running> removable,
      List<String> findings) {
    String own = context.getBundle().getSymbolicName();
    List<Move> moves = new ArrayList<>(Planner.moves(inventory.now(), wanted, removable));
    if (moves.removeIf(move -> move.name().equals(own))) {
      findings.add(own + " cannot exchange itself and stays as it is; update it by hand");
    }
    for (Move move : moves) {
      if (move.action() == Action.UNINSTALL || move.action() == Action.STOP) {
        for (String place : health.orphans(move.now().bundle())) {
          findings.add(
              "%s is in use: unless something new takes it over from %s, all is taken back"
                  .formatted(place, move.name()));
        }
      }
    }
    return new Course(target, set, moves, findings);
  }

  private Path shipped(Path file) {
    String home = context.getProperty(HOME);
    Path shipped = home == null ? file : Path.of(home, "features", file.getFileName() + ".json");
    return !Files.exists(file) && file.getNameCount() == 1 && Files.exists(shipped)
        ? shipped
        : file;
  }

  private Path knownRepository() {
    String path = repository.isEmpty() ? context.getProperty(REPOSITORY) : repository;
    return path == null || path.isEmpty() ? null : Path.of(path);
  }

  private Path defaultRepository() {
    Path known = knownRepository();
    if (known == null) {
      throw Errno.EINVAL.because(
          "it is not known where the bundles of features are: name a folder");
    }
    return known;
  }

  private static Predicate<Running> isIn(Path folder) {
    String prefix = folder == null ? null : folder.toAbsolutePath().normalize().toUri().toString();
    return one ->
        prefix != null
            && one.member().location().startsWith(prefix.endsWith("/") ? prefix : prefix + "/");
  }

  private BundlePlan plan(Course course) {
    String refusal = Disruption.of(context, health, course.moves());
    List<Step> steps =
        course.moves().stream()
            .map(
                move ->
                    new Step(
                        move.action(),
                        move.name(),
                        move.now() == null ? "" : move.now().member().version(),
                        move.then() == null ? "" : move.then().version(),
                        move.now() == null
                            ? move.then().location()
                            : move.now().member().location()))
            .toList();
    String because =
        refusal != null
            ? refusal
            : steps.isEmpty()
                ? "nothing differs"
                : "%d of %d running bundles are touched"
                    .formatted(
                        steps.stream().filter(step -> step.action() != Action.INSTALL).count(),
                        context.getBundles().length - 1);
    return new BundlePlan(course.target(), steps, refusal == null, because, course.findings());
  }

  private SwapRecord go(Course course, String who) {
    Instant begun = Instant.now();
    String refusal = Disruption.of(context, health, course.moves());
    if (refusal != null) {
      throw Errno.EBUSY.because("%s is not reached: %s", course.target(), refusal);
    }
    BundleSet before = store.keep(inventory.now(), "before " + course.target(), course.set());
    Ending ending = new Ending(course.target(), begun, who, "set " + before.number());
    if (course.moves().isEmpty()) {
      return ending.record(List.of(), Result.DONE, "nothing differs", "");
    }
    String undo = "vfio:rollback " + before.number();
    Transition transition = new Transition(context, health, store::jar);
    try {
      transition.run(course.moves());
    } catch (VfioException e) {
      journal.apply(ending.record(transition.phases(), Result.KEPT, e.because(), ""));
      throw e;
    } catch (IllegalStateException e) {
      journal.apply(ending.record(transition.phases(), Result.LOST, e.getMessage(), undo));
      throw Errno.EIO.because("%s (%s)", e.getMessage(), undo);
    }
    String because = course.moves().size() + " changes";
    return journal.apply(ending.record(transition.phases(), Result.DONE, because, undo));
  }

  /** What all records of one change have in common. */
  private record Ending(String target, Instant begun, String who, String from) {
    SwapRecord record(List<Phase> phases, Result result, String because, String undo) {
      return new SwapRecord(
          0, begun, KIND, KIND, Way.UPDATE, who, from, target, phases, 0, result, because, undo);
    }
  }
}
