package busbar.api.state;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * State of a device, driver or backend on its way from one version to the next.
 *
 * <p>Values are {@code Long}, {@code String}, {@code Boolean}, {@code byte[]}, {@code long[]},
 * {@code List}, nested {@code StateRecord} or handles of types of this API ({@link
 * busbar.api.EventFd}, {@link busbar.api.memory.AddressSpace}, …): nothing that belongs to the
 * class loader of a driver. What both sides change while the gate is closed, they share in a plain
 * reference or counter of the platform ({@code AtomicBoolean}, …).
 *
 * @param kind whose state it is: {@code "vfio-pci"}
 * @param version the schema's version; a reader takes its own and older ones
 * @param values by name
 */
public record StateRecord(String kind, int version, Map<String, Object> values) {
  public StateRecord {
    values = Map.copyOf(values);
  }

  /**
   * A value that must be there.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is absent or of another type
   */
  public <T> T get(String name, Class<T> type) {
    Object value = values.get(name);
    if (!type.isInstance(value)) {
      throw lacks(name, type);
    }
    return type.cast(value);
  }

  private VfioException lacks(String name, Class<?> type) {
    return Errno.EINVAL.because(
        "the state of %s (version %d) has no %s called %s",
        kind, version, type.getSimpleName(), name);
  }

  /**
   * A value that may be absent.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is there and of another type
   */
  public <T> Optional<T> optional(String name, Class<T> type) {
    return values.containsKey(name) ? Optional.of(get(name, type)) : Optional.empty();
  }

  /**
   * A constant that was saved by its name.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is absent or not one of the type
   */
  public <E extends Enum<E>> E choice(String name, Class<E> type) {
    String saved = get(name, String.class);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(saved)) {
        return constant;
      }
    }
    throw lacks(name, type);
  }

  /** A number that must be there; as {@link #get}. */
  public long number(String name) {
    return get(name, Long.class);
  }

  /** A list that must be there, of elements of that type; as {@link #get}. */
  public <T> List<T> list(String name, Class<T> type) {
    // a loop: states are read while operations wait, mostly by code that has not run before
    List<T> list = new ArrayList<>();
    for (Object value : get(name, List.class)) {
      if (!type.isInstance(value)) {
        throw lacks(name, type);
      }
      list.add(type.cast(value));
    }
    return Collections.unmodifiableList(list);
  }

  /**
   * Checks that a reader can take this record.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is of another kind or a newer version
   */
  public StateRecord expect(String wantedKind, int newestVersion) {
    if (!kind.equals(wantedKind) || version > newestVersion) {
      throw Errno.EINVAL.because(
          "state of %s version %d cannot be taken by %s, which knows versions up to %d",
          kind, version, wantedKind, newestVersion);
    }
    return this;
  }

  /**
   * Where the record holds something of the types that are asked for, nested records, lists, arrays
   * and references included: what must not cross, as long as types of a driver are asked for.
   *
   * @return paths of values, {@code "interrupts.triggers"}; none if there is nothing
   */
  public List<String> holding(Predicate<Class<?>> types) {
    List<String> found = new ArrayList<>();
    values.forEach((name, value) -> RecordWalk.walk(name, value, types, found));
    return List.copyOf(found);
  }
}
