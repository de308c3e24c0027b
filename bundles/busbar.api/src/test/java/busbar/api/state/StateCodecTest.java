package busbar.api.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class StateCodecTest {
  private static final StateRecord SAMPLE =
      new StateRecord(
          "edu",
          3,
          Map.of(
              "buffer",
              new byte[] {1, 2},
              "left",
              -1L,
              "line",
              true,
              "name",
              "ü",
              "list",
              List.of(7L, new StateRecord("inner", 1, Map.of()))));

  @Property(tries = 200)
  void whatIsEncodedComesBack(@ForAll("records") StateRecord state) {
    byte[] bytes = StateCodec.encode(state);
    StateRecord back = StateCodec.decode(bytes);
    assertThat(plain(back)).isEqualTo(plain(state));
    assertThat(StateCodec.encode(back)).isEqualTo(bytes);
  }

  @Property(tries = 500)
  void anythingElseIsInvalidAndNothingWorse(@ForAll byte[] bytes) {
    assertRecordOrInvalid(bytes);
  }

  @Property(tries = 500)
  void aBrokenByteGivesARecordOrIsInvalid(
      @ForAll("records") StateRecord state, @ForAll int where, @ForAll byte what) {
    byte[] bytes = StateCodec.encode(state);
    bytes[Math.floorMod(where, bytes.length)] = what;
    assertRecordOrInvalid(bytes);
  }

  @Property(tries = 200)
  void aShortenedStreamIsInvalid(
      @ForAll("records") StateRecord state, @ForAll @IntRange(min = 1) int missing) {
    byte[] bytes = StateCodec.encode(state);
    byte[] rest = Arrays.copyOf(bytes, bytes.length - 1 - missing % bytes.length);
    assertInvalid(rest);
  }

  @Example
  void bytesAfterTheEndAreInvalid() {
    byte[] bytes = StateCodec.encode(SAMPLE);
    assertInvalid(Arrays.copyOf(bytes, bytes.length + 1));
  }

  @Example
  void theFormIsTheOneThatIsWrittenDown() {
    StateRecord small = new StateRecord("k", 2, Map.of("b", false, "a", 5L));
    assertThat(HexFormat.of().formatHex(StateCodec.encode(small)))
        .isEqualTo(
            "42427374"
                + "0001"
                + "00000001"
                + "6b"
                + "00000002"
                + "00000002"
                + "00000001"
                + "61"
                + "4c"
                + "0000000000000005"
                + "00000001"
                + "62"
                + "46");
  }

  @Example
  void aHandleDoesNotLeaveTheProcess() {
    StateRecord state = new StateRecord("vfio-pci", 1, Map.of("token", new AtomicLongArray(2)));
    assertThatThrownBy(() -> StateCodec.encode(state))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP))
        .hasMessageContaining("vfio-pci")
        .hasMessageContaining("token");
  }

  @Example
  void aLaterFormatIsInvalid() {
    byte[] bytes = StateCodec.encode(SAMPLE);
    bytes[5] = 2;
    assertInvalid(bytes);
  }

  @Example
  void lengthsThatPromiseMoreThanThereIsAllocateNothing() {
    // a list of 2^31 - 1 elements, a text and bytes of as many
    for (char tag : new char[] {'A', 'S', 'B'}) {
      ByteBuffer start = ByteBuffer.allocate(64);
      start.put(HexFormat.of().parseHex("424273740001")).putInt(0).putInt(1).putInt(1);
      start.putInt(1).put((byte) 'x').put((byte) tag).putInt(Integer.MAX_VALUE);
      assertInvalid(Arrays.copyOf(start.array(), start.position() + 8));
    }
  }

  @Example
  void nestingHasALimitOnBothSides() {
    StateRecord deep = new StateRecord("0", 1, Map.of());
    for (int i = 0; i < StateCodec.MAX_DEPTH; i++) {
      deep = new StateRecord("0", 1, Map.of("in", deep));
    }
    StateCodec.decode(StateCodec.encode(deep));
    StateRecord deeper = new StateRecord("0", 1, Map.of("in", deep));
    assertThatThrownBy(() -> StateCodec.encode(deeper)).hasMessageContaining("deeper than 32");
    ByteArrayOutputStream lists = new ByteArrayOutputStream();
    lists.writeBytes(HexFormat.of().parseHex("424273740001000000000000000100000001000000017800"));
    byte[] head = lists.toByteArray();
    ByteBuffer hostile = ByteBuffer.allocate(head.length - 1 + 5 * 100_000);
    hostile.put(head, 0, head.length - 1);
    while (hostile.hasRemaining()) {
      hostile.put((byte) 'A').putInt(1);
    }
    assertInvalid(hostile.array());
  }

  private static void assertRecordOrInvalid(byte[] bytes) {
    try {
      StateCodec.decode(bytes);
    } catch (VfioException e) {
      assertThat(e.errno()).isEqualTo(Errno.EINVAL);
    }
  }

  private static void assertInvalid(byte[] bytes) {
    assertThatThrownBy(() -> StateCodec.decode(bytes))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  /** Arrays as lists, so that they compare by what is in them. */
  private static Object plain(Object value) {
    return switch (value) {
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case List<?> list -> list.stream().map(StateCodecTest::plain).toList();
      case StateRecord state ->
          List.of(
              state.kind(),
              state.version(),
              state.values().entrySet().stream()
                  .collect(Collectors.toMap(Map.Entry::getKey, one -> plain(one.getValue()))));
      default -> value;
    };
  }

  @Provide
  Arbitrary<StateRecord> records() {
    return records(3);
  }

  private Arbitrary<StateRecord> records(int depth) {
    Arbitrary<String> names = Arbitraries.strings().withCharRange('a', 'ÿ').ofMaxLength(6);
    return Combinators.combine(
            names,
            Arbitraries.integers().greaterOrEqual(0),
            Arbitraries.maps(names, values(depth)).ofMaxSize(5))
        .as(StateRecord::new);
  }

  private Arbitrary<Object> values(int depth) {
    Arbitrary<Object> simple =
        Arbitraries.oneOf(
            Arbitraries.longs().asGeneric(),
            Arbitraries.strings().withCharRange(' ', '\u07ff').ofMaxLength(9).asGeneric(),
            Arbitraries.of(true, false).asGeneric(),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(40).asGeneric());
    return depth == 0
        ? simple
        : Arbitraries.oneOf(
            simple,
            Arbitraries.lazy(() -> values(depth - 1).list().ofMaxSize(4)).asGeneric(),
            Arbitraries.lazy(() -> records(depth - 1)).asGeneric());
  }
}
