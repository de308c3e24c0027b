package busbar.conformance.swap;

import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * A record with one thing wrong: of another kind or a newer version, with a value that is missing,
 * of another type, out of range or cut short, nested records and lists included.
 *
 * @param what is wrong
 * @param record with it
 */
public record Damage(String what, StateRecord record) {
  /** So many elements of a list or array are tried. */
  private static final int MOST = 12;

  /** Of no type that a record may hold. */
  private static final Object NONSENSE =
      new Object() {
        @Override
        public String toString() {
          return "nonsense";
        }
      };

  /** Everything that can be wrong with a good record. */
  public static List<Damage> of(StateRecord good) {
    List<Damage> damages = new ArrayList<>();
    damages.add(new Damage("kind", new StateRecord("nonsense", good.version(), good.values())));
    damages.add(
        new Damage("version", new StateRecord(good.kind(), Integer.MAX_VALUE, good.values())));
    inside(good, "", Function.identity(), damages);
    return damages;
  }

  private static void inside(
      StateRecord record,
      String path,
      Function<StateRecord, StateRecord> whole,
      List<Damage> damages) {
    for (String name : record.values().keySet()) {
      String at = path + name;
      Function<Object, StateRecord> changed = value -> whole.apply(with(record, name, value));
      damages.add(new Damage(at + " is missing", changed.apply(null)));
      wrong(record.values().get(name), at, changed, damages);
    }
  }

  private static StateRecord with(StateRecord record, String name, Object value) {
    Map<String, Object> values = new HashMap<>(record.values());
    if (value == null) {
      values.remove(name);
    } else {
      values.put(name, value);
    }
    return new StateRecord(record.kind(), record.version(), values);
  }

  private static void wrong(
      Object good, String at, Function<Object, StateRecord> changed, List<Damage> damages) {
    damages.add(new Damage(at + " is nonsense", changed.apply(NONSENSE)));
    switch (good) {
      case Long ignored -> {
        for (long value : new long[] {-1, 0, 1, 3, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
          damages.add(new Damage(at + " is " + value, changed.apply(value)));
        }
      }
      case String ignored ->
          damages.add(new Damage(at + " is another text", changed.apply("nonsense")));
      case byte[] bytes -> {
        damages.add(new Damage(at + " is empty", changed.apply(new byte[0])));
        damages.add(new Damage(at + " is longer", changed.apply(new byte[bytes.length + 1])));
        if (bytes.length > 0) {
          byte[] shorter = new byte[bytes.length - 1];
          damages.add(new Damage(at + " is shorter", changed.apply(shorter)));
          byte[] ones = new byte[bytes.length];
          Arrays.fill(ones, (byte) 0xff);
          damages.add(new Damage(at + " is all ones", changed.apply(ones)));
        }
      }
      case long[] numbers -> {
        damages.add(new Damage(at + " is empty", changed.apply(new long[0])));
        damages.add(new Damage(at + " is longer", changed.apply(new long[numbers.length + 1])));
        for (int i = 0; i < Math.min(numbers.length, MOST); i++) {
          long[] wrong = numbers.clone();
          wrong[i] = -1;
          damages.add(new Damage(at + "[" + i + "] is -1", changed.apply(wrong)));
        }
      }
      case AtomicReference<?> cell when cell.get() instanceof StateRecord nested ->
          inside(nested, at + ".", value -> changed.apply(new AtomicReference<>(value)), damages);
      case List<?> list -> {
        damages.add(new Damage(at + " holds nonsense", changed.apply(List.of(NONSENSE))));
        damages.add(new Damage(at + " is empty", changed.apply(List.of())));
        element(list, at, changed, damages);
      }
      case StateRecord nested -> inside(nested, at + ".", changed::apply, damages);
      default -> {
        // a handle: another type was tried
      }
    }
  }

  private static void element(
      List<?> list, String at, Function<Object, StateRecord> changed, List<Damage> damages) {
    for (int i = 0; i < Math.min(list.size(), MOST); i++) {
      int index = i;
      wrong(
          list.get(i),
          at + "[" + i + "]",
          value -> {
            List<Object> others = new ArrayList<>(list);
            others.set(index, value);
            return changed.apply(others);
          },
          damages);
    }
  }

  @Override
  public String toString() {
    return what;
  }
}
