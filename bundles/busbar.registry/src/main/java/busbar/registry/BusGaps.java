package busbar.registry;

import busbar.api.VfioException;
import busbar.api.bus.Bus;
import busbar.api.bus.BusHandoverOps;
import busbar.api.state.StateRecord;
import busbar.api.time.Timing;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Bridges the gap between a bus whose service goes and its successor: devices in use stay known, so
 * that their files stay, until the next version of the bus shows them again.
 */
final class BusGaps {
  private static final System.Logger LOG = System.getLogger(BusGaps.class.getName());

  /** What a bus has left behind. */
  private record Gap(StateRecord state, List<DeviceEntry> orphans, Timing.Timer end) {}

  private final SwapRules rules;
  private final Timing timing;
  private final Bridge bridge;
  private final BiConsumer<DeviceEntry, String> vanish;
  private final Map<String, Gap> gaps = new ConcurrentHashMap<>();

  /**
   * @param vanish drops a device for which nobody came, with the reason
   */
  BusGaps(SwapRules rules, Timing timing, Bridge bridge, BiConsumer<DeviceEntry, String> vanish) {
    this.rules = rules;
    this.timing = timing;
    this.bridge = bridge;
    this.vanish = vanish;
  }

  /**
   * A bus goes.
   *
   * @param known its devices
   * @return those that wait for the next one; the others vanish
   */
  List<DeviceEntry> open(Bus bus, List<DeviceEntry> known) {
    long grace = rules.graceNanos();
    List<DeviceEntry> inUse =
        known.stream()
            .filter(
                entry ->
                    entry.bound() instanceof VfioBound bound
                        && !entry.isRemoving()
                        && bridge.isInUse(entry, bound.object()))
            .toList();
    if (grace == 0 || inUse.isEmpty() || !(bus instanceof BusHandoverOps ops)) {
      return List.of();
    }
    StateRecord state;
    try {
      state = ops.saveDevices();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "Bus " + bus.name() + " loses its devices", e);
      return List.of();
    }
    inUse.forEach(DeviceEntry::orphan);
    String name = bus.name();
    Timing.Timer end = timing.schedule(grace, () -> close(name, grace));
    gaps.put(name, new Gap(state, inUse, end));
    return inUse;
  }

  private void close(String name, long grace) {
    Gap gap = gaps.remove(name);
    if (gap != null) {
      String why =
          "bus "
              + name
              + " is gone, and no successor came within "
              + TimeUnit.NANOSECONDS.toMillis(grace)
              + " ms";
      lose(gap, why);
    }
  }

  private void lose(Gap gap, String why) {
    gap.orphans.stream().filter(DeviceEntry::isOrphan).forEach(e -> vanish.accept(e, why));
  }

  /** A bus came; what one of its name has left behind is its own now. */
  void fill(Bus bus) {
    Gap gap = gaps.get(bus.name());
    if (gap == null || !(bus instanceof BusHandoverOps ops)) {
      return;
    }
    try {
      ops.restoreDevices(gap.state.expect(ops.stateKind(), gap.state.version()));
      // devices that it cannot show yet, for their parents are missing, have until the end
    } catch (VfioException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "Bus {0} does not take its predecessor''s devices: {1}",
          bus.name(),
          e.because());
    }
  }

  /** A device was shown again. */
  void shown(DeviceEntry entry) {
    Gap gap = gaps.get(entry.device.bus());
    if (gap != null && gap.orphans.stream().noneMatch(DeviceEntry::isOrphan)) {
      gap.end.cancel();
      gaps.remove(entry.device.bus(), gap);
    }
    bridge.retry(entry, null);
  }

  /** Nobody new will come. */
  void close() {
    gaps.values()
        .forEach(
            gap -> {
              gap.end.cancel();
              lose(gap, "everything stops");
            });
    gaps.clear();
  }
}
