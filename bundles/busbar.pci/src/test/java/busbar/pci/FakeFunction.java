package busbar.pci;

import busbar.api.Errno;
import busbar.api.bus.ResetMethod;
import busbar.api.iommu.IommuGroup;
import busbar.api.irq.InterruptSource;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.LegacyVga;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciResource;
import busbar.api.pci.PciSavedState;
import busbar.api.pci.Sriov;
import busbar.api.pci.Vpd;
import busbar.machine.internal.irq.EdgeSource;
import busbar.machine.internal.irq.LineSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Hardware whose every configuration bit can be written, so that a test sees what gets through. */
final class FakeFunction implements PciDevice {
  final byte[] config;
  final List<PciResource> resources = new ArrayList<>();
  final Map<Integer, FakeWindow> windows = new HashMap<>();
  final Map<Integer, FakeLine> vectors = new HashMap<>();
  final Map<Integer, String> claims = new HashMap<>();
  final List<String> events = new ArrayList<>();
  final FakeLine line = new FakeLine();

  /** A pin of the machine's interrupt controller in place of {@link #line}. */
  LineSource pin;

  /** A message of the machine in place of all {@link #vectors}. */
  EdgeSource message;

  PciAddress address = PciAddress.parse("0000:00:06.0");
  IommuGroup group;
  PciDevice physical;
  Sriov sriov;
  Vpd vpd;
  FakeWindow rom;
  LegacyVga vga;
  HotReset hotReset = HotReset.NONE;
  List<PciDevice> scope = List.of(this);
  Errno resetFailure;
  Errno busResetFailure;
  boolean onRootBus = true;
  boolean maskable = true;
  boolean routed = true;
  boolean canAdd;
  int vectorLimit = 32;
  int power;
  MessageKind messages;
  Runnable errors;
  Runnable wakeups;

  FakeFunction(byte[] config) {
    this.config = config.clone();
  }

  /** A BAR of that size at an address of its own, also in its register. */
  FakeFunction withBar(int index, long size, long flags) {
    long start = 0xfe00_0000L + 0x100_0000L * index;
    resources.add(new PciResource(index, start, start + size - 1, flags));
    windows.put(index, new FakeWindow(start, size));
    return this;
  }

  int get(int at, int width) {
    return LittleEndian.get(config, at, width);
  }

  void put(int at, int width, int value) {
    LittleEndian.put(config, at, width, value);
  }

  /** INTx is asserted or not: the status bit, and the line as long as COMMAND lets it. */
  void assertIntx(boolean on) {
    put(6, 2, on ? get(6, 2) | 8 : get(6, 2) & ~8);
    updateLine();
  }

  private void updateLine() {
    boolean asserted = (get(6, 2) & 8) != 0;
    if (pin == null) {
      line.setLevel(asserted && !(maskable && (get(4, 2) & 0x400) != 0));
    } else {
      pin.drive(() -> (get(6, 2) & 8) != 0 && !(maskable && (get(4, 2) & 0x400) != 0));
    }
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public String name() {
    return address.toString();
  }

  @Override
  public String summary() {
    return "a function of a test";
  }

  @Override
  public Optional<IommuGroup> iommuGroup() {
    return Optional.ofNullable(group);
  }

  @Override
  public PciAddress address() {
    return address;
  }

  @Override
  public int configSize() {
    return config.length;
  }

  @Override
  public int readConfig(int offset, int width) {
    if (offset % width != 0) {
      throw new IllegalArgumentException(width + " bytes at " + offset);
    }
    return get(offset, width);
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    if (offset % width != 0) {
      throw new IllegalArgumentException(width + " bytes at " + offset);
    }
    put(offset, width, value);
    if (offset <= 5 && offset + width > 4) {
      updateLine();
    }
  }

  @Override
  public List<PciResource> resources() {
    return resources;
  }

  @Override
  public MmioWindow bar(int index) {
    return windows.get(index);
  }

  @Override
  public void claimBar(int index, String owner) {
    String other = claims.putIfAbsent(index, owner);
    if (other != null) {
      throw Errno.EBUSY.because("BAR %d is held by %s", index, other);
    }
  }

  @Override
  public void releaseBar(int index) {
    claims.remove(index);
  }

  @Override
  public Optional<MmioWindow> rom() {
    return Optional.ofNullable(rom);
  }

  @Override
  public Optional<LegacyVga> legacyVga() {
    return Optional.ofNullable(vga);
  }

  @Override
  public void enable() {
    writeConfig(4, 2, get(4, 2) | 3);
  }

  @Override
  public void disable() {
    writeConfig(4, 2, get(4, 2) & ~4);
  }

  @Override
  public int powerState() {
    return power;
  }

  @Override
  public void setPowerState(int state) {
    power = state;
  }

  @Override
  public PciSavedState saveState() {
    return new PciSavedState(config);
  }

  @Override
  public void restoreState(PciSavedState state) {
    System.arraycopy(state.config(), 0, config, 0, config.length);
    updateLine();
  }

  @Override
  public List<ResetMethod> resetMethods() {
    return resetFailure == null ? List.of(ResetMethod.FLR) : List.of();
  }

  @Override
  public void resetFunction() {
    events.add("reset");
    if (resetFailure != null) {
      throw resetFailure.because("no reset");
    }
    power = 0;
  }

  @Override
  public HotReset hotReset() {
    return hotReset;
  }

  @Override
  public List<PciDevice> hotResetScope() {
    return scope;
  }

  @Override
  public void resetBus() {
    events.add("bus reset");
    if (busResetFailure != null) {
      throw busResetFailure.because("no bus reset");
    }
    for (PciDevice member : scope) {
      ((FakeFunction) member).put(4, 2, 0);
      ((FakeFunction) member).power = 0;
    }
  }

  @Override
  public Optional<InterruptSource> intx() {
    InterruptSource source = pin == null ? line : pin;
    return routed ? Optional.of(source) : Optional.empty();
  }

  @Override
  public boolean intxMaskable() {
    return maskable;
  }

  @Override
  public int enableMessages(MessageKind kind, int count) {
    if (count <= vectorLimit) {
      messages = kind;
      for (int i = 0; i < count; i++) {
        vectors.put(i, new FakeLine());
      }
    }
    return Math.min(count, vectorLimit);
  }

  @Override
  public void allocateMessage(int vector) {
    vectors.put(vector, new FakeLine());
  }

  @Override
  public InterruptSource message(int vector) {
    return message == null ? vectors.get(vector) : message;
  }

  @Override
  public void rewriteMessage(int vector) {
    events.add("rewrite " + vector);
  }

  @Override
  public void disableMessages() {
    messages = null;
    vectors.clear();
  }

  @Override
  public boolean canAddMessages() {
    return canAdd;
  }

  @Override
  public Optional<Sriov> sriov() {
    return Optional.ofNullable(sriov);
  }

  @Override
  public Optional<PciDevice> physicalFunction() {
    return Optional.ofNullable(physical);
  }

  @Override
  public Optional<PciDevice> parentBridge() {
    return onRootBus ? Optional.empty() : Optional.of(this);
  }

  @Override
  public Vpd vpd() {
    return vpd;
  }

  @Override
  public void onError(Runnable listener) {
    errors = listener;
  }

  @Override
  public void onWakeup(Runnable listener) {
    wakeups = listener;
  }
}
