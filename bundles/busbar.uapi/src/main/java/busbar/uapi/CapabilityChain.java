package busbar.uapi;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The list of capabilities that follows the fixed struct of an info ioctl ({@code cap_offset} in
 * {@link VfioDeviceInfo}, {@link VfioRegionInfo}, {@link VfioIommuType1Info}): built by the side
 * that answers, read by the side that asked.
 *
 * <p>Each capability starts with a {@link VfioInfoCapHeader} at a multiple of eight bytes; its
 * {@code next} counts from the start of the fixed struct, 0 ends the chain. An instance is filled
 * and copied out by one thread.
 */
public final class CapabilityChain {

  private static final long ALIGNMENT = 8;

  private final List<Entry> entries = new ArrayList<>();
  private long byteSize;

  /**
   * One capability as found in a buffer.
   *
   * @param id {@code VFIO_*_INFO_CAP_*} of the struct that carries the chain, 0 to 65535
   * @param version of this capability's layout, 0 to 65535
   * @param offset bytes from the start of the fixed struct
   * @param segment the capability with its header; reaches to the next capability or to the end of
   *     the buffer, so it may be longer than the capability's struct
   */
  public record Capability(int id, int version, long offset, MemorySegment segment) {}

  private record Entry(int id, int version, long at, MemorySegment bytes) {}

  /** Appends a capability that is nothing but its header. */
  public CapabilityChain add(int id, int version) {
    return add(id, version, VfioInfoCapHeader.SIZE, s -> {});
  }

  /**
   * Appends a capability.
   *
   * @param size bytes of the capability, its header included; the chain rounds up to eight
   * @param encoder fills the capability, called once and at once with {@code size} zeroed bytes
   *     that start at the header, so that the {@code OFFSET_*} constants of the capability's record
   *     apply; what it writes to the header is overwritten
   * @throws IllegalArgumentException if {@code size} is less than a header
   */
  public CapabilityChain add(int id, int version, long size, Consumer<MemorySegment> encoder) {
    if (size < VfioInfoCapHeader.SIZE) {
      throw new IllegalArgumentException(
          "Capability %d of %d bytes has no room for its header.".formatted(id, size));
    }
    MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
    encoder.accept(bytes);
    entries.add(new Entry(id, version, byteSize, bytes));
    byteSize += (size + ALIGNMENT - 1) & -ALIGNMENT;
    return this;
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Bytes of the whole chain, a multiple of eight; with the fixed struct, the argsz it needs. */
  public long byteSize() {
    return byteSize;
  }

  /**
   * Copies the chain behind the fixed struct and makes its links relative to the struct's start.
   *
   * @param s starts at the fixed struct and reaches to the end of the chain at least
   * @param fixedSize bytes of the fixed struct, which is left alone: the value for {@code
   *     cap_offset}
   * @throws IndexOutOfBoundsException if the chain does not fit, with nothing written
   */
  public void copyInto(MemorySegment s, long fixedSize) {
    MemorySegment chain = s.asSlice(fixedSize, byteSize);
    chain.fill((byte) 0);
    for (int i = 0; i < entries.size(); i++) {
      Entry e = entries.get(i);
      long next = i + 1 < entries.size() ? fixedSize + entries.get(i + 1).at() : 0;
      MemorySegment.copy(e.bytes(), 0, chain, e.at(), e.bytes().byteSize());
      new VfioInfoCapHeader(e.id(), e.version(), Math.toIntExact(next)).encode(chain, e.at());
    }
  }

  /**
   * Finds the capabilities of an answered info struct, in the order of the chain.
   *
   * @param s starts at the fixed struct and ends where the answer ends ({@code argsz})
   * @param capOffset as answered, taken as unsigned; 0 means that there are none
   * @throws IllegalArgumentException if a link leaves the buffer, leads back into the chain or into
   *     another capability's header
   */
  public static List<Capability> read(MemorySegment s, int capOffset) {
    List<Long> offsets = offsets(s, Integer.toUnsignedLong(capOffset));
    NavigableSet<Long> starts = new TreeSet<>(offsets);
    List<Capability> found = new ArrayList<>(offsets.size());
    for (long at : offsets) {
      Long following = starts.higher(at);
      found.add(capability(s, at, following == null ? s.byteSize() : following));
    }
    return List.copyOf(found);
  }

  private static Capability capability(MemorySegment s, long start, long end) {
    if (end - start < VfioInfoCapHeader.SIZE) {
      throw new IllegalArgumentException(
          "The capabilities at offsets %d and %d overlap.".formatted(start, end));
    }
    VfioInfoCapHeader header = VfioInfoCapHeader.decode(s, start);
    MemorySegment bytes = s.asSlice(start, end - start);
    return new Capability(header.id(), header.version(), start, bytes);
  }

  private static List<Long> offsets(MemorySegment s, long first) {
    List<Long> offsets = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    for (long at = first; at != 0; ) {
      if (at > s.byteSize() - VfioInfoCapHeader.SIZE) {
        throw new IllegalArgumentException(
            "The capability at offset %d lies outside the %d bytes of the answer."
                .formatted(at, s.byteSize()));
      }
      if (!seen.add(at)) {
        throw new IllegalArgumentException(
            "The capability chain loops: it comes to offset %d twice.".formatted(at));
      }
      offsets.add(at);
      at = Integer.toUnsignedLong(VfioInfoCapHeader.decode(s, at).next());
    }
    return offsets;
  }
}
