package busbar.spapr;

import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTable;
import busbar.api.iommu.TceTableGroup;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A container's state on its way to the next version. Tables and groups are handles of the
 * hardware: they stay where they are, so DMA goes on.
 */
final class Handover {
  static final int VERSION = 1;

  private Handover() {}

  static StateRecord save(TceContainer container) {
    Map<String, Object> values = new HashMap<>();
    values.put("v2", container.isV2());
    values.put("enabled", container.enabled);
    values.put("defaultWindowPending", container.defaultWindowPending);
    values.put("lockedPages", container.lockedPages);
    if (container.process != null) {
      values.put("process", container.process);
    }
    values.put("groups", List.copyOf(container.groups));
    for (int number = 0; number < container.windows.length; number++) {
      Window window = container.windows[number];
      if (window != null) {
        values.put("table" + number, window.table());
        values.put("charged" + number, window.chargedPages());
      }
    }
    List<StateRecord> regions = new ArrayList<>();
    container.regions.forEach(region -> regions.add(save(region)));
    values.put("regions", regions);
    return new StateRecord(SpaprDriver.NAME, VERSION, values);
  }

  private static StateRecord save(Region region) {
    List<Long> runs = new ArrayList<>();
    for (Region.Run run : region.runs()) {
      runs.add(run.physical());
      runs.add(run.length());
    }
    return new StateRecord(
        "spapr-region",
        VERSION,
        Map.of(
            "vaddr",
            region.vaddr,
            "size",
            region.size,
            "pageShift",
            (long) region.pageShift,
            "used",
            (long) region.used,
            "mapped",
            region.mapped,
            "runs",
            runs));
  }

  static void restore(TceContainer fresh, StateRecord state) {
    state.expect(SpaprDriver.NAME, VERSION);
    if (state.get("v2", Boolean.class) != fresh.isV2()) {
      throw Errno.EINVAL.because("the state is of the other version of the rules");
    }
    fresh.enabled = state.get("enabled", Boolean.class);
    fresh.defaultWindowPending = state.get("defaultWindowPending", Boolean.class);
    fresh.lockedPages = state.number("lockedPages");
    fresh.process = (AddressSpace) state.values().get("process");
    fresh.groups.addAll(state.list("groups", IommuGroup.class));
    for (int number = 0; number < TceTableGroup.MAX_TABLES; number++) {
      if (state.values().get("table" + number) instanceof TceTable table) {
        fresh.windows[number] = new Window(table, state.number("charged" + number));
      }
    }
    for (StateRecord region : state.list("regions", StateRecord.class)) {
      fresh.regions.add(restore(region, fresh.process));
    }
  }

  private static Region restore(StateRecord state, AddressSpace process) {
    PhysicalMemory physical = process.physicalMemory();
    TreeMap<Long, Region.Run> runs = new TreeMap<>();
    List<Long> numbers = state.list("runs", Long.class);
    long offset = 0;
    for (int i = 0; i < numbers.size(); i += 2) {
      runs.put(offset, new Region.Run(numbers.get(i), numbers.get(i + 1)));
      offset += numbers.get(i + 1);
    }
    Region region =
        new Region(
            state.number("vaddr"),
            state.number("size"),
            (int) state.number("pageShift"),
            physical,
            runs);
    region.used = (int) state.number("used");
    region.mapped = state.number("mapped");
    return Registrations.of(process).adopt(region);
  }
}
