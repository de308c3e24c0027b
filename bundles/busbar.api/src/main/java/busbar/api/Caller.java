package busbar.api;

import busbar.api.memory.AddressSpace;
import org.osgi.annotation.versioning.ProviderType;

/**
 * On whose behalf a driver is called: what C drivers take from {@code current}.
 *
 * <p>A driver uses it during the call only. What outlives the call (an {@link EventFd}, the {@link
 * AddressSpace} to account to) is taken out of it. Safe for use by several threads.
 */
@ProviderType
public interface Caller {
  /** The client's name, for messages and accounting. */
  String clientName();

  /** The client's memory; two callers are the same process exactly if this is the same object. */
  AddressSpace memory();

  /** Whether the client has the capability now. */
  boolean has(Capability capability);

  /**
   * The eventfd behind a descriptor of the client.
   *
   * @throws VfioException {@code EBADF} if the descriptor is not open, {@code EINVAL} if it is open
   *     but not an eventfd
   */
  EventFd eventFd(int fd);

  /**
   * The id of the group whose group file the descriptor is.
   *
   * @throws VfioException {@code EBADF} if the descriptor is not open, {@code EINVAL} if it is not
   *     a group file
   */
  int groupIdOf(int fd);

  /**
   * Puts a file into the client's table, close-on-exec, lowest free descriptor.
   *
   * @return the descriptor
   * @throws VfioException {@code EMFILE} if the table is full
   */
  int install(FileOps file);
}
