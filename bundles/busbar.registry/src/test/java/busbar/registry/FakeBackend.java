package busbar.registry;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A backend that keeps a diary and refuses what a test wants it to refuse. */
class FakeBackend implements VfioIommuDriverOps<FakeBackend.Instance> {
  /** The command that it knows besides. */
  static final int PING = VfioHeader.VFIO_IOMMU_GET_INFO;

  /** One container. */
  static final class Instance {
    final List<IommuGroup> groups = new CopyOnWriteArrayList<>();
    volatile boolean released;
  }

  final List<String> diary;
  final List<String> violations = new CopyOnWriteArrayList<>();
  private final String name;
  private final Set<Integer> types;
  volatile Errno openError;
  volatile Errno attachError;
  volatile int attachErrorGroup = -1;
  volatile Consumer<Instance> onIoctl = instance -> {};
  volatile Runnable onAttach = () -> {};

  FakeBackend(String name, Set<Integer> types) {
    this(name, types, new CopyOnWriteArrayList<>());
  }

  FakeBackend(String name, Set<Integer> types, List<String> diary) {
    this.name = name;
    this.types = types;
    this.diary = diary;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String owner() {
    return "test";
  }

  @Override
  public Instance open(int type, Caller caller) {
    diary.add(name + " open " + type);
    if (openError != null) {
      throw openError.because("%s does not open", name);
    }
    return new Instance();
  }

  @Override
  public void release(Instance instance) {
    if (instance.released) {
      violations.add("two releases");
    }
    instance.released = true;
    diary.add(name + " release");
  }

  @Override
  public long ioctl(Instance instance, Caller caller, int command, MemorySegment argument) {
    if (command == VfioHeader.VFIO_CHECK_EXTENSION) {
      diary.add(name + " check " + Args.immediate(argument));
      long type = Args.immediate(argument);
      return type == (int) type && types.contains((int) type) ? 1 : 0;
    }
    if (instance.released) {
      violations.add("ioctl after release");
    }
    onIoctl.accept(instance);
    if (command == PING) {
      return 7;
    }
    throw Errno.ENOTTY.because("%s has no ioctl 0x%x", name, command);
  }

  @Override
  public void attachGroup(Instance instance, IommuGroup group, GroupType type) {
    if (attachError != null && (attachErrorGroup < 0 || attachErrorGroup == group.id())) {
      diary.add(name + " refuse " + group.id());
      throw attachError.because("%s does not take group %d", name, group.id());
    }
    instance.groups.add(group);
    diary.add(name + " attach " + group.id());
    onAttach.run();
  }

  @Override
  public void detachGroup(Instance instance, IommuGroup group) {
    if (!instance.groups.remove(group)) {
      violations.add("detach of a group that is not attached");
    }
    diary.add(name + " detach " + group.id());
  }
}
