package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_GROUP_FLAGS_CONTAINER_SET;
import static busbar.uapi.VfioHeader.VFIO_GROUP_FLAGS_VIABLE;
import static busbar.uapi.VfioHeader.VFIO_GROUP_GET_DEVICE_FD;
import static busbar.uapi.VfioHeader.VFIO_GROUP_GET_STATUS;
import static busbar.uapi.VfioHeader.VFIO_GROUP_SET_CONTAINER;
import static busbar.uapi.VfioHeader.VFIO_GROUP_UNSET_CONTAINER;

import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.uapi.VfioGroupStatus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** A group: the devices that can only be given away together. */
public final class Group implements AutoCloseable {
  private final Handle handle;
  private final VfioFile file;

  private Group(Handle handle) {
    this.handle = handle;
    this.file = handle.file();
  }

  /**
   * Opens a group by the name of its node.
   *
   * @param node {@code "12"} or {@code "noiommu-0"}
   * @throws busbar.api.VfioException {@code ENOENT} if no driver has a device of it, {@code EBUSY}
   *     if somebody has it open, {@code EPERM} for an unprotected one without the right
   */
  public static Group open(VfioClient client, String node) {
    return new Group(new Handle(client, client.open("/dev/vfio/" + node, OpenMode.READ_WRITE)));
  }

  /** Its descriptor, for calls that this library does not have; {@code EBADF} if it is closed. */
  public int fd() {
    return handle.fd();
  }

  /** What the group's status flags say. */
  public record Status(boolean viable, boolean inContainer) {}

  /** {@code VFIO_GROUP_GET_STATUS}; {@code ENODEV} if the group is gone. */
  public Status status() {
    MemorySegment argument = Argument.of(VfioGroupStatus.SIZE);
    file.ioctl(VFIO_GROUP_GET_STATUS, argument);
    int flags = VfioGroupStatus.decode(argument).flags();
    return new Status(
        (flags & VFIO_GROUP_FLAGS_VIABLE) != 0, (flags & VFIO_GROUP_FLAGS_CONTAINER_SET) != 0);
  }

  /**
   * Puts the group into a container.
   *
   * @throws busbar.api.VfioException {@code EPERM} if somebody else owns its DMA, and the sentence
   *     names who; {@code EINVAL} if it is in a container; the backend's errno
   */
  public void attach(Container container) {
    MemorySegment argument = MemorySegment.ofArray(new byte[4]);
    argument.set(ValueLayout.JAVA_INT_UNALIGNED, 0, container.fd());
    file.ioctl(VFIO_GROUP_SET_CONTAINER, argument);
  }

  /** Takes it out; {@code EBUSY} while a device of it is open, {@code EINVAL} if it is in none. */
  public void detach() {
    file.ioctl(VFIO_GROUP_UNSET_CONTAINER, MemorySegment.NULL);
  }

  /**
   * Opens a device of the group.
   *
   * @param name its name on its bus, for virtual functions followed by {@code vf_token=UUID}
   * @throws busbar.api.VfioException {@code ENODEV} if the group has no such device, {@code EINVAL}
   *     without container or backend, {@code EACCES} for a wrong token, the driver's errno
   */
  public Device open(String name) {
    byte[] text = (name + "\0").getBytes(StandardCharsets.UTF_8);
    int device = (int) file.ioctl(VFIO_GROUP_GET_DEVICE_FD, MemorySegment.ofArray(text));
    return new Device(handle.client(), device, name);
  }

  @Override
  public void close() {
    handle.close();
  }
}
