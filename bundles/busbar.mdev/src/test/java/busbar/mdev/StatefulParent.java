package busbar.mdev;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A parent whose children are one byte that is read and written, and handed over. */
final class StatefulParent
    implements MdevParent<StatefulParent.Child>, HandoverOps<StatefulParent.Child> {
  /** One child. */
  static final class Child {
    final String uuid;
    volatile byte value;

    Child(String uuid) {
      this.uuid = uuid;
    }
  }

  final Set<String> live = ConcurrentHashMap.newKeySet();
  private final int max;
  private final String description;
  volatile RuntimeException onCreate;
  volatile RuntimeException onRestore;

  StatefulParent(int max, String description) {
    this.max = max;
    this.description = description;
  }

  @Override
  public String name() {
    return "byte";
  }

  @Override
  public String path() {
    return "class/byte/byte";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return List.of(new MdevType("byte-1", "A byte", description));
  }

  @Override
  public int maxInstances() {
    return max;
  }

  @Override
  public Child create(MdevType type, String uuid, VfioDevice vfio) {
    if (onCreate != null) {
      throw onCreate;
    }
    if (!type.description().equals(description)) {
      throw new AssertionError(type + " is not a type of this parent");
    }
    live.add(uuid);
    return new Child(uuid);
  }

  @Override
  public void remove(Child child) {
    live.remove(child.uuid);
  }

  @Override
  public void open(Child child, Caller caller) {}

  @Override
  public void release(Child child) {}

  @Override
  public int read(Child child, Caller caller, MemorySegment buffer, long offset) {
    buffer.set(ValueLayout.JAVA_BYTE, 0, child.value);
    return 1;
  }

  @Override
  public int write(Child child, Caller caller, MemorySegment buffer, long offset) {
    child.value = buffer.get(ValueLayout.JAVA_BYTE, 0);
    return 1;
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  @Override
  public String stateKind() {
    return "byte";
  }

  @Override
  public StateRecord save(Child child) {
    return new StateRecord("byte", 1, Map.of("value", (long) child.value));
  }

  @Override
  public void restore(Child fresh, StateRecord state) {
    if (onRestore != null) {
      throw onRestore;
    }
    fresh.value = (byte) state.expect("byte", 1).number("value");
  }

  @Override
  public void resume(Child child) {}

  @Override
  public void forget(Child child) {}

  static RuntimeException refusing() {
    return Errno.ENOSPC.because("nothing is left");
  }
}
