package busbar.api.memory;

/**
 * A physically contiguous run of pinned bytes.
 *
 * @param physical first physical address
 * @param length in bytes, a multiple of the page size
 * @param charged whether its pages count as locked memory of the client; device windows do not
 */
public record Extent(long physical, long length, boolean charged) {}
