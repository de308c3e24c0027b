package busbar.spapr;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.memory.AddressSpace;
import busbar.uapi.VfioIommuSpaprRegisterMemory;
import java.lang.foreign.MemorySegment;

/** Memory of v2 containers: registered and unregistered. The container's lock is held. */
final class Memory {
  private Memory() {}

  /** {@code VFIO_IOMMU_SPAPR_REGISTER_MEMORY}. */
  static void register(TceContainer container, Caller caller, MemorySegment argument) {
    container.bindProcess(caller);
    VfioIommuSpaprRegisterMemory call = decode(argument);
    checkPages(call);
    if (Long.compareUnsigned(call.vaddr() + call.size(), call.vaddr()) < 0) {
      throw Errno.EINVAL.because("0x%x with 0x%x bytes wraps around", call.vaddr(), call.size());
    }
    Registrations registrations = container.registrations();
    Region held = registrations.hold(call.vaddr(), call.size());
    if (held != null && container.regions.contains(held)) {
      registrations.release(held);
      throw Errno.EBUSY.because(
          "0x%x with 0x%x bytes is registered already", call.vaddr(), call.size());
    }
    if (held == null) {
      held = registrations.register(call.vaddr(), call.size(), TceContainer.limitOf(caller));
    }
    container.regions.add(held);
    container.enabled = true;
  }

  /**
   * {@code VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY}.
   *
   * <p>As in the kernel, a range that is still mapped leaves the container but stays pinned and
   * charged to the process: devices may be writing to it.
   */
  static void unregister(TceContainer container, Caller caller, MemorySegment argument) {
    if (container.process == null) {
      throw Errno.EPERM.because("nothing was ever registered with the container");
    }
    VfioIommuSpaprRegisterMemory call = decode(argument);
    checkPages(call);
    Registrations registrations = container.registrations();
    Region held = registrations.hold(call.vaddr(), call.size());
    if (held == null) {
      throw Errno.ENOENT.because(
          "no range 0x%x with 0x%x bytes is registered", call.vaddr(), call.size());
    }
    boolean ours = container.regions.remove(held);
    if (ours) {
      registrations.release(held);
    }
    registrations.release(held);
    if (!ours) {
      throw Errno.ENOENT.because(
          "0x%x with 0x%x bytes was registered by another container", call.vaddr(), call.size());
    }
  }

  private static VfioIommuSpaprRegisterMemory decode(MemorySegment argument) {
    Args.sized(argument, VfioIommuSpaprRegisterMemory.MIN_ARGSZ);
    VfioIommuSpaprRegisterMemory call = VfioIommuSpaprRegisterMemory.decode(argument);
    if (call.flags() != 0) {
      throw Errno.EINVAL.because("no flags are defined, 0x%x were given", call.flags());
    }
    return call;
  }

  private static void checkPages(VfioIommuSpaprRegisterMemory call) {
    if ((call.vaddr() | call.size()) % AddressSpace.PAGE != 0) {
      throw Errno.EINVAL.because(
          "0x%x with 0x%x bytes is not made of whole pages", call.vaddr(), call.size());
    }
  }
}
