package busbar.registry;

import busbar.api.VfioException;
import busbar.api.device.DeviceSet;
import busbar.api.device.GroupType;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import busbar.api.state.StateRecord;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;
import busbar.api.time.Timing;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bridges the gap between a driver whose service goes and its successor of the same name, as in an
 * update of a bundle: devices in use keep their state, and operations wait, for as long as the
 * grace period.
 */
final class Bridge {
  static final String KIND = "driver";

  private final Devices devices;
  private final Drivers drivers;
  private final SwapRules rules;
  private final Journal journal;
  private final Timing timing;
  private final Departures departures;

  Bridge(
      Devices devices,
      Drivers drivers,
      SwapRules rules,
      Journal journal,
      Timing timing,
      Departures departures) {
    this.devices = devices;
    this.drivers = drivers;
    this.rules = rules;
    this.journal = journal;
    this.timing = timing;
    this.departures = departures;
  }

  /**
   * A driver goes, and still can be called.
   *
   * @return whether its device is held; else the removal rules apply
   */
  boolean hold(DeviceEntry entry, VfioBound bound) {
    long grace = rules.graceNanos();
    if (grace == 0 || !isInUse(entry, bound.object())) {
      return false;
    }
    // all that are reset together stand still before the first of them is saved
    Map<DeviceEntry, Stillness> still = new LinkedHashMap<>();
    Map<DeviceEntry, SwapRecording> recordings = new LinkedHashMap<>();
    for (DeviceEntry member : departing(entry, bound)) {
      SwapRecording recording = recording(member, bound.driver());
      recording.closed();
      try {
        DeviceObject object = ((VfioBound) member.bound()).object();
        still.put(member, Stillness.of(List.of(object), rules.deadlineNanos()));
        recordings.put(member, recording);
      } catch (VfioException e) {
        journal.add(recording.end(Result.LOST, e.because(), ""));
      }
      recording.phase("drain");
    }
    recordings.forEach((member, recording) -> hold(member, recording, still.get(member), grace));
    return entry.hold() != null;
  }

  private static SwapRecording recording(DeviceEntry entry, DriverEntry driver) {
    return new SwapRecording(
        entry.name(),
        KIND,
        Way.UPDATE,
        "the service of " + driver.candidate + " went",
        driver.candidate,
        "?");
  }

  /** The device, and those of its set that its driver has as well. */
  private List<DeviceEntry> departing(DeviceEntry entry, VfioBound bound) {
    List<DeviceEntry> all = new ArrayList<>(List.of(entry));
    for (DeviceSet.Member member : bound.object().set().members()) {
      DeviceEntry other = devices.of(member.device().parent());
      if (other != null
          && other != entry
          && other.hold() == null
          && !other.isRemoving()
          && other.bound() instanceof VfioBound its
          && its.driver() == bound.driver()) {
        all.add(other);
      }
    }
    return all;
  }

  private void hold(DeviceEntry entry, SwapRecording recording, Stillness still, long grace) {
    VfioBound bound = (VfioBound) entry.bound();
    Optional<StateRecord> state;
    try {
      state = stateOf(bound.object());
    } catch (VfioException e) {
      still.end();
      journal.add(recording.end(Result.LOST, e.because(), ""));
      return;
    }
    recording.phase("save");
    Hold hold = new Hold(entry, bound, recording, state.orElse(null), still);
    entry.setHold(hold);
    bound.object().whenUnused(() -> giveUp(entry, "its last file is closed"));
    hold.until(
        timing.schedule(
            grace,
            () ->
                giveUp(
                    entry,
                    "no successor came within " + TimeUnit.NANOSECONDS.toMillis(grace) + " ms")));
  }

  private Optional<StateRecord> stateOf(DeviceObject object) {
    Binding<?> old = object.binding();
    try (BoundedCall calls =
        new BoundedCall("busbar-save-" + object.name(), rules.deadlineNanos())) {
      return calls.call(
          old.who() + " telling the state of " + object.name(),
          () -> {
            if (old.handsOver()) {
              return Optional.of(old.save());
            }
            object.quiesce(old);
            return Optional.empty();
          },
          () -> {});
    } catch (RuntimeException e) {
      throw Faults.of(e, old.who(), "telling the state of " + object.name());
    }
  }

  /** Whether anybody would notice if the device's driver went for a moment. */
  boolean isInUse(DeviceEntry entry, DeviceObject object) {
    boolean virtualFunctions =
        entry.device instanceof PciDevice pci
            && pci.sriov().map(Sriov::numVfs).filter(count -> count > 0).isPresent();
    // what software made keeps its state from user to user
    boolean mediated = object.groupType() == GroupType.EMULATED && object.binding().handsOver();
    return virtualFunctions
        || mediated
        || object.group().container() != null
        || object.set().openCount() > 0;
  }

  /** A driver came; every device that waits for it goes on before this returns, if it takes it. */
  void arrive(DriverEntry driver) {
    List<DeviceEntry> waiting =
        devices.all().stream()
            .filter(
                entry ->
                    entry.hold() != null
                        && !entry.isOrphan()
                        && entry.device.bus().equals(driver.bus())
                        && entry.hold().driver().name().equals(driver.name()))
            .toList();
    adopt(waiting, driver);
  }

  /** Gives held devices to a driver; the gates of all open together, since it may reset them so. */
  List<SwapRecord> adopt(List<DeviceEntry> waiting, DriverEntry driver) {
    List<Adoption> done = new ArrayList<>();
    List<SwapRecord> records = new ArrayList<>();
    for (DeviceEntry entry : waiting) {
      Hold hold = entry.hold();
      if (hold != null && !entry.isHanging() && hold.claim()) {
        Adoption adoption = new Adoption(hold, driver, rules, () -> retry(entry, driver));
        VfioException refusal = adoption.run();
        if (refusal == null) {
          done.add(adoption);
        } else {
          records.add(journal.add(adoption.refused(refusal)));
          String over = hold.unclaim();
          if (over != null) {
            giveUp(entry, over);
          }
        }
      }
    }
    for (Adoption adoption : done) {
      records.add(journal.add(adoption.end()));
    }
    done.forEach(Adoption::finish);
    if (driver.hasDeparted()) {
      waiting.forEach(entry -> departedAgain(entry, driver));
    }
    return records;
  }

  /** The successor went while it took over, and who saw it go may have found nothing to hold. */
  private void departedAgain(DeviceEntry entry, DriverEntry driver) {
    boolean turn = entry.tryTurn(rules.deadlineNanos());
    try {
      departures.driverGone(entry, driver);
    } finally {
      if (turn) {
        entry.giveTurn();
      }
    }
  }

  /**
   * Somebody who could take a held device over may be there already: when a driver that hung has
   * returned, when the device's bus is back.
   *
   * @param inVain who need not be asked again; may be {@code null}
   */
  void retry(DeviceEntry entry, DriverEntry inVain) {
    Hold hold = entry.hold();
    if (hold != null && !entry.isOrphan()) {
      drivers.of(entry.device.bus()).stream()
          .filter(other -> other != inVain && other.name().equals(hold.driver().name()))
          .findFirst()
          .ifPresent(other -> adopt(List.of(entry), other));
    }
  }

  /**
   * Nobody took over, or nobody needs it any more: the old driver lets the device go, and
   * operations fail from now on.
   */
  void giveUp(DeviceEntry entry, String why) {
    Hold hold = entry.hold();
    if (hold == null || !hold.claimToEnd(why)) {
      return;
    }
    DeviceObject object = hold.bound.object();
    if (hold.state != null) {
      resume(object);
    }
    String because = hold.driver() + " of " + entry.name() + " is gone: " + why;
    entry.setLostDriver(hold.driver().name());
    // who is told that the device is gone finds the record of it
    departures.lose(
        entry,
        because,
        () -> {
          journal.add(hold.recording.end(Result.LOST, because, ""));
          hold.end();
        });
  }

  private void resume(DeviceObject object) {
    Binding<?> old = object.binding();
    try (BoundedCall calls =
        new BoundedCall("busbar-resume-" + object.name(), rules.deadlineNanos())) {
      calls.call(
          old.who() + " going on with " + object.name(),
          () -> {
            old.resume();
            return null;
          },
          () -> {});
    } catch (RuntimeException e) {
      Faults.of(e, old.who(), "going on with " + object.name());
    }
  }

  /** Nobody new will come. */
  void close() {
    devices.all().forEach(entry -> giveUp(entry, "everything stops"));
  }
}
