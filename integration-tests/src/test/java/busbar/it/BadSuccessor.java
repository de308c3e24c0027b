package busbar.it;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.device.GroupType;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Somebody who wants to take over and fails in it: a driver, a backend, a device model. */
final class BadSuccessor {
  /** How it fails. */
  enum Fault {
    REFUSES(Errno.EINVAL),
    THROWS(Errno.EIO),
    HANGS(Errno.ETIMEDOUT),
    IS_OLDER(Errno.EINVAL),
    DISAPPEARS(Errno.ENODEV);

    /** What the operator is told. */
    final Errno errno;

    Fault(Errno errno) {
      this.errno = errno;
    }
  }

  private final Fault fault;
  private final AtomicInteger restores = new AtomicInteger();
  private volatile Runnable disappearing = () -> {};

  BadSuccessor(Fault fault) {
    this.fault = fault;
  }

  /** What it does to go in the middle. */
  void disappearing(Runnable action) {
    disappearing = action;
  }

  int restores() {
    return restores.get();
  }

  private void restore() {
    restores.incrementAndGet();
    switch (fault) {
      case REFUSES, IS_OLDER -> throw Errno.EINVAL.because("this state is not for me");
      case THROWS -> throw new IllegalStateException("expected by this test");
      case HANGS -> sleep(60_000);
      case DISAPPEARS -> {
        Thread.ofVirtual().start(disappearing);
        sleep(200);
      }
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private int version() {
    return fault == Fault.IS_OLDER ? 0 : 1_000;
  }

  /** State that it never has. */
  private abstract class Handing implements HandoverOps<Object> {
    @Override
    public int stateVersion() {
      return version();
    }

    @Override
    public StateRecord save(Object data) {
      return new StateRecord(stateKind(), 1, java.util.Map.of());
    }

    @Override
    public void restore(Object fresh, StateRecord state) {
      BadSuccessor.this.restore();
    }

    @Override
    public void resume(Object data) {}

    @Override
    public void forget(Object data) {}
  }

  VfioBusDriver<?> driver() {
    return new Driver();
  }

  private final class Driver extends Handing implements VfioBusDriver<Object> {
    @Override
    public String name() {
      return "vfio-pci";
    }

    @Override
    public String stateKind() {
      return "vfio-pci";
    }

    @Override
    public String bus() {
      return "pci";
    }

    @Override
    public int bid(BusDevice device) {
      return 0;
    }

    @Override
    public Object probe(BusDevice device, VfioDevice vfio) {
      return new Object();
    }

    @Override
    public void remove(Object device) {}

    @Override
    public void open(Object device, Caller caller) {}

    @Override
    public void release(Object device) {}
  }

  VfioIommuDriverOps<?> backend() {
    return new Backend();
  }

  private final class Backend extends Handing implements VfioIommuDriverOps<Object> {
    @Override
    public String name() {
      return "vfio-iommu-type1";
    }

    @Override
    public String stateKind() {
      return "vfio-iommu-type1";
    }

    @Override
    public String owner() {
      return "a test";
    }

    @Override
    public Object open(int type, Caller caller) {
      return new Object();
    }

    @Override
    public void release(Object iommu) {}

    @Override
    public long ioctl(Object iommu, Caller caller, int command, MemorySegment argument) {
      throw Errno.ENOTTY.because("nothing works here");
    }

    @Override
    public void attachGroup(Object iommu, IommuGroup group, GroupType type) {
      throw Errno.EINVAL.because("nothing works here");
    }

    @Override
    public void detachGroup(Object iommu, IommuGroup group) {}
  }

  DeviceModelFactory model() {
    return new Factory();
  }

  private final class Factory implements DeviceModelFactory {
    @Override
    public Set<String> models() {
      return Set.of("edu");
    }

    @Override
    public DeviceModel create(ModelContext context) {
      return new Model();
    }
  }

  private final class Model implements DeviceModel {
    @Override
    public long read(int region, long offset, int width) {
      return 0xbad;
    }

    @Override
    public void write(int region, long offset, int width, long value) {}

    @Override
    public void reset() {}

    @Override
    public StateRecord save() {
      throw Errno.EINVAL.because("there is no state");
    }

    @Override
    public void restore(StateRecord state) {
      BadSuccessor.this.restore();
    }

    @Override
    public void resume() {}

    @Override
    public void close() {}
  }
}
