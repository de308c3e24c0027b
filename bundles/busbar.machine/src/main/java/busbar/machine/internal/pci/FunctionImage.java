package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is inside a function: its model's state, memory of its regions, messages that wait. */
final class FunctionImage {
  private static final String KIND = "pci-function";
  private static final int VERSION = 1;

  private FunctionImage() {}

  static StateRecord of(FunctionHardware function, String what, StateRecord model) {
    List<StateRecord> memory = new ArrayList<>();
    function
        .regionMemory()
        .forEach(
            (region, segment) ->
                memory.add(
                    new StateRecord(
                        "memory",
                        1,
                        Map.of(
                            "region",
                            (long) region,
                            "bytes",
                            segment.toArray(ValueLayout.JAVA_BYTE)))));
    List<Long> pending = function.messages().pending().stream().map(Long::valueOf).toList();
    return new StateRecord(
        KIND,
        VERSION,
        Map.of("what", what, "model", model, "memory", List.copyOf(memory), "pending", pending));
  }

  /** Takes an image; {@code EINVAL} and as before if it does not fit. */
  static void load(FunctionHardware function, String what, StateRecord record) {
    StateRecord image = record.expect(KIND, VERSION);
    if (!image.get("what", String.class).equals(what)) {
      throw Errno.EINVAL.because(
          "the state is of a '%s', %s is a '%s'",
          image.get("what", String.class), function.name(), what);
    }
    List<Integer> pending = pending(function, elements(image, "pending", Long.class));
    Map<Integer, byte[]> memory = memory(function, elements(image, "memory", StateRecord.class));
    exchange(function, image.get("model", StateRecord.class), memory);
    pending.forEach(function.messages()::setPending);
  }

  /** A list whose elements somebody else wrote. */
  private static <T> List<T> elements(StateRecord record, String name, Class<T> type) {
    List<?> list = record.get(name, List.class);
    if (!list.stream().allMatch(type::isInstance)) {
      throw Errno.EINVAL.because("not all of %s in the state is %s", name, type.getSimpleName());
    }
    return record.list(name, type);
  }

  private static List<Integer> pending(FunctionHardware function, List<Long> vectors) {
    int count = function.messages().table() == null ? 0 : function.messages().table().vectors();
    for (long vector : vectors) {
      if (vector < 0 || vector >= count) {
        throw Errno.EINVAL.because(
            "message %d waits in the state, %s has %d", vector, function.name(), count);
      }
    }
    return vectors.stream().map(Long::intValue).toList();
  }

  private static Map<Integer, byte[]> memory(FunctionHardware function, List<StateRecord> list) {
    Map<Integer, byte[]> memory = new HashMap<>();
    for (StateRecord one : list) {
      long region = one.number("region");
      byte[] bytes = one.get("bytes", byte[].class);
      MemorySegment there = function.regionMemory().get((int) region);
      if (there == null || there.byteSize() != bytes.length) {
        throw Errno.EINVAL.because(
            "the state has %d bytes of memory for region %d, %s has %d",
            bytes.length, region, function.name(), there == null ? 0 : there.byteSize());
      }
      memory.put((int) region, bytes);
    }
    return memory;
  }

  /** A fresh model takes the state, or the old one goes on with all that it had. */
  private static void exchange(
      FunctionHardware function, StateRecord model, Map<Integer, byte[]> memory) {
    Map<Integer, byte[]> before = new HashMap<>();
    memory
        .keySet()
        .forEach(
            region ->
                before.put(
                    region, function.regionMemory().get(region).toArray(ValueLayout.JAVA_BYTE)));
    fill(function, memory);
    try {
      // a model shows its line when it is in place
      function.host().load(model, () -> function.pin().want(false));
    } catch (RuntimeException e) {
      fill(function, before);
      throw refusal(function, e);
    }
  }

  private static void fill(FunctionHardware function, Map<Integer, byte[]> memory) {
    memory.forEach(
        (region, bytes) ->
            function.regionMemory().get(region).copyFrom(MemorySegment.ofArray(bytes)));
  }

  /** A model that stumbles over a state refuses it, in whatever way. */
  private static VfioException refusal(FunctionHardware function, RuntimeException e) {
    return e instanceof VfioException refused && refused.errno() != Errno.EIO
        ? refused
        : new VfioException(
            Errno.EINVAL, "the model of " + function.name() + " cannot take the state: " + e, e);
  }
}
