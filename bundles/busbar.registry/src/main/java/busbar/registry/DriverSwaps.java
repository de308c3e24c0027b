package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.MigrationState;
import busbar.api.state.HandoverOps;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Devices and the drivers that they could have: who is there, what a swap does, the swap. */
final class DriverSwaps {
  private final Devices devices;
  private final Drivers drivers;
  private final SwapRules rules;
  private final Journal journal;
  private final Departures departures;

  DriverSwaps(
      Devices devices, Drivers drivers, SwapRules rules, Journal journal, Departures departures) {
    this.devices = devices;
    this.drivers = drivers;
    this.rules = rules;
    this.journal = journal;
    this.departures = departures;
  }

  /** The device of that name, if a driver of VFIO has it. */
  Optional<DeviceEntry> find(String target) {
    return devices.all().stream()
        .filter(entry -> entry.name().equals(target) && entry.bound() instanceof VfioBound)
        .findFirst();
  }

  List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    for (DeviceEntry entry : devices.all()) {
      if (entry.bound() instanceof VfioBound bound) {
        slots.add(
            new Slot(
                entry.name(),
                Bridge.KIND,
                entry.hold() == null ? bound.driver().candidate : null,
                others(entry, bound.driver()).stream().map(driver -> driver.candidate).toList(),
                bound.object().isOpen()));
      }
    }
    return slots;
  }

  /** Who could take the device from its driver, the best first. */
  List<DriverEntry> others(DeviceEntry entry, DriverEntry now) {
    return drivers.of(entry.device.bus()).stream()
        .filter(driver -> driver != now && isAble(driver, entry))
        .toList();
  }

  private static boolean isAble(DriverEntry driver, DeviceEntry entry) {
    try {
      return driver.canTake(entry.device);
    } catch (VfioException e) {
      return false;
    }
  }

  private DriverEntry driver(DeviceEntry entry, Candidate wanted) {
    return drivers.of(entry.device.bus()).stream()
        .filter(driver -> driver.candidate.equals(wanted))
        .findFirst()
        .orElseThrow(
            () -> Errno.ENOENT.because("bus %s has no driver %s", entry.device.bus(), wanted));
  }

  private static VfioBound bound(DeviceEntry entry) {
    if (entry.bound() instanceof VfioBound bound) {
      return bound;
    }
    throw Errno.ENODEV.because("%s has no driver that could be replaced", entry.name());
  }

  SwapPlan plan(DeviceEntry entry, Candidate wanted) {
    VfioBound bound = bound(entry);
    DriverEntry to = driver(entry, wanted);
    List<DeviceEntry> members = members(entry, bound);
    List<String> findings = new ArrayList<>();
    Transfer transfer = transfer(bound, to);
    VfioException obstacle = null;
    for (DeviceEntry member : members) {
      VfioException one = obstacle(member, bound(member), to, findings);
      obstacle = obstacle == null ? one : obstacle;
    }
    if (members.size() > 1) {
      findings.add("its set is reset together, so all its devices of one driver are swapped");
    }
    return new SwapPlan(
        entry.name(),
        Bridge.KIND,
        bound.driver().candidate,
        to.candidate,
        members.stream().map(DeviceEntry::name).toList(),
        transfer,
        obstacle == null,
        obstacle == null ? sentence(transfer, to) : obstacle.because(),
        findings);
  }

  private static String sentence(Transfer transfer, DriverEntry to) {
    return switch (transfer) {
      case STATE -> to + " takes the state over; users notice a pause";
      case REOPEN ->
          to + " opens the device anew: files and mappings stay, interrupts have to be wired again";
      case NONE -> "nobody has it open";
    };
  }

  /** All that have to move with a device, by name. */
  private List<DeviceEntry> members(DeviceEntry entry, VfioBound bound) {
    return bound.object().set().members().stream()
        .map(member -> devices.of(member.device().parent()))
        .filter(
            member ->
                member != null
                    && member.bound() instanceof VfioBound other
                    && other.driver() == bound.driver())
        .sorted(Comparator.comparing(DeviceEntry::name))
        .toList();
  }

  private static Transfer transfer(VfioBound bound, DriverEntry to) {
    Optional<String> has = kind(bound.driver());
    if (has.isPresent() && has.equals(kind(to))) {
      return Transfer.STATE;
    }
    return bound.object().isOpen() ? Transfer.REOPEN : Transfer.NONE;
  }

  private static Optional<String> kind(DriverEntry driver) {
    return handing(driver).map(HandoverOps::stateKind);
  }

  private static Optional<HandoverOps<?>> handing(DriverEntry driver) {
    return driver.driver.capability(HandoverOps.class).map(ops -> (HandoverOps<?>) ops);
  }

  /** Why it cannot be done, as far as can be told without doing it; {@code null} if it can. */
  private static VfioException obstacle(
      DeviceEntry entry, VfioBound bound, DriverEntry to, List<String> findings) {
    if (bound.driver() == to) {
      return Errno.EINVAL.because("%s has %s already", entry.name(), to.candidate);
    }
    if (entry.isRemoving() || bound.object().killedBecause() != null) {
      return Errno.ENODEV.because("%s is being removed", entry.name());
    }
    if (entry.isHanging()) {
      return Errno.EBUSY.because("a driver hangs in an earlier swap of %s", entry.name());
    }
    if (to.hasDeparted()) {
      return Errno.ENODEV.because("%s is going away", to);
    }
    if (!isAble(to, entry)) {
      return Errno.ENODEV.because("%s cannot take %s", to, entry.name());
    }
    if (isMigrating(bound.object().binding())) {
      return Errno.EBUSY.because("%s is in the middle of a migration", entry.name());
    }
    return transfer(bound, to) == Transfer.STATE ? versions(bound.driver(), to, findings) : null;
  }

  private static <D> boolean isMigrating(Binding<D> binding) {
    try {
      return binding
          .migration()
          .filter(ops -> ops.migrationFlags(binding.data()) != 0)
          .filter(ops -> ops.state(binding.data()) != MigrationState.RUNNING)
          .isPresent();
    } catch (RuntimeException e) {
      throw Faults.of(e, binding.who(), "asked for its migration state");
    }
  }

  private static VfioException versions(DriverEntry from, DriverEntry to, List<String> findings) {
    int has = handing(from).orElseThrow().stateVersion();
    int takes = handing(to).orElseThrow().stateVersion();
    findings.add("the state has version " + has + ", " + to + " takes versions up to " + takes);
    return takes < has
        ? Errno.EINVAL.because(
            "%s takes states up to version %d, that of %s has version %d", to, takes, from, has)
        : null;
  }

  SwapRecord swap(DeviceEntry entry, Candidate wanted, Way way, String who) {
    DriverEntry to = driver(entry, wanted);
    if (entry.hold() != null) {
      return Swaps.done(departures.bridge().adopt(List.of(entry), to), entry.name());
    }
    List<DeviceEntry> turns = takeTurns(entry);
    try {
      return swap(entry, turns, to, way, who);
    } finally {
      turns.forEach(DeviceEntry::giveTurn);
    }
  }

  private List<DeviceEntry> takeTurns(DeviceEntry entry) {
    List<DeviceEntry> taken = new ArrayList<>();
    for (DeviceEntry member : members(entry, bound(entry))) {
      if (!member.tryTurn(rules.deadlineNanos())) {
        taken.forEach(DeviceEntry::giveTurn);
        throw Errno.EBUSY.because("another change of %s is under way", member.name());
      }
      taken.add(member);
    }
    return taken;
  }

  private SwapRecord swap(
      DeviceEntry entry, List<DeviceEntry> turns, DriverEntry to, Way way, String who) {
    VfioBound bound = bound(entry);
    SwapRecording recording =
        new SwapRecording(
            entry.name(), Bridge.KIND, way, who, bound.driver().candidate, to.candidate);
    VfioException failure = null;
    Result result = Result.KEPT;
    try {
      List<Handover> handovers = new ArrayList<>();
      for (DeviceEntry member : members(entry, bound)) {
        if (!turns.contains(member)) {
          throw Errno.EBUSY.because("%s came meanwhile", member.name());
        }
        VfioException obstacle = obstacle(member, bound(member), to, new ArrayList<>());
        if (obstacle != null) {
          throw obstacle;
        }
        VfioBound one = bound(member);
        handovers.add(Handover.between(member, one, to, transfer(one, to)));
      }
      DriverSwap.End end = new DriverSwap(handovers, to, recording, rules, departures).run();
      failure = end.failure();
      result = end.result();
    } catch (VfioException e) {
      failure = e;
    }
    if (failure != null) {
      journal.add(recording.end(result, failure.because(), ""));
      throw failure;
    }
    return journal.add(
        recording.end(
            Result.DONE,
            to + " took over",
            "vfio:swap "
                + entry.name()
                + " "
                + Swaps.word(bound.driver().candidate, to.candidate)));
  }
}
