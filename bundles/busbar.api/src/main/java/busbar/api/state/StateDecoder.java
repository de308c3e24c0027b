package busbar.api.state;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@link StateCodec#encode} wrote, from bytes that anybody may have written. */
final class StateDecoder {
  /** A name of no letters and a truth value. */
  private static final int SMALLEST_ENTRY = 5;

  private final ByteBuffer in;

  StateDecoder(ByteBuffer in) {
    this.in = in;
  }

  static void checkDepth(int depth) {
    if (depth > StateCodec.MAX_DEPTH) {
      throw Errno.EINVAL.because("state is nested deeper than %d", StateCodec.MAX_DEPTH);
    }
  }

  StateRecord stream() {
    if (in.remaining() < 6 || in.getInt() != StateCodec.MAGIC) {
      throw Errno.EINVAL.because("this is no state: it does not begin as one");
    }
    int format = in.getShort() & 0xffff;
    if (format != StateCodec.FORMAT) {
      throw Errno.EINVAL.because(
          "state of format %d, format %d is known here", format, StateCodec.FORMAT);
    }
    StateRecord state = record(0);
    if (in.hasRemaining()) {
      throw broken("%d bytes follow its end".formatted(in.remaining()));
    }
    return state;
  }

  private StateRecord record(int depth) {
    checkDepth(depth);
    String kind = string();
    int version = u32("a version");
    int entries = count(SMALLEST_ENTRY);
    Map<String, Object> values = new LinkedHashMap<>();
    String before = null;
    for (int i = 0; i < entries; i++) {
      String name = string();
      if (before != null && before.compareTo(name) >= 0) {
        throw broken("'%s' comes after '%s'".formatted(name, before));
      }
      before = name;
      values.put(name, value(depth + 1));
    }
    return new StateRecord(kind, version, values);
  }

  private Object value(int depth) {
    need(1);
    byte tag = in.get();
    return switch (tag) {
      case 'L' -> {
        need(Long.BYTES);
        yield in.getLong();
      }
      case 'S' -> string();
      case 'T' -> true;
      case 'F' -> false;
      case 'B' -> bytes();
      case 'A' -> list(depth);
      case 'R' -> record(depth);
      default -> throw broken("there is no kind of value 0x%02x".formatted(tag));
    };
  }

  private List<Object> list(int depth) {
    checkDepth(depth);
    int elements = count(1);
    List<Object> list = new ArrayList<>(Math.min(elements, 64));
    for (int i = 0; i < elements; i++) {
      list.add(value(depth + 1));
    }
    return Collections.unmodifiableList(list);
  }

  private String string() {
    int length = length();
    ByteBuffer text = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw broken("a text is no UTF-8");
    }
  }

  private byte[] bytes() {
    byte[] bytes = new byte[length()];
    in.get(bytes);
    return bytes;
  }

  /** A length, with that many bytes behind it. */
  private int length() {
    int length = u32("a length");
    need(length);
    return length;
  }

  /** A number of things of which each takes some bytes. */
  private int count(int smallest) {
    int count = u32("a count");
    need((long) count * smallest);
    return count;
  }

  private int u32(String what) {
    need(Integer.BYTES);
    int value = in.getInt();
    if (value < 0) {
      throw broken("%s is %s".formatted(what, Integer.toUnsignedString(value)));
    }
    return value;
  }

  private void need(long bytes) {
    if (in.remaining() < bytes) {
      throw broken("%d bytes are left where %d must follow".formatted(in.remaining(), bytes));
    }
  }

  private VfioException broken(String why) {
    return Errno.EINVAL.because("state is broken at byte %d: %s", in.position(), why);
  }
}
