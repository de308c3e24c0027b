package busbar.mdev;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.DmaUnmapOps;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A parent whose children are their UUIDs. */
class FakeParent implements MdevParent<FakeParent.Child> {
  static final MdevType SMALL = new MdevType("fake-small", "Small", "");
  static final MdevType LARGE = new MdevType("fake-large", "Large", "with a description");

  /** The data of one child. */
  record Child(String uuid, FakeParent parent) {}

  final Set<String> live = ConcurrentHashMap.newKeySet();
  final AtomicInteger mostLive = new AtomicInteger();
  private final String name;
  private final int max;
  List<MdevType> types = List.of(SMALL, LARGE);
  volatile Errno refusal;
  volatile boolean fails;

  FakeParent(String name, int max) {
    this.name = name;
    this.max = max;
  }

  FakeParent(int max) {
    this("fake", max);
  }

  /** One that takes unmaps besides. */
  static final class WithUnmaps extends FakeParent implements DmaUnmapOps<Child> {
    WithUnmaps() {
      super(0);
    }

    @Override
    public void dmaUnmap(Child device, long iova, long length) {}
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String path() {
    return "class/" + name + "/" + name;
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return types;
  }

  @Override
  public int maxInstances() {
    return max;
  }

  @Override
  public int availableInstances(MdevType type) {
    return 100 - live.size();
  }

  @Override
  public Child create(MdevType type, String uuid, VfioDevice vfio) {
    if (fails) {
      throw new IllegalStateException("a bug");
    }
    if (refusal != null) {
      throw refusal.because("the parent refuses %s", uuid);
    }
    if (!live.add(uuid)) {
      throw new AssertionError(uuid + " is made twice");
    }
    mostLive.accumulateAndGet(live.size(), Math::max);
    return new Child(uuid, this);
  }

  @Override
  public void remove(Child device) {
    if (!live.remove(device.uuid())) {
      throw new AssertionError(device.uuid() + " is removed twice");
    }
  }

  @Override
  public void open(Child device, Caller caller) {}

  @Override
  public void release(Child device) {}
}
