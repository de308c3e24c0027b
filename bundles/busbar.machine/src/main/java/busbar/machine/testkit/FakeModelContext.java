package busbar.machine.testkit;

import busbar.api.time.Timing;
import busbar.api.time.VirtualTiming;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A context for one model under test: a plain configuration space, sparse memory that a test maps,
 * time that stands still until the test turns it, and a record of every interrupt.
 *
 * <p>Any thread, except that a test sets it up before the model runs.
 */
public final class FakeModelContext implements ModelContext {
  private final String model;
  private final Map<String, Object> properties = new HashMap<>();
  private final Map<Integer, Long> regions = new HashMap<>();
  private final Map<Integer, MemorySegment> regionMemory = new ConcurrentHashMap<>();
  private final byte[] config = new byte[4096];
  private final FakeMemory memory = new FakeMemory();
  private final Map<Integer, Level> lines = new ConcurrentHashMap<>();
  private final List<Level> lineChanges = new CopyOnWriteArrayList<>();
  private final List<Integer> messages = new CopyOnWriteArrayList<>();
  private final VirtualTiming virtualTime = new VirtualTiming();
  private Timing timing = virtualTime;
  private byte[] rom = new byte[0];
  private ByteOrder byteOrder = ByteOrder.LITTLE_ENDIAN;
  private volatile boolean messagesOn;

  public FakeModelContext(String model) {
    this.model = model;
  }

  /** Adds a region. */
  public FakeModelContext region(int number, long size) {
    regions.put(number, size);
    return this;
  }

  /** Adds a value of the description. */
  public FakeModelContext property(String name, Object value) {
    properties.put(name, value);
    return this;
  }

  /** Gives it an option ROM. */
  public FakeModelContext rom(byte[] contents) {
    rom = contents.clone();
    return this;
  }

  /** Sets the board's byte order. */
  public FakeModelContext boardByteOrder(ByteOrder order) {
    byteOrder = order;
    return this;
  }

  /** Lets real time pass instead of the test's. */
  public FakeModelContext timing(Timing real) {
    timing = real;
    return this;
  }

  /** Turns message interrupts on or off. */
  public FakeModelContext messages(Messages state) {
    messagesOn = state == Messages.ON;
    return this;
  }

  /** Whether message interrupts are on. */
  public enum Messages {
    ON,
    OFF
  }

  /** The memory that the device reaches. */
  public FakeMemory memory() {
    return memory;
  }

  /** The test's time. */
  public VirtualTiming virtualTime() {
    return virtualTime;
  }

  /** The level of a line now. */
  public Level line(int line) {
    return lines.getOrDefault(line, Level.LOW);
  }

  /** Levels that line 0 has taken, in order, without repetition. */
  public List<Level> lineChanges() {
    return List.copyOf(lineChanges);
  }

  /** Vectors of the messages sent so far. */
  public List<Integer> messages() {
    return List.copyOf(messages);
  }

  /** Forgets the messages sent so far. */
  public void forgetMessages() {
    messages.clear();
  }

  @Override
  public String name() {
    return "fake-" + model;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public Map<String, Object> properties() {
    return Map.copyOf(properties);
  }

  @Override
  public long regionSize(int region) {
    return regions.getOrDefault(region, 0L);
  }

  @Override
  public byte[] rom() {
    return rom.clone();
  }

  @Override
  public synchronized int config(int offset, int width) {
    int value = 0;
    for (int at = 0; at < width; at++) {
      value |= (config[offset + at] & 0xff) << (8 * at);
    }
    return value;
  }

  @Override
  public synchronized void setConfig(int offset, int width, int value) {
    for (int at = 0; at < width; at++) {
      config[offset + at] = (byte) (value >>> (8 * at));
    }
  }

  @Override
  public DmaPort dma() {
    return memory;
  }

  @Override
  public void setLine(int line, Level level) {
    Level before = lines.put(line, level);
    if (line == 0 && level != (before == null ? Level.LOW : before)) {
      lineChanges.add(level);
    }
  }

  @Override
  public boolean message(int vector) {
    if (messagesOn) {
      messages.add(vector);
    }
    return messagesOn;
  }

  @Override
  public boolean messagesEnabled() {
    return messagesOn;
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public ByteOrder boardByteOrder() {
    return byteOrder;
  }

  @Override
  public MemorySegment regionMemory(int region) {
    return regionMemory.computeIfAbsent(
        region, key -> Arena.ofAuto().allocate(regionSize(region), 4096));
  }
}
