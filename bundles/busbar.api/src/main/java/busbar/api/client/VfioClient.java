package busbar.api.client;

import busbar.api.Capability;
import busbar.api.EventFd;
import busbar.api.memory.AddressSpace;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One user of VFIO, what the kernel knows of a process: a file table of small ints, an address
 * space, a locked-memory limit, capabilities.
 *
 * <p>All methods may be called by any thread and throw {@link busbar.api.VfioException}. A call on
 * a descriptor that is not open is {@code EBADF}.
 */
@ProviderType
public interface VfioClient extends AutoCloseable {
  String name();

  /** Its memory. */
  AddressSpace memory();

  Set<Capability> capabilities();

  /** Gives up a capability for good. */
  void drop(Capability capability);

  /**
   * Opens a node.
   *
   * @param path {@code /dev/vfio/vfio} (container), {@code /dev/vfio/N}, {@code
   *     /dev/vfio/noiommu-N} (groups)
   * @return the lowest free descriptor
   * @throws busbar.api.VfioException {@code ENOENT} if no such node exists, {@code EBUSY} if a
   *     group is open already, {@code EPERM} for a no-IOMMU group without {@code SYS_RAWIO}, {@code
   *     ENODEV} if its last device is going, {@code EMFILE} if the table is full
   */
  int open(String path, OpenMode mode);

  /** Opens a container: {@code /dev/vfio/vfio} for reading and writing. */
  default int openContainer() {
    return open("/dev/vfio/vfio", OpenMode.READ_WRITE);
  }

  /** Opens a group by number for reading and writing. */
  default int openGroup(int groupId) {
    return open("/dev/vfio/" + groupId, OpenMode.READ_WRITE);
  }

  /** Makes an eventfd with count 0. */
  int eventFd();

  /**
   * The eventfd behind a descriptor.
   *
   * @throws busbar.api.VfioException {@code EBADF}, {@code EINVAL} if it is another kind of file
   */
  EventFd eventFd(int fd);

  /** The file behind a descriptor, bound to this client: the way in without a table look-up. */
  VfioFile file(int fd);

  /** A second descriptor of the same open file. */
  int dup(int fd);

  /** Closes a descriptor; the open file goes when its last descriptor, mapping and user is gone. */
  void close(int fd);

  /** As {@link VfioFile#read(MemorySegment)} on the descriptor. */
  int read(int fd, MemorySegment buffer);

  int write(int fd, MemorySegment buffer);

  int pread(int fd, MemorySegment buffer, long offset);

  int pwrite(int fd, MemorySegment buffer, long offset);

  /** As {@link VfioFile#seek}. */
  long lseek(int fd, long offset);

  /** As {@link VfioFile#ioctl}. */
  long ioctl(int fd, int command, MemorySegment argument);

  /** As {@link VfioFile#mmap}. */
  Mapping mmap(int fd, MmapRequest request);

  /** As {@link VfioFile#poll}. */
  int poll(int fd);

  /**
   * A forked child: it shares the open files, gets a copy of the address space, and has nothing
   * locked.
   */
  VfioClient fork(String childName);

  /**
   * The process ends: unmaps and closes everything that it opened, in the order of the descriptors.
   * Idempotent.
   */
  @Override
  void close();

  boolean isClosed();
}
