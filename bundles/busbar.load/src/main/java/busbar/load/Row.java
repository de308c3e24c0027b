package busbar.load;

import java.util.LinkedHashMap;
import java.util.Map;

/** What one target and way gave. */
record Row(
    String target,
    String way,
    int swaps,
    long failedOps,
    long lostInterrupts,
    long doubledInterrupts,
    long wrongBytes,
    long leakedPages,
    int leakedLoaders,
    Times pause,
    Times took) {
  private static final long SIDE_BY_SIDE_MICROS = 1_000;
  private static final long BEYOND_UPDATE_MICROS = 1_000;

  /** What a pause may last in 99 of 100 swaps. */
  long boundMicros() {
    return way.equals(Way.UPDATE) ? took.p99() + BEYOND_UPDATE_MICROS : SIDE_BY_SIDE_MICROS;
  }

  /** Whether nothing went wrong but time. */
  boolean isClean() {
    return failedOps == 0
        && lostInterrupts == 0
        && doubledInterrupts == 0
        && wrongBytes == 0
        && leakedPages == 0
        && leakedLoaders == 0;
  }

  boolean isInTime() {
    return pause.p99() <= boundMicros();
  }

  Map<String, Object> toJson() {
    Map<String, Object> times = new LinkedHashMap<>();
    times.put("p50", pause.p50());
    times.put("p99", pause.p99());
    times.put("max", pause.max());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("target", target);
    json.put("way", way);
    json.put("swaps", swaps);
    json.put("failedOps", failedOps);
    json.put("lostInterrupts", lostInterrupts);
    json.put("doubledInterrupts", doubledInterrupts);
    json.put("wrongBytes", wrongBytes);
    json.put("leakedPages", leakedPages);
    json.put("leakedLoaders", leakedLoaders);
    json.put("pauseMicros", times);
    return json;
  }
}
