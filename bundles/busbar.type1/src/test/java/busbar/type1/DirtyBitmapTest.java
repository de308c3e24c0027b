package busbar.type1;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DirtyBitmapTest {
  private static final int WORDS = 16;
  private final AddressSpace memory = new AddressSpace("client", new PhysicalMemory());
  private final FakeCaller caller = new FakeCaller(memory);
  private final long bitmap = memory.allocate(AddressSpace.PAGE);

  private MemorySegment user() {
    return memory.at(bitmap, WORDS * 8, Access.READ_WRITE);
  }

  private BitSet userBits() {
    return BitSet.valueOf(user().toArray(ValueLayout.JAVA_LONG));
  }

  @Test
  void bytesAreThoseOfWholeWords() {
    assertThat(DirtyBitmap.bytes(0)).isZero();
    assertThat(DirtyBitmap.bytes(1)).isEqualTo(8);
    assertThat(DirtyBitmap.bytes(64)).isEqualTo(8);
    assertThat(DirtyBitmap.bytes(65)).isEqualTo(16);
    assertThat(DirtyBitmap.bytes(-1)).isEqualTo(1L << 61);
  }

  /** A new bitmap put at any place of an empty user bitmap: bit n turns up at offset + n. */
  @Property(seed = "20261122", tries = 500)
  void bitsLandWhereTheMappingStarts(
      @ForAll @IntRange(min = 1, max = 300) int pages,
      @ForAll @IntRange(max = 400) int offset,
      @ForAll @Size(max = 40) List<@IntRange(max = 299) Integer> marked) {
    user().fill((byte) 0);
    DirtyBitmap bits = new DirtyBitmap(pages);
    BitSet expected = new BitSet();
    for (int page : marked) {
      if (page < pages) {
        bits.mark(page);
        expected.set(offset + page);
      }
    }
    bits.copyOut(caller, bitmap, offset);
    assertThat(userBits()).isEqualTo(expected);
  }

  /** Neighbours that lie below in the same word stay; so do words that are not touched. */
  @Property(seed = "20261122", tries = 300)
  void neighboursStay(
      @ForAll @IntRange(min = 1, max = 200) int pages,
      @ForAll @IntRange(max = 300) int offset,
      @ForAll @Size(16) List<Long> before) {
    for (int i = 0; i < WORDS; i++) {
      user().setAtIndex(ValueLayout.JAVA_LONG, i, before.get(i));
    }
    BitSet expected = userBits();
    DirtyBitmap bits = new DirtyBitmap(pages);
    bits.markAll();
    bits.copyOut(caller, bitmap, offset);
    BitSet now = userBits();
    int written = (offset + pages + 63) / 64 * 64;
    for (int i = 0; i < WORDS * 64; i++) {
      boolean inMapping = i >= offset && i < offset + pages;
      boolean sameWordAsStart = offset % 64 != 0 && i / 64 == offset / 64;
      if (inMapping) {
        assertThat(now.get(i)).as("bit %d", i).isTrue();
      } else if (i < offset || i >= written || sameWordAsStart) {
        assertThat(now.get(i)).as("bit %d", i).isEqualTo(expected.get(i));
      }
    }
  }

  @Property(seed = "20261122", tries = 500)
  void rangesAreMarkedExactly(
      @ForAll @IntRange(max = 199) int from, @ForAll @IntRange(max = 200) int count) {
    int marked = Math.min(count, 200 - from);
    DirtyBitmap bits = new DirtyBitmap(200);
    bits.mark(from, marked);
    BitSet expected = new BitSet();
    expected.set(from, from + marked);
    assertThat(BitSet.valueOf(bits.toBytes())).isEqualTo(expected);
    DirtyBitmap copy = DirtyBitmap.of(200, bits.toBytes());
    assertThat(BitSet.valueOf(copy.toBytes())).isEqualTo(expected);
    bits.clearAll();
    assertThat(BitSet.valueOf(bits.toBytes()).isEmpty()).isTrue();
  }
}
