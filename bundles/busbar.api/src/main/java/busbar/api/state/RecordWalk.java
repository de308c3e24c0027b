package busbar.api.state;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Goes through what a record holds. */
final class RecordWalk {
  private RecordWalk() {}

  static void walk(String path, Object value, Predicate<Class<?>> types, List<String> found) {
    if (value == null) {
      return;
    }
    if (types.test(element(value.getClass()))) {
      found.add(path);
    }
    switch (value) {
      case StateRecord nested ->
          nested.values().forEach((name, next) -> walk(path + "." + name, next, types, found));
      case Map<?, ?> map ->
          map.forEach(
              (key, next) -> {
                walk(path + " key", key, types, found);
                walk(path + "." + key, next, types, found);
              });
      case Iterable<?> all -> all.forEach(next -> walk(path, next, types, found));
      case AtomicReference<?> reference -> walk(path, reference.get(), types, found);
      case Object[] array -> {
        for (Object next : array) {
          walk(path, next, types, found);
        }
      }
      default -> {
        // a plain value, or a handle whose insides belong to whoever made it
      }
    }
  }

  private static Class<?> element(Class<?> type) {
    return type.isArray() ? element(type.componentType()) : type;
  }
}
