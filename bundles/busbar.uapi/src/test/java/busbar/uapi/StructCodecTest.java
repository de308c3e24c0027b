package busbar.uapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.uapi.KernelFacts.Field;
import busbar.uapi.KernelFacts.Struct;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Decodes and encodes every struct at any address, compared byte for byte with its layout. */
class StructCodecTest {

  /** More than the largest struct and the largest {@code at} together. */
  private static final int BUFFER = 96;

  @Provide
  Arbitrary<Struct> structs() {
    return Arbitraries.of(KernelFacts.structs());
  }

  @Property(seed = "20261122", tries = 4000)
  void decodeReadsEachFieldWhereTheStructHasIt(
      @ForAll("structs") Struct struct,
      @ForAll @Size(BUFFER) byte[] bytes,
      @ForAll @IntRange(max = 24) int at)
      throws ReflectiveOperationException {
    Object decoded = decode(struct, MemorySegment.ofArray(bytes), at);
    for (Field field : struct.fields()) {
      Field parent = struct.parentOf(field);
      if (field.isNested() || field.isFlexible() || parent != null && parent.isFlexible()) {
        continue;
      }
      Object holder = parent == null ? decoded : get(decoded, parent);
      assertThat(get(holder, field)).as(field.name()).isEqualTo(expected(field, bytes, at));
    }
  }

  @Property(seed = "20261122", tries = 4000)
  void encodeWritesTheFieldsAndNothingElse(
      @ForAll("structs") Struct struct,
      @ForAll @Size(BUFFER) byte[] bytes,
      @ForAll @Size(BUFFER) byte[] before,
      @ForAll @IntRange(max = 24) int at)
      throws ReflectiveOperationException {
    byte[] after = before.clone();
    encode(decode(struct, MemorySegment.ofArray(bytes), at), MemorySegment.ofArray(after), at);

    byte[] expected = before.clone();
    for (Field field : struct.fields()) {
      int start = at + (int) field.offset();
      Field parent = struct.parentOf(field);
      if (!field.isNested() && (parent == null || !parent.isFlexible())) {
        System.arraycopy(bytes, start, expected, start, (int) field.size());
      }
    }
    assertThat(after).isEqualTo(expected);
  }

  @Property(seed = "20261122", tries = 4000)
  void whatWasEncodedDecodesToAnEqualRecord(
      @ForAll("structs") Struct struct, @ForAll @Size(BUFFER) byte[] bytes)
      throws ReflectiveOperationException {
    Object first = decode(struct, MemorySegment.ofArray(bytes), 0);
    MemorySegment copy = MemorySegment.ofArray(new byte[(int) struct.size()]);
    first.getClass().getMethod("encode", MemorySegment.class).invoke(first, copy);
    Object second = struct.type().getMethod("decode", MemorySegment.class).invoke(null, copy);
    assertThat(second).isEqualTo(first).hasSameHashCodeAs(first);
  }

  @Property(seed = "20261122", tries = 1000)
  void aSegmentThatIsTooShortIsOutOfBounds(
      @ForAll("structs") Struct struct,
      @ForAll @Size(BUFFER) byte[] bytes,
      @ForAll @IntRange(min = 1, max = 64) int missing)
      throws ReflectiveOperationException {
    Object record = decode(struct, MemorySegment.ofArray(bytes), 0);
    int length = (int) Math.max(0, struct.size() - missing);
    MemorySegment tooShort = MemorySegment.ofArray(new byte[length]);
    assertThatThrownBy(() -> decode(struct, tooShort, 0))
        .isInstanceOf(InvocationTargetException.class)
        .hasCauseInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> encode(record, tooShort, 0))
        .isInstanceOf(InvocationTargetException.class)
        .hasCauseInstanceOf(IndexOutOfBoundsException.class);
  }

  private static Object decode(Struct struct, MemorySegment s, long at)
      throws ReflectiveOperationException {
    return struct.type().getMethod("decode", MemorySegment.class, long.class).invoke(null, s, at);
  }

  private static void encode(Object record, MemorySegment s, long at)
      throws ReflectiveOperationException {
    record.getClass().getMethod("encode", MemorySegment.class, long.class).invoke(record, s, at);
  }

  private static Object get(Object record, Field field) throws ReflectiveOperationException {
    return record.getClass().getMethod(field.componentName()).invoke(record);
  }

  private static Object expected(Field field, byte[] bytes, int at) {
    int start = at + (int) field.offset();
    if (field.elements() > 1) {
      return Arrays.copyOfRange(bytes, start, start + (int) field.size());
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    return switch (field.type()) {
      case "u8" -> bytes[start] & 0xff;
      case "u16" -> buffer.getShort(start) & 0xffff;
      case "u32", "int" -> buffer.getInt(start);
      case "u64", "__u64 *" -> buffer.getLong(start);
      default -> throw new AssertionError("unknown type " + field);
    };
  }
}
