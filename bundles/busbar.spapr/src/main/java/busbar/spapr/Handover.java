package busbar.spapr;

import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTable;
import busbar.api.memory.AddressSpace;
import busbar.api.state.StateRecord;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A container's state on its way to the next version. Tables and groups are handles of the
 * hardware: they stay where they are, so DMA goes on. Registered memory is the process's and is
 * shared, not copied, since another container of the process may be on the other side still.
 */
final class Handover {
  static final int VERSION = 1;

  private Handover() {}

  static StateRecord save(TceContainer container) {
    Map<String, Object> values = new HashMap<>();
    container.containerLock.lock();
    try {
      values.put("v2", container.isV2());
      values.put("enabled", container.enabled);
      values.put("defaultWindowPending", container.defaultWindowPending);
      values.put("lockedPages", container.lockedPages);
      if (container.process != null) {
        values.put("process", container.process);
        values.put("registrations", container.registrations().maps());
      }
      values.put("groups", List.copyOf(container.groups));
      for (int number = 0; number < container.windows.length; number++) {
        Window window = container.windows[number];
        if (window != null) {
          values.put("table" + number, window.table());
          values.put("charged" + number, window.chargedPages());
        }
      }
      values.put("regions", container.regions.stream().map(Region::vaddr).toList());
    } finally {
      container.containerLock.unlock();
    }
    return new StateRecord(SpaprDriver.NAME, VERSION, values);
  }

  /** Takes a state over; a state that cannot be is refused before anything is changed. */
  static void restore(TceContainer fresh, StateRecord state) {
    state.expect(SpaprDriver.NAME, VERSION);
    boolean enabled = state.get("enabled", Boolean.class);
    AddressSpace process = state.optional("process", AddressSpace.class).orElse(null);
    long lockedPages = state.number("lockedPages");
    if (state.get("v2", Boolean.class) != fresh.isV2()
        || lockedPages < 0
        || enabled && process == null) {
      throw Errno.EINVAL.because(
          "the state is of the other version of the rules, or %d pages are charged to %s",
          lockedPages, process == null ? "nobody" : process.name());
    }
    boolean pending = state.get("defaultWindowPending", Boolean.class);
    List<IommuGroup> groups = state.list("groups", IommuGroup.class);
    Window[] windows = new Window[fresh.windows.length];
    Arrays.setAll(windows, number -> window(state, number));
    List<Long> starts = state.list("regions", Long.class);
    Registrations registrations = null;
    if (process != null) {
      List<Object> maps = state.list("registrations", Object.class);
      registrations = Registrations.shared(process, maps);
    } else if (!starts.isEmpty()) {
      throw Errno.EINVAL.because("the state has memory of no process");
    }
    Registrations memory = registrations;
    List<Region> regions = starts.stream().map(vaddr -> memory.at(vaddr)).toList();
    fresh.containerLock.lock();
    try {
      fresh.enabled = enabled;
      fresh.defaultWindowPending = pending;
      fresh.lockedPages = lockedPages;
      fresh.process = process;
      fresh.registrations = registrations;
      fresh.groups.addAll(groups);
      System.arraycopy(windows, 0, fresh.windows, 0, windows.length);
      fresh.regions.addAll(regions);
    } finally {
      fresh.containerLock.unlock();
    }
  }

  private static Window window(StateRecord state, int number) {
    return state
        .optional("table" + number, TceTable.class)
        .map(table -> new Window(table, state.number("charged" + number)))
        .orElse(null);
  }

  /** The container is somebody else's: lets go of everything without touching it. */
  static void forget(TceContainer container) {
    container.containerLock.lock();
    try {
      container.enabled = false;
      container.defaultWindowPending = false;
      container.lockedPages = 0;
      container.process = null;
      container.registrations = null;
      container.groups.clear();
      Arrays.fill(container.windows, null);
      container.regions.clear();
    } finally {
      container.containerLock.unlock();
    }
  }
}
