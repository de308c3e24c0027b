package busbar.api.client;

import busbar.api.Capability;
import busbar.api.memory.AddressSpace;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a client is and may do.
 *
 * @param name for messages and accounting; not empty
 * @param lockedLimitBytes its {@code RLIMIT_MEMLOCK}; {@link AddressSpace#UNLIMITED} for none
 * @param capabilities its capabilities
 * @param maxFiles the size of its file table, its {@code RLIMIT_NOFILE}
 */
public record ClientPolicy(
    String name, long lockedLimitBytes, Set<Capability> capabilities, int maxFiles) {
  /** The usual soft limit of open files. */
  public static final int DEFAULT_MAX_FILES = 1024;

  public ClientPolicy {
    capabilities = Set.copyOf(capabilities);
  }

  /** An ordinary process: no capability, 8 MiB of locked memory. */
  public static ClientPolicy ordinary(String name) {
    return new ClientPolicy(name, 8L << 20, Set.of(), DEFAULT_MAX_FILES);
  }

  /** A privileged process: all capabilities, no limit on locked memory. */
  public static ClientPolicy privileged(String name) {
    return new ClientPolicy(
        name, AddressSpace.UNLIMITED, EnumSet.allOf(Capability.class), DEFAULT_MAX_FILES);
  }
}
