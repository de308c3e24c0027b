package busbar.pci;

import static busbar.pci.PciRegs.PCI_COMMAND_INTX_DISABLE;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.DeviceSet;
import busbar.api.device.DeviceSet.Member;
import busbar.api.iommu.IommuGroup;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciSavedState;
import busbar.uapi.VfioPciDependentDevice;
import busbar.uapi.VfioPciHotReset;
import busbar.uapi.VfioPciHotResetInfo;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Resets of all functions below one bridge or slot together. Whoever asks has to own all of them.
 *
 * <p>The set lock keeps opens, closes and other resets of the members away.
 */
final class HotReset {
  private static final System.Logger LOG = System.getLogger("busbar.pci");

  private HotReset() {}

  private static List<PciDevice> scope(PciCoreDevice core) {
    if (core.device.hotReset() == PciDevice.HotReset.NONE) {
      throw Errno.ENODEV.because("neither the slot nor the bus of %s can be reset", core.name());
    }
    return core.device.hotResetScope();
  }

  /** {@code VFIO_DEVICE_GET_PCI_HOT_RESET_INFO}. */
  static void info(PciCoreDevice core, MemorySegment argument) {
    Args.sized(argument, VfioPciHotResetInfo.MIN_ARGSZ);
    List<PciDevice> scope = scope(core);
    int argsz = (int) Args.argsz(argument);
    long room =
        (Integer.toUnsignedLong(argsz) - VfioPciHotResetInfo.SIZE) / VfioPciDependentDevice.SIZE;
    VfioPciHotResetInfo answer = new VfioPciHotResetInfo(argsz, 0, scope.size());
    if (scope.size() > room) {
      answer.encode(argument);
      throw Errno.ENOSPC.because(
          "%d devices are reset with %s, the buffer has room for %d",
          scope.size(), core.name(), room);
    }
    List<VfioPciDependentDevice> devices =
        scope.stream().map(device -> dependent(core, device)).toList();
    long size = VfioPciHotResetInfo.SIZE + devices.size() * VfioPciDependentDevice.SIZE;
    MemorySegment whole = Args.struct(argument, size);
    long at = VfioPciHotResetInfo.OFFSET_DEVICES;
    for (VfioPciDependentDevice device : devices) {
      device.encode(whole, at);
      at += VfioPciDependentDevice.SIZE;
    }
    answer.encode(whole);
  }

  private static VfioPciDependentDevice dependent(PciCoreDevice core, PciDevice device) {
    return new VfioPciDependentDevice(
        groupId(core, device),
        device.address().domain(),
        device.address().bus(),
        device.address().devfn());
  }

  /** The group that isolates a device, or the synthetic one that VFIO made for it. */
  private static int groupId(PciCoreDevice core, PciDevice device) {
    Optional<IommuGroup> real = device.iommuGroup();
    if (real.isPresent()) {
      return real.get().id();
    }
    return core.vfio.set().members().stream()
        .filter(member -> member.device().name().equals(device.name()))
        .findFirst()
        .orElseThrow(
            () ->
                Errno.EPERM.because(
                    "no IOMMU isolates %s, which would be reset too", device.name()))
        .device()
        .groupId();
  }

  /** {@code VFIO_DEVICE_PCI_HOT_RESET}. */
  static void run(PciCoreDevice core, Caller caller, MemorySegment argument) {
    Args.struct(argument, VfioPciHotReset.MIN_ARGSZ);
    VfioPciHotReset call = VfioPciHotReset.decode(argument);
    if (Integer.compareUnsigned(call.argsz(), VfioPciHotReset.MIN_ARGSZ) < 0
        || call.flags() != 0
        || call.count() == 0) {
      throw Errno.EINVAL.because(
          "a hot reset has no flags (0x%x) and names at least one group (%d); argsz is %d",
          call.flags(), call.count(), call.argsz());
    }
    List<PciDevice> scope = scope(core);
    if (Integer.compareUnsigned(call.count(), scope.size()) > 0) {
      throw Errno.EINVAL.because(
          "%s groups are given for %d devices",
          Integer.toUnsignedString(call.count()), scope.size());
    }
    Set<Integer> groups = groups(caller, argument, call.count());
    DeviceSet set = core.vfio.set();
    set.setLock().lock();
    try {
      List<PciCoreDevice> members = resettable(core, scope);
      List<Boolean> begun = members.stream().map(HotReset::wake).toList();
      try {
        resetOwned(core, members, groups);
      } finally {
        for (int i = 0; i < members.size(); i++) {
          rest(members.get(i), begun.get(i));
        }
      }
    } finally {
      set.setLock().unlock();
    }
  }

  private static Set<Integer> groups(Caller caller, MemorySegment argument, int count) {
    long at = VfioPciHotReset.OFFSET_GROUP_FDS;
    MemorySegment whole = Args.struct(argument, at + 4L * count);
    Set<Integer> groups = new HashSet<>();
    for (int i = 0; i < count; i++) {
      groups.add(caller.groupIdOf(whole.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * i)));
    }
    return groups;
  }

  private static boolean wake(PciCoreDevice member) {
    member.power.resume();
    return member.isOpen() && member.lowPower.begin();
  }

  private static void rest(PciCoreDevice member, boolean begun) {
    if (member.isOpen()) {
      member.lowPower.end(begun);
    } else {
      member.idle();
    }
  }

  /**
   * The members of the set, if all that the reset reaches are among them.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if one is bound to no driver of VFIO, or to one
   *     that this driver cannot quiesce
   */
  private static List<PciCoreDevice> resettable(PciCoreDevice core, List<PciDevice> scope) {
    Map<String, Member> members =
        core.vfio.set().members().stream()
            .collect(Collectors.toMap(member -> member.device().name(), member -> member));
    for (PciDevice device : scope) {
      if (!members.containsKey(device.name())) {
        throw Errno.EINVAL.because(
            "%s would be reset with %s, but VFIO does not have it", device.name(), core.name());
      }
    }
    List<PciCoreDevice> cores = new ArrayList<>();
    for (Member member : members.values()) {
      if (!(member.deviceData() instanceof PciCoreDevice other)) {
        throw Errno.EINVAL.because(
            "%s would be reset with %s, but another driver has it: %s",
            member.device().name(), core.name(), member.driver());
      }
      cores.add(other);
    }
    return cores;
  }

  /** Closes all memory gates, without waiting for one while another is closed, and resets. */
  private static void resetOwned(
      PciCoreDevice core, List<PciCoreDevice> members, Set<Integer> groups) {
    Map<PciCoreDevice, Long> closed = new LinkedHashMap<>();
    try {
      for (PciCoreDevice member : members) {
        if (!groups.contains(member.vfio.groupId())) {
          throw Errno.EINVAL.because(
              "%s is in group %d, which was not given", member.name(), member.vfio.groupId());
        }
        long stamp = member.memory.tryClose();
        if (stamp == 0) {
          throw Errno.EBUSY.because("the memory of %s is being used", member.name());
        }
        closed.put(member, stamp);
      }
      members.forEach(member -> member.power.setState(FunctionPower.D0));
      reset(core.device, members);
    } finally {
      closed.forEach((member, stamp) -> member.memory.reopen(stamp));
    }
  }

  private static void reset(PciDevice device, List<PciCoreDevice> members) {
    Map<PciCoreDevice, PciSavedState> saved = new LinkedHashMap<>();
    for (PciCoreDevice member : members) {
      saved.put(member, member.device.saveState());
      member.command.write(PCI_COMMAND_INTX_DISABLE);
    }
    try {
      device.resetBus();
    } finally {
      saved.forEach(
          (member, state) -> {
            member.device.restoreState(state);
            member.updateDecoding();
          });
    }
  }

  /**
   * The last device of a set was closed: resets all if one of them could not be reset by itself.
   */
  static void resetIdleSet(PciCoreDevice closing) {
    if (closing.device.hotReset() == PciDevice.HotReset.NONE) {
      return;
    }
    List<PciCoreDevice> members;
    try {
      members = resettable(closing, closing.device.hotResetScope());
    } catch (VfioException e) {
      LOG.log(Level.DEBUG, "{0}: not reset at close: {1}", closing.name(), e.getMessage());
      return;
    }
    if (members.stream().anyMatch(PciCoreDevice::isOpen)
        || members.stream().noneMatch(PciCoreDevice::needsReset)) {
      return;
    }
    members.forEach(member -> member.power.resume());
    try {
      reset(closing.device, members);
      members.forEach(member -> member.setNeedsReset(false));
    } catch (VfioException e) {
      LOG.log(Level.DEBUG, "{0}: bus reset at close: {1}", closing.name(), e.getMessage());
    }
    members.stream().filter(member -> member != closing).forEach(PciCoreDevice::idle);
  }
}
