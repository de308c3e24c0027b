package busbar.api.state;

import busbar.api.Errno;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;

/**
 * State records as bytes, for state that leaves the process: a migration stream, a file.
 *
 * <p>The form is self-describing and canonical: equal records have equal bytes. Integers are
 * big-endian.
 *
 * <pre>
 * stream  = magic "BBst", u16 format (1), record
 * record  = string kind, u32 version, u32 entries, { string name, value } in the order of the names
 * value   = 'L' i64 | 'S' string | 'T' | 'F' | 'B' u32 length, bytes
 *         | 'A' u32 elements, value … | 'R' record
 * string  = u32 length, UTF-8
 * </pre>
 *
 * <p>Any thread. The decoder trusts nothing: whatever it is given it answers with a record or with
 * {@code EINVAL}, and what it allocates grows with the bytes that are there, not with what they
 * say.
 */
public final class StateCodec {
  /** How deep lists and records may nest. */
  public static final int MAX_DEPTH = 32;

  static final int MAGIC = 0x42427374;
  static final short FORMAT = 1;

  private StateCodec() {}

  /**
   * A record as bytes.
   *
   * @throws busbar.api.VfioException {@code EOPNOTSUPP} if it holds a handle (an {@link
   *     busbar.api.EventFd}, an address space), which means nothing outside this process; {@code
   *     EINVAL} if it is nested deeper than {@link #MAX_DEPTH}; {@code EFBIG} beyond 2 GiB
   */
  public static byte[] encode(StateRecord state) {
    Encoder encoder = new Encoder(state.kind());
    try {
      encoder.u32(MAGIC);
      encoder.u16(FORMAT);
      encoder.record(state, 0);
    } catch (OutOfMemoryError e) {
      throw Errno.EFBIG.because("the state of %s does not fit a byte array", state.kind());
    }
    return encoder.out.toByteArray();
  }

  /**
   * The record that the bytes are.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for anything that {@link #encode} cannot have
   *     written: a wrong start, a later format, a length beyond the end, bytes after it, names out
   *     of order or twice, text that is no UTF-8, nesting deeper than {@link #MAX_DEPTH}
   */
  public static StateRecord decode(byte[] bytes) {
    return new StateDecoder(ByteBuffer.wrap(bytes)).stream();
  }

  private static final class Encoder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    private final String whose;

    Encoder(String whose) {
      this.whose = whose;
    }

    void record(StateRecord state, int depth) {
      StateDecoder.checkDepth(depth);
      string(state.kind());
      u32(state.version());
      u32(state.values().size());
      new TreeMap<>(state.values())
          .forEach(
              (name, value) -> {
                string(name);
                value(name, value, depth + 1);
              });
    }

    private void value(String name, Object value, int depth) {
      switch (value) {
        case Long number -> {
          out.write('L');
          u64(number);
        }
        case String text -> {
          out.write('S');
          string(text);
        }
        case Boolean truth -> out.write(truth ? 'T' : 'F');
        case byte[] bytes -> {
          out.write('B');
          bytes(bytes);
        }
        case List<?> list -> {
          StateDecoder.checkDepth(depth);
          out.write('A');
          u32(list.size());
          list.forEach(element -> value(name, element, depth + 1));
        }
        case StateRecord nested -> {
          out.write('R');
          record(nested, depth);
        }
        default ->
            throw Errno.EOPNOTSUPP.because(
                "the state of %s holds a %s as %s, which cannot leave this process",
                whose, value.getClass().getSimpleName(), name);
      }
    }

    private void string(String text) {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private void bytes(byte[] bytes) {
      u32(bytes.length);
      out.writeBytes(bytes);
    }

    private void u16(int value) {
      out.write(value >>> 8);
      out.write(value);
    }

    private void u32(int value) {
      u16(value >>> 16);
      u16(value);
    }

    private void u64(long value) {
      u32((int) (value >>> 32));
      u32((int) value);
    }
  }
}
