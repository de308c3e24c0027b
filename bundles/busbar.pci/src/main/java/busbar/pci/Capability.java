package busbar.pci;

/**
 * A piece of configuration space with rules of its own: the header or a capability.
 *
 * @param name for the log and for people
 * @param start first byte in configuration space
 * @param length in bytes
 * @param permissions what the user sees and may change
 * @param writes what a write does beyond that, {@code null} for nothing
 */
record Capability(
    String name, int start, int length, PermissionTable permissions, ConfigWrites writes) {}
