package busbar.registry;

import busbar.api.device.DeviceSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/** The sets of devices that share a reset domain. */
final class DeviceSets {
  private final Object setsLock = new Object();
  private final Map<Object, Members> sets = new HashMap<>();

  /** One set. Its lock is the one that serialises open, release and reset of the members. */
  static final class Members implements DeviceSet {
    private final Object id;
    private final ReentrantLock setLock = new ReentrantLock();
    private final List<DeviceObject> devices = new CopyOnWriteArrayList<>();

    private Members(Object id) {
      this.id = id;
    }

    @Override
    public Object id() {
      return id;
    }

    @Override
    public List<Member> members() {
      List<Member> members = new ArrayList<>();
      for (DeviceObject device : devices) {
        Binding<?> binding = device.binding();
        if (binding != null) {
          members.add(new Member(device, binding.entry().name(), binding.data()));
        }
      }
      return members;
    }

    @Override
    public int openCount() {
      return devices.stream().mapToInt(DeviceObject::openCount).sum();
    }

    @Override
    public ReentrantLock setLock() {
      return setLock;
    }
  }

  /** Puts a device into the set with the id, which is made if there is none. */
  Members join(Object id, DeviceObject device) {
    synchronized (setsLock) {
      Members set = sets.computeIfAbsent(id, Members::new);
      set.devices.add(device);
      return set;
    }
  }

  void leave(Members set, DeviceObject device) {
    synchronized (setsLock) {
      set.devices.remove(device);
      if (set.devices.isEmpty()) {
        sets.remove(set.id);
      }
    }
  }
}
