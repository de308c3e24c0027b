package busbar.model.nvme;

import busbar.api.state.StateRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Values that Set Features and Get Features handle (NVMe base specification 1.4, section 5.21). The
 * controller lock guards them.
 */
final class Features {
  static final int ARBITRATION = 0x01;
  static final int POWER = 0x02;
  static final int TEMPERATURE = 0x04;
  static final int ERROR_RECOVERY = 0x05;
  static final int QUEUES = 0x07;
  static final int COALESCING = 0x08;
  static final int VECTOR = 0x09;
  static final int ATOMICITY = 0x0a;
  static final int EVENTS = 0x0b;

  private static final int SAVED = 2;
  private static final int SUPPORTED = 3;
  private static final int CHANGEABLE = 4;
  private static final int DEFAULT = 1;

  private final int ioQueues;
  private final TreeMap<Integer, Integer> values = new TreeMap<>();

  Features(int ioQueues) {
    this.ioQueues = ioQueues;
    reset();
  }

  void reset() {
    values.clear();
    values.put(ARBITRATION, 6);
    values.put(POWER, 0);
    values.put(TEMPERATURE, 0x157);
    values.put(ERROR_RECOVERY, 0);
    values.put(QUEUES, (ioQueues - 1) * 0x1_0001);
    values.put(COALESCING, 0);
    values.put(VECTOR, 0);
    values.put(ATOMICITY, 0);
    values.put(EVENTS, 0);
  }

  Result get(Command command) {
    int feature = command.d10() & 0xff;
    int selector = command.d10() >>> 8 & 7;
    Integer value = values.get(feature);
    if (value == null) {
      return Result.failed(Result.INVALID_FIELD);
    }
    return switch (selector) {
      case SUPPORTED -> Result.value(feature == QUEUES ? 0 : CHANGEABLE);
      case DEFAULT, SAVED -> Result.value(new Features(ioQueues).values.get(feature));
      default -> Result.value(feature == VECTOR ? command.d11() & 0xffff : value);
    };
  }

  Result set(Command command) {
    int feature = command.d10() & 0xff;
    if (command.d10() < 0) {
      return Result.failed(Result.FEATURE_NOT_SAVEABLE);
    }
    if (!values.containsKey(feature)) {
      return Result.failed(Result.INVALID_FIELD);
    }
    if (feature == QUEUES) {
      boolean valid = (command.d11() & 0xffff) != 0xffff && command.d11() >>> 16 != 0xffff;
      return valid ? Result.value(values.get(QUEUES)) : Result.failed(Result.INVALID_FIELD);
    }
    values.put(feature, command.d11());
    return Result.SUCCESS;
  }

  StateRecord save() {
    return new StateRecord(
        "nvme-features",
        1,
        values.entrySet().stream()
            .collect(
                Collectors.toMap(
                    entry -> Integer.toString(entry.getKey()),
                    entry -> (Object) entry.getValue().longValue())));
  }

  void restore(StateRecord state) {
    state.expect("nvme-features", 1);
    for (Map.Entry<String, Object> entry : state.values().entrySet()) {
      values.put(Integer.parseInt(entry.getKey()), (int) state.number(entry.getKey()));
    }
  }
}
