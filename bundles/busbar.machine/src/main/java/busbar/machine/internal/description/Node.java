package busbar.machine.internal.description;

import java.util.List;
import java.util.Map;

/**
 * A JSON value that knows where it stands.
 *
 * @param value Map of String to Node, List of Node, String, Long, Double, Boolean or {@code null}
 * @param pointer JSON pointer
 */
record Node(Object value, String pointer, int line, int column) {
  @SuppressWarnings("unchecked")
  Map<String, Node> object() {
    return (Map<String, Node>) value;
  }

  @SuppressWarnings("unchecked")
  List<Node> array() {
    return (List<Node>) value;
  }

  /** The value in plain types, without places. */
  Object plain() {
    if (value instanceof Map<?, ?>) {
      Map<String, Object> plain = new java.util.LinkedHashMap<>();
      object().forEach((key, node) -> plain.put(key, node.plain()));
      return plain;
    }
    if (value instanceof List<?>) {
      List<Object> plain = new java.util.ArrayList<>();
      array().forEach(node -> plain.add(node.plain()));
      return plain;
    }
    return value;
  }

  String kind() {
    return switch (value) {
      case null -> "null";
      case Map<?, ?> map -> "an object";
      case List<?> list -> "a list";
      case String string -> "a string";
      case Long number -> "a number";
      case Double number -> "a fraction";
      case Boolean flag -> "true or false";
      default -> value.toString();
    };
  }
}
