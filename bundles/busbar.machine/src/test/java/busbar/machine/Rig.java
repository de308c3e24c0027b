package busbar.machine;

import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciDevice;
import busbar.api.state.StateRecord;
import busbar.api.time.VirtualTiming;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The embedded PC with models of 64-bit registers that keep what is written. */
public final class Rig implements AutoCloseable {
  public final PhysicalMemory memory = new PhysicalMemory();
  public final VirtualTiming timing = new VirtualTiming();
  public final Machine machine;

  public Rig(DeviceModelFactory... factories) {
    this(MachineDescription.embedded(), factories);
  }

  public Rig(MachineDescription description, DeviceModelFactory... factories) {
    machine = new Machine(description, memory, timing, List.of(factories));
  }

  /** The PCI function with that name. */
  public PciDevice device(String name) {
    return machine.buses().getFirst().devices().stream()
        .filter(each -> each.name().equals(name))
        .map(PciDevice.class::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name));
  }

  /** Whether such a PCI function is on the bus. */
  public boolean has(String name) {
    return machine.buses().getFirst().devices().stream().anyMatch(each -> each.name().equals(name));
  }

  /** Returns when a thread waits for something. */
  public static void awaitWaiting(Thread thread) throws InterruptedException {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
  }

  @Override
  public void close() {
    machine.close();
  }

  /** Makes {@link Registers}, and keeps them by device name. */
  public static final class Factory implements DeviceModelFactory {
    private final Set<String> models;
    public final Map<String, Registers> made = new ConcurrentHashMap<>();

    public Factory(String... models) {
      this.models = Set.copyOf(Arrays.asList(models));
    }

    @Override
    public Set<String> models() {
      return models;
    }

    @Override
    public DeviceModel create(ModelContext context) {
      Registers model = new Registers(context);
      made.put(context.name(), model);
      return model;
    }
  }

  /** Memory-like registers; a reset clears them. */
  public static final class Registers implements DeviceModel {
    public final ModelContext context;
    private final Map<Long, Long> values = new HashMap<>();
    public volatile int resets;
    public volatile boolean closed;
    public final List<Integer> configWrites = new CopyOnWriteArrayList<>();

    Registers(ModelContext context) {
      this.context = context;
    }

    @Override
    public synchronized long read(int region, long offset, int width) {
      return values.getOrDefault((long) region << 40 | offset, 0L);
    }

    @Override
    public synchronized void write(int region, long offset, int width, long value) {
      values.put((long) region << 40 | offset, value);
    }

    @Override
    public void configWritten(int offset, int width) {
      configWrites.add(offset);
    }

    @Override
    public synchronized void reset() {
      values.clear();
      resets++;
    }

    @Override
    public synchronized StateRecord save() {
      Map<String, Object> saved = new HashMap<>();
      values.forEach((at, value) -> saved.put(Long.toHexString(at), value));
      return new StateRecord("registers", 1, saved);
    }

    @Override
    public synchronized void restore(StateRecord state) {
      state
          .expect("registers", 1)
          .values()
          .forEach((at, value) -> values.put(Long.parseLong(at, 16), (Long) value));
    }

    @Override
    public void resume() {}

    @Override
    public void close() {
      closed = true;
    }
  }
}
