package busbar.machine.internal.description;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The members of a JSON object, read once each and checked for type and range. */
final class Fields {
  private final Node node;
  private final Refusals refusals;
  private final Set<String> read = new HashSet<>();

  Fields(Node node, Refusals refusals) {
    this.node = node;
    this.refusals = refusals;
    if (!(node.value() instanceof Map)) {
      throw refusals.refuse(node, "an object belongs here, not %s", node.kind());
    }
  }

  Node node() {
    return node;
  }

  /** The member, {@code null} if it is not there or null. */
  Node find(String key) {
    read.add(key);
    Node found = node.object().get(key);
    return found == null || found.value() == null ? null : found;
  }

  Node need(String key) {
    Node found = find(key);
    if (found == null) {
      throw refusals.refuse(node, "'%s' is missing", key);
    }
    return found;
  }

  String string(String key) {
    return string(need(key));
  }

  Optional<String> optionalString(String key) {
    return Optional.ofNullable(find(key)).map(this::string);
  }

  String string(Node found) {
    if (!(found.value() instanceof String text)) {
      throw refusals.refuse(found, "a string belongs here, not %s", found.kind());
    }
    return text;
  }

  boolean flag(String key) {
    Node found = find(key);
    if (found == null) {
      return false;
    }
    if (!(found.value() instanceof Boolean flag)) {
      throw refusals.refuse(found, "true or false belongs here, not %s", found.kind());
    }
    return flag;
  }

  /** A number, or a string with a hexadecimal one. */
  long number(Node found, long from, long to) {
    long number = raw(found);
    if (number < from || number > to) {
      boolean hex = found.value() instanceof String;
      throw refusals.refuse(
          found,
          hex ? "0x%x is not between 0x%x and 0x%x" : "%d is not between %d and %d",
          number,
          from,
          to);
    }
    return number;
  }

  private long raw(Node found) {
    if (found.value() instanceof Long number) {
      return number;
    }
    if (!(found.value() instanceof String text)) {
      throw refusals.refuse(
          found, "a number or a string like \"0x1000\" belongs here, not %s", found.kind());
    }
    try {
      return text.startsWith("0x")
          ? Long.parseUnsignedLong(text, 2, text.length(), 16)
          : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw refusals.refuse(found, "'%s' is no number", text);
    }
  }

  long number(String key, long from, long to) {
    return number(need(key), from, to);
  }

  long number(String key, long from, long to, long absent) {
    Node found = find(key);
    return found == null ? absent : number(found, from, to);
  }

  OptionalInt optionalInt(String key, int from, int to) {
    Node found = find(key);
    return found == null ? OptionalInt.empty() : OptionalInt.of((int) number(found, from, to));
  }

  /** The elements of a list, none if it is not there. */
  List<Node> list(String key) {
    Node found = find(key);
    if (found == null) {
      return List.of();
    }
    if (!(found.value() instanceof List)) {
      throw refusals.refuse(found, "a list belongs here, not %s", found.kind());
    }
    return found.array();
  }

  List<String> strings(String key) {
    return list(key).stream().map(this::string).toList();
  }

  /** The members of an object, none if it is not there. */
  Map<String, Node> members(String key) {
    Node found = find(key);
    if (found == null) {
      return Map.of();
    }
    if (!(found.value() instanceof Map)) {
      throw refusals.refuse(found, "an object belongs here, not %s", found.kind());
    }
    return found.object();
  }

  byte[] hex(String key) {
    Node found = find(key);
    if (found == null) {
      return new byte[0];
    }
    String text = string(found);
    byte[] bytes = new byte[text.length() / 2];
    int bad = text.length() & 1;
    // Most bytes of a configuration space are zero: they are told by two comparisons.
    for (int i = 0; i < bytes.length; i++) {
      char high = text.charAt(2 * i);
      char low = text.charAt(2 * i + 1);
      if (high != '0' || low != '0') {
        int value = Character.digit(high, 16) << 4 | Character.digit(low, 16);
        bytes[i] = (byte) value;
        bad |= value & ~0xff | (high | low) >>> 7;
      }
    }
    if (bad != 0) {
      throw refusals.refuse(found, "this is no string of hexadecimal bytes");
    }
    return bytes;
  }

  /** What nobody has read, in plain types. */
  Map<String, Object> rest() {
    Map<String, Object> rest = new LinkedHashMap<>();
    node.object()
        .forEach(
            (key, value) -> {
              if (!read.contains(key) && value.value() != null) {
                rest.put(key, value.plain());
              }
            });
    return Map.copyOf(new HashMap<>(rest));
  }

  /** Warns of every key that nobody has read. */
  void warnOfRest(String what) {
    node.object()
        .forEach(
            (key, value) -> {
              if (!read.contains(key)) {
                refusals.warn(value, "%s has no key '%s'; it is ignored", what, key);
              }
            });
  }
}
