package busbar.registry;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.client.OpenMode;
import busbar.api.memory.AddressSpace;
import busbar.uapi.VfioGroupStatus;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** {@code /dev/vfio/N}, opened: a group. */
final class GroupFile extends OpenFile {
  private static final int MAX_NAME = (int) AddressSpace.PAGE;

  private final Group group;
  private final String openedBy;

  GroupFile(OpenMode mode, Group group, String openedBy) {
    super(mode);
    this.group = group;
    this.openedBy = openedBy;
  }

  Group group() {
    return group;
  }

  String openedBy() {
    return openedBy;
  }

  @Override
  String description() {
    return group.toString();
  }

  @Override
  boolean forbidsExec() {
    return false;
  }

  @Override
  long command(ClientCaller caller, int command, MemorySegment argument) {
    switch (command) {
      case VfioHeader.VFIO_GROUP_GET_STATUS -> getStatus(argument);
      case VfioHeader.VFIO_GROUP_SET_CONTAINER -> setContainer(caller, argument);
      case VfioHeader.VFIO_GROUP_UNSET_CONTAINER -> group.unsetContainer();
      case VfioHeader.VFIO_GROUP_GET_DEVICE_FD -> {
        return getDeviceFd(caller, text(argument));
      }
      default -> throw Errno.ENOTTY.because("a group has no ioctl 0x%x", command);
    }
    return 0;
  }

  private void getStatus(MemorySegment argument) {
    Args.sized(argument, VfioGroupStatus.MIN_ARGSZ);
    group.checkPresent();
    int flags =
        group.hasContainer()
            ? VfioHeader.VFIO_GROUP_FLAGS_VIABLE | VfioHeader.VFIO_GROUP_FLAGS_CONTAINER_SET
            : group.notViable().isEmpty() ? VfioHeader.VFIO_GROUP_FLAGS_VIABLE : 0;
    Args.putU32(argument, VfioGroupStatus.OFFSET_FLAGS, flags);
  }

  private void setContainer(ClientCaller caller, MemorySegment argument) {
    OpenFile file = caller.client().openFile(Args.u32(argument, 0));
    if (!file.acquire()) {
      throw Errno.EBADF.because("%s was closed meanwhile", file.description());
    }
    try {
      group.setContainer(file, caller);
    } finally {
      file.release();
    }
  }

  private long getDeviceFd(ClientCaller caller, String name) {
    DeviceObject device = group.find(caller, name);
    ClientImpl client = caller.client();
    int number;
    try {
      number = client.reserve();
    } catch (RuntimeException | Error e) {
      device.release();
      throw e;
    }
    try {
      return client.install(number, device.open(caller));
    } catch (RuntimeException | Error e) {
      client.cancel(number);
      throw e;
    }
  }

  /** A string of at most a page with its end. */
  private static String text(MemorySegment argument) {
    long readable = Math.min(argument.byteSize(), MAX_NAME);
    for (long length = 0; length < readable; length++) {
      if (argument.get(ValueLayout.JAVA_BYTE, length) == 0) {
        byte[] bytes = argument.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
    if (readable == MAX_NAME) {
      throw Errno.EINVAL.because("the device name is longer than %d bytes", MAX_NAME - 1);
    }
    throw Errno.EFAULT.because("the device name has no end in its %d readable bytes", readable);
  }

  @Override
  void dispose() {
    group.fileClosed();
  }
}
