package busbar.shell;

import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Turns the records of the administration edge into maps, lists and plain values for JSON. */
final class Plain {
  private Plain() {}

  static Object of(Object value) {
    return switch (value) {
      case null -> null;
      case Optional<?> optional -> of(optional.orElse(null));
      case OptionalInt optional -> optional.isPresent() ? optional.getAsInt() : null;
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      case Instant time -> time.toString();
      case Record record -> ofRecord(record);
      case Map<?, ?> map -> ofMap(map);
      case Collection<?> collection -> ofCollection(collection);
      default -> value;
    };
  }

  private static Map<String, Object> ofRecord(Record record) {
    Map<String, Object> plain = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        plain.put(component.getName(), of(component.getAccessor().invoke(record)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + component + " of " + record, e);
      }
    }
    return plain;
  }

  private static Map<String, Object> ofMap(Map<?, ?> map) {
    Map<String, Object> plain = new LinkedHashMap<>();
    map.forEach((key, value) -> plain.put(String.valueOf(key), of(value)));
    return plain;
  }

  private static List<Object> ofCollection(Collection<?> collection) {
    List<Object> plain = new ArrayList<>();
    collection.forEach(value -> plain.add(of(value)));
    return plain;
  }
}
