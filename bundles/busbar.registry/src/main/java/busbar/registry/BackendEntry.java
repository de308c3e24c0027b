package busbar.registry;

import busbar.api.Caller;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.api.swap.Candidate;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;

/**
 * A backend while its service is there.
 *
 * @param <I> the backend's data of one container
 */
final class BackendEntry<I> {
  final VfioIommuDriverOps<I> ops;
  final int ranking;

  /** When it came, in the order of all that came. */
  final long age;

  /** Who it is for operators: with its bundle and version. */
  final Candidate candidate;

  private final String name;
  private volatile boolean departed;

  BackendEntry(VfioIommuDriverOps<I> ops, int ranking, long age, Candidate candidate) {
    this.ops = ops;
    this.ranking = ranking;
    this.age = age;
    this.candidate = candidate;
    this.name = ops.name();
  }

  String name() {
    return name;
  }

  void depart() {
    departed = true;
  }

  /** Whether its service is gone: what {@code try_module_get} asks. */
  boolean hasDeparted() {
    return departed;
  }

  /** Whether it is the one backend that may serve unprotected groups, and only those. */
  boolean servesNoIommu() {
    return name.equals(Backends.NO_IOMMU);
  }

  /** Whether the state of its containers can be carried to another. */
  boolean handsOver() {
    return ops instanceof HandoverOps<?>;
  }

  /** What it answers for an extension before any container has chosen it. */
  long checkExtension(Caller caller, MemorySegment extension) {
    return call(null, caller, VfioHeader.VFIO_CHECK_EXTENSION, extension);
  }

  I open(int type, Caller caller) {
    try {
      return ops.open(type, caller);
    } catch (Throwable t) {
      throw Faults.of(t, toString(), "opening type " + type);
    }
  }

  long call(I data, Caller caller, int command, MemorySegment argument) {
    long result;
    try {
      result = ops.ioctl(data, caller, command, argument);
    } catch (Throwable t) {
      throw Faults.of(t, argument, toString(), "in ioctl 0x" + Integer.toHexString(command));
    }
    if (result < 0) {
      throw Faults.lie(toString(), "asked for ioctl 0x" + Integer.toHexString(command), result);
    }
    return result;
  }

  void attach(I data, IommuGroup group, GroupType type) {
    try {
      ops.attachGroup(data, group, type);
    } catch (Throwable t) {
      throw Faults.of(t, toString(), "attaching group " + group.id());
    }
  }

  void detach(I data, IommuGroup group) {
    Faults.swallow(toString(), "detaching group " + group.id(), () -> ops.detachGroup(data, group));
  }

  void release(I data) {
    Faults.swallow(toString(), "releasing a container", () -> ops.release(data));
  }

  @Override
  public String toString() {
    return "backend " + name;
  }
}
