package busbar.shell;

import busbar.api.admin.BundlePlan;
import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSets;
import busbar.api.swap.SwapRecord;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whole sets of bundles: which one was good, and how to get there. */
final class Provisioning {
  /** Shown to nobody: only so that all classes that show a record are there. */
  private static final SwapRecord NOTHING =
      new SwapRecord(
          0,
          Instant.EPOCH,
          "",
          "",
          SwapRecord.Way.UPDATE,
          "",
          "",
          "",
          List.of(new SwapRecord.Phase("", 0)),
          1,
          SwapRecord.Result.DONE,
          "",
          "");

  private Provisioning() {}

  /**
   * What a change did. Called once before it: the change may exchange this very bundle, and then
   * none of its classes can be loaded any more.
   */
  private static Outcome report(SwapRecord record) {
    Outcome outcome = new Outcome(record, Swapping.report(List.of(record)));
    Plain.of(outcome.model());
    return outcome;
  }

  private static List<String> numbers(Services services, int position) {
    return position == 1
        ? services.bundles().map(BundleSets::sets).orElse(List.of()).stream()
            .map(set -> String.valueOf(set.number()))
            .toList()
        : List.of();
  }

  private static Outcome show(BundlePlan plan) {
    List<String> lines = new ArrayList<>();
    lines.add(
        plan.target()
            + ": "
            + (plan.possible() ? "possible" : "not possible")
            + ": "
            + plan.because());
    plan.steps().forEach(step -> lines.add("  " + step));
    plan.findings().forEach(finding -> lines.add("  - " + finding));
    return new Outcome(plan, lines, plan.possible() ? 0 : 1);
  }

  @Command(
      name = "sets",
      description = {
        "Lists the sets of bundles that are remembered.",
        "The good one is where vfio:rollback leads. Example: vfio:sets 2"
      })
  static final class Sets extends VfioCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "NUMBER",
        description = "Only this one, with its bundles.")
    private Long number;

    @Override
    Outcome run(Services services) {
      List<BundleSet> sets =
          services.requireBundles().sets().stream()
              .filter(set -> number == null || set.number() == number)
              .toList();
      if (number == null) {
        Table table = new Table("SET", "TIME", "GOOD", "BUNDLES", "WHY");
        sets.forEach(
            set ->
                table.row(
                    set.number(),
                    Swapping.time(set.taken()),
                    set.good() ? "yes" : "-",
                    set.members().size(),
                    set.because()));
        return new Outcome(sets, table.lines("no set of bundles is remembered yet"));
      }
      Table table = new Table("BUNDLE", "VERSION", "STARTED", "CONTENT");
      sets.stream()
          .flatMap(set -> set.members().stream())
          .forEach(
              member ->
                  table.row(
                      member.symbolicName(),
                      member.version(),
                      member.started() ? "yes" : "no",
                      member.content().substring(0, Math.min(12, member.content().length()))));
      return new Outcome(sets, table.lines("no set has the number " + number));
    }

    @Override
    List<String> candidates(Services services, int position) {
      return numbers(services, position);
    }
  }

  @Command(
      name = "good",
      description = {
        "Says that the running set of bundles is good: vfio:rollback leads back to it.",
        "Example: vfio:good"
      })
  static final class Good extends VfioCommand {
    @Parameters(
        arity = "0..1",
        defaultValue = "0",
        paramLabel = "NUMBER",
        description = "A set that is remembered, instead of the running one.")
    private long number;

    @Override
    Outcome run(Services services) {
      BundleSets bundles = services.requireBundles();
      String undo = bundles.good().map(set -> "vfio:good " + set.number()).orElse("");
      BundleSet set = bundles.declareGood(number, Swapping.OPERATOR);
      return Outcome.change(
          "set %d is the good one (%d bundles)".formatted(set.number(), set.members().size()),
          undo);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return numbers(services, position);
    }
  }

  @Command(
      name = "rollback",
      description = {
        "Goes back to the last good set of bundles, or to another one, while clients go on.",
        "If a step fails, those before it are taken back. Example: vfio:rollback --dry-run"
      })
  static final class Rollback extends VfioCommand {
    @Parameters(
        arity = "0..1",
        defaultValue = "0",
        paramLabel = "NUMBER",
        description = "The set, as vfio:sets numbers them; the last good one if left out.")
    private long number;

    @Option(
        names = "--dry-run",
        description = "Only say what would happen; status 1 if it is not possible.")
    private boolean dryRun;

    @Override
    Outcome run(Services services) {
      BundleSets bundles = services.requireBundles();
      if (dryRun) {
        return show(bundles.planRestore(number));
      }
      report(NOTHING);
      return report(bundles.restore(number, Swapping.OPERATOR));
    }

    @Override
    List<String> candidates(Services services, int position) {
      return numbers(services, position);
    }
  }

  @Command(
      name = "feature",
      description = {
        "Makes the running bundles those of a feature file, while clients go on.",
        "What differs is updated in place, what is new installed, what is gone uninstalled last.",
        "Example: vfio:feature features/pc.json --dry-run"
      })
  static final class Feature extends VfioCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = "The feature file.")
    private Path file;

    @Option(
        names = "--repository",
        paramLabel = "DIR",
        description = "Where its bundles are; left out: where the appliance was started from.")
    private Path repository;

    @Option(
        names = "--dry-run",
        description = "Only say what would happen; status 1 if it is not possible.")
    private boolean dryRun;

    @Override
    Outcome run(Services services) {
      BundleSets bundles = services.requireBundles();
      if (dryRun) {
        return show(bundles.planFeature(file, repository));
      }
      report(NOTHING);
      return report(bundles.apply(file, repository, Swapping.OPERATOR));
    }
  }
}
