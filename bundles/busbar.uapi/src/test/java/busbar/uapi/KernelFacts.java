package busbar.uapi;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a layout tool found in the kernel's own headers ({@code vfio-uapi.json}). */
final class KernelFacts {

  /**
   * One line of the layout tool's output.
   *
   * @param type the C type, empty for a nested struct and for a flexible array of structs
   * @param elements how many, 1 if it is no array, 0 if the array is flexible
   * @param size in bytes, 0 if the array is flexible
   */
  record Field(String type, String name, int elements, long offset, long size) {

    boolean isFlexible() {
      return size == 0;
    }

    boolean isNested() {
      return type.isEmpty() && !isFlexible();
    }

    boolean contains(Field other) {
      return type.isEmpty()
          && other != this
          && other.offset >= offset
          && (isFlexible() || other.offset < offset + size);
    }

    String constantName() {
      return "OFFSET_" + name.replaceFirst("^_+", "").toUpperCase(Locale.ROOT);
    }

    String componentName() {
      String joined = camelCase(name);
      return Character.toLowerCase(joined.charAt(0)) + joined.substring(1);
    }
  }

  /** A struct; a nested struct's fields stand before the field that they make up. */
  record Struct(String name, long size, List<Field> fields) {

    Class<?> type() {
      try {
        return Class.forName("busbar.uapi." + camelCase(name));
      } catch (ClassNotFoundException e) {
        throw new AssertionError("struct " + name + " has no record", e);
      }
    }

    /** The fields that are not part of another field. */
    List<Field> ownFields() {
      return fields.stream().filter(f -> parentOf(f) == null).toList();
    }

    /** The nested struct or flexible array that {@code field} is part of, or null. */
    Field parentOf(Field field) {
      return fields.stream().filter(f -> f.contains(field)).findFirst().orElse(null);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final Pattern DECLARATION =
      Pattern.compile("(?:(\\w+(?: \\*)?) )??(\\w+) ?(?:\\[(\\d*)\\])?");
  private static final Map<String, Object> ALL = load();

  private KernelFacts() {}

  static Map<String, Long> constants() {
    Map<String, Long> constants = new LinkedHashMap<>();
    object(ALL, "constants").forEach((k, v) -> constants.put(k, ((Number) v).longValue()));
    return constants;
  }

  static List<Struct> structs() {
    List<Struct> structs = new ArrayList<>();
    Map<String, Object> all = object(ALL, "structs");
    for (String name : all.keySet()) {
      Map<String, Object> struct = object(all, name);
      List<Field> fields = new ArrayList<>();
      for (Object field : (List<?>) struct.get("fields")) {
        fields.add(field((Map<?, ?>) field));
      }
      structs.add(new Struct(name, number(struct, "size"), fields));
    }
    return structs;
  }

  private static Field field(Map<?, ?> field) {
    Matcher m = DECLARATION.matcher((String) field.get("field"));
    if (!m.matches()) {
      throw new AssertionError("not a declaration: " + field);
    }
    String elements = m.group(3);
    return new Field(
        m.group(1) == null ? "" : m.group(1),
        m.group(2),
        elements == null ? 1 : elements.isEmpty() ? 0 : Integer.parseInt(elements),
        number(field, "offset"),
        number(field, "size"));
  }

  private static String camelCase(String kernelName) {
    return Arrays.stream(kernelName.split("_"))
        .filter(word -> !word.isEmpty())
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }

  private static long number(Map<?, ?> object, String key) {
    return ((Number) object.get(key)).longValue();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Map<String, Object> object, String key) {
    return (Map<String, Object>) object.get(key);
  }

  private static Map<String, Object> load() {
    try (InputStream in = KernelFacts.class.getResourceAsStream("/vfio-uapi.json")) {
      return JSON.std.mapFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
