package busbar.shell;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapSettings;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Who is in a place, who could be, and the exchange of the two. */
final class Swapping {
  /** For the records: somebody at a shell. */
  static final String OPERATOR = "operator";

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private Swapping() {}

  static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }

  /** Microseconds below ten milliseconds, where pauses should be. */
  static String duration(long nanos) {
    return nanos < 10_000_000
        ? String.format(Locale.ROOT, "%.1f us", nanos / 1e3)
        : String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }

  private static List<String> targets(Services services) {
    List<Slot> slots = services.swaps().map(SwapAdmin::slots).orElse(List.of());
    Stream<String> backends =
        slots.stream()
            .filter(slot -> slot.kind().equals("backend"))
            .map(Slot::current)
            .filter(Objects::nonNull)
            .map(Candidate::name);
    return Stream.concat(slots.stream().map(Slot::target), backends).distinct().toList();
  }

  /** Lines about records: each with its phases, and how to take it back. */
  static List<String> report(List<SwapRecord> records) {
    List<String> lines = new ArrayList<>();
    for (SwapRecord record : records) {
      lines.add(
          "%s: %s -> %s, %s after %s: %s"
              .formatted(
                  record.target(),
                  record.from(),
                  record.to(),
                  Plain.of(record.result()),
                  duration(record.phases().stream().mapToLong(SwapRecord.Phase::nanos).sum()),
                  record.because()));
      if (record.pauseNanos() > 0) {
        lines.add("  pause %s".formatted(duration(record.pauseNanos())));
      }
      record.phases().forEach(p -> lines.add("  " + p.name() + " " + duration(p.nanos())));
    }
    records.reversed().stream()
        .map(SwapRecord::undo)
        .filter(undo -> !undo.isEmpty())
        .forEach(undo -> lines.add("undo: " + undo));
    return lines;
  }

  @Command(
      name = "slots",
      description = {
        "Lists every place in which a driver, backend or model can be exchanged.",
        "It shows who is there and who could be. Example: vfio:slots 0000:00:04.0"
      })
  static final class Slots extends VfioCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "TARGET",
        description = "Only this place: a device, a container, or a backend's name.")
    private String target;

    @Override
    Outcome run(Services services) {
      List<Slot> slots =
          services.requireSwaps().slots().stream().filter(slot -> fits(slot, target)).toList();
      if (target != null && slots.isEmpty()) {
        throw Errno.ENODEV.because("nothing can be exchanged at %s", target);
      }
      Table table = new Table("TARGET", "KIND", "IN PLACE", "OTHERS", "IN USE");
      for (Slot slot : slots) {
        table.row(
            slot.target(),
            slot.kind(),
            slot.current() == null ? "(awaited)" : slot.current(),
            slot.others().isEmpty()
                ? "-"
                : String.join(" ", slot.others().stream().map(Candidate::toString).toList()),
            slot.inUse() ? "yes" : "no");
      }
      return new Outcome(slots, table.lines("no driver, backend or model is in a place"));
    }

    private static boolean fits(Slot slot, String target) {
      return target == null
          || slot.target().equals(target)
          || slot.kind().equals("backend")
              && slot.current() != null
              && slot.current().name().equals(target);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1 ? targets(services) : List.of();
    }
  }

  @Command(
      name = "swap",
      description = {
        "Exchanges a driver, backend or model while it is in use.",
        "Its users notice a pause. If the new one fails, the old one goes on.",
        "Example: vfio:swap 0000:00:04.0 vfio-pci@1.0.1 --dry-run"
      })
  static final class Swap extends VfioCommand {
    @Parameters(
        index = "0",
        paramLabel = "TARGET",
        description = "A device, a container, or a backend's name for all that chose it.")
    private String target;

    @Parameters(
        index = "1",
        paramLabel = "NEW",
        description =
            "Who takes over: the name of a driver, backend or model, or of its bundle, either with"
                + " @VERSION, or '#ID' with the bundle's number.")
    private String successor;

    @Option(
        names = "--dry-run",
        description = "Only say what would happen; status 1 if it is not possible.")
    private boolean dryRun;

    @Override
    Outcome run(Services services) {
      SwapAdmin swaps = services.requireSwaps();
      if (dryRun) {
        return show(swaps.plan(target, successor));
      }
      List<SwapRecord> records = swaps.swap(target, successor, OPERATOR);
      return new Outcome(
          records, records.isEmpty() ? List.of(target + " is in no place now") : report(records));
    }

    private Outcome show(List<SwapPlan> plans) {
      List<String> lines = new ArrayList<>();
      for (SwapPlan plan : plans) {
        lines.add(
            "%s (%s): %s -> %s".formatted(plan.target(), plan.kind(), plan.from(), plan.to()));
        lines.add("  " + (plan.possible() ? "possible" : "not possible") + ": " + plan.because());
        lines.add("  places: " + String.join(" ", plan.places()));
        lines.add("  state: " + how(plan.transfer()));
        plan.findings().forEach(finding -> lines.add("  - " + finding));
      }
      if (plans.isEmpty()) {
        lines.add(target + " is in no place now: nothing would happen");
      }
      boolean possible = plans.stream().allMatch(SwapPlan::possible);
      return new Outcome(plans, lines, possible ? 0 : 1);
    }

    private static String how(SwapPlan.Transfer transfer) {
      return switch (transfer) {
        case STATE -> "handed over; users notice a pause";
        case REOPEN -> "released and opened again; users wire interrupts anew";
        case NONE -> "none: nobody uses the place";
      };
    }

    @Override
    List<String> candidates(Services services, int position) {
      return switch (position) {
        case 1 -> targets(services);
        case 2 ->
            services.swaps().map(SwapAdmin::slots).orElse(List.of()).stream()
                .flatMap(slot -> slot.others().stream())
                .map(Candidate::toString)
                .distinct()
                .toList();
        default -> List.of();
      };
    }
  }

  @Command(
      name = "swaps",
      description = {
        "Lists what swaps did, oldest first.",
        "Examples: vfio:swaps 5; vfio:swaps --number 7"
      })
  static final class Records extends VfioCommand {
    @Parameters(arity = "0..1", paramLabel = "N", description = "Only the last N.")
    private Integer last;

    @Option(
        names = "--number",
        paramLabel = "NUMBER",
        description = "Only this one, with its phases.")
    private Long number;

    @Override
    Outcome run(Services services) {
      List<SwapRecord> records = services.requireSwaps().history();
      if (number != null) {
        return one(records);
      }
      if (last != null) {
        records = records.subList(Math.max(0, records.size() - Math.max(0, last)), records.size());
      }
      Table table =
          new Table(
              "NO", "TIME", "TARGET", "KIND", "WAY", "WHO", "FROM", "TO", "PAUSE", "RESULT", "WHY");
      for (SwapRecord record : records) {
        table.row(
            record.number(),
            time(record.begun()),
            record.target(),
            record.kind(),
            Plain.of(record.way()),
            record.who(),
            record.from(),
            record.to(),
            duration(record.pauseNanos()),
            Plain.of(record.result()),
            record.because());
      }
      return new Outcome(records, table.lines("nothing was swapped"));
    }

    private Outcome one(List<SwapRecord> records) {
      SwapRecord record =
          records.stream()
              .filter(candidate -> candidate.number() == number)
              .findFirst()
              .orElseThrow(() -> Errno.ENOENT.because("no record has the number %d", number));
      List<String> lines = new ArrayList<>();
      lines.add(
          "%d: %s, %s, %s, asked by %s"
              .formatted(
                  record.number(),
                  time(record.begun()),
                  record.kind(),
                  Plain.of(record.way()),
                  record.who()));
      lines.addAll(report(List.of(record)));
      return new Outcome(record, lines);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return List.of();
    }
  }

  @Command(
      name = "policy",
      description = {
        "Shows or changes what happens when a better driver, backend or model appears.",
        "Example: vfio:policy always --deadline 500"
      })
  static final class Policy extends VfioCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "POLICY",
        description =
            "manual: nothing, you swap; on-idle: it takes over when nobody uses the place; always:"
                + " at once.")
    private String policy;

    @Option(
        names = "--grace",
        paramLabel = "MILLIS",
        description = "How long operations wait for the successor of somebody who has gone.")
    private Long grace;

    @Option(
        names = "--deadline",
        paramLabel = "MILLIS",
        description = "How long each part of a swap may take before it is called off.")
    private Long deadline;

    @Override
    Outcome run(Services services) {
      SwapAdmin swaps = services.requireSwaps();
      SwapSettings before = swaps.settings();
      if (policy == null && grace == null && deadline == null) {
        return new Outcome(before, List.of(sentence(before)));
      }
      SwapSettings after =
          new SwapSettings(
              grace == null ? before.graceMillis() : grace,
              deadline == null ? before.deadlineMillis() : deadline,
              policy == null ? before.policy() : parse(policy));
      swaps.settings(after);
      return Outcome.change(
          sentence(after),
          "vfio:policy %s --grace %d --deadline %d"
              .formatted(Plain.of(before.policy()), before.graceMillis(), before.deadlineMillis()));
    }

    private static SwapPolicy parse(String text) {
      for (SwapPolicy known : SwapPolicy.values()) {
        if (text.equalsIgnoreCase(String.valueOf(Plain.of(known)))) {
          return known;
        }
      }
      throw Errno.EINVAL.because("no policy is called %s: manual, on-idle or always", text);
    }

    private static String sentence(SwapSettings settings) {
      return "policy %s, grace %d ms, deadline %d ms"
          .formatted(
              Plain.of(settings.policy()), settings.graceMillis(), settings.deadlineMillis());
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1 ? List.of("manual", "on-idle", "always") : List.of();
    }
  }
}
