package busbar.model.virtio;

import busbar.api.state.StateRecord;
import java.util.Map;

/** The registers and positions of one split virtqueue. The core's device lock guards it. */
final class Virtqueue {
  static final int NO_VECTOR = 0xffff;

  final int index;
  final int largest;
  int size;
  int vector = NO_VECTOR;
  boolean enabled;
  long descriptors;
  long available;
  long used;

  /** Position of the next chain to take, counts on without end. */
  int taken;

  /** Counts resets, so that the task notices that the rings it works on are gone. */
  int generation;

  Virtqueue(int index, int largest) {
    this.index = index;
    this.largest = largest;
    size = largest;
  }

  void reset() {
    size = largest;
    vector = NO_VECTOR;
    enabled = false;
    descriptors = 0;
    available = 0;
    used = 0;
    taken = 0;
    generation++;
  }

  /** What the task needs to work without the lock. */
  record View(int index, int size, long descriptors, long available, long used, int generation) {}

  View view() {
    return new View(index, size, descriptors, available, used, generation);
  }

  /** Whether software may set this size. */
  boolean fits(int wanted) {
    return wanted > 0 && wanted <= largest && Integer.bitCount(wanted) == 1;
  }

  StateRecord save() {
    return new StateRecord(
        "virtqueue",
        1,
        Map.of(
            "size", (long) size,
            "vector", (long) vector,
            "enabled", enabled,
            "descriptors", descriptors,
            "available", available,
            "used", used,
            "taken", (long) taken));
  }

  void restore(StateRecord state) {
    state.expect("virtqueue", 1);
    size = (int) state.number("size");
    vector = (int) state.number("vector");
    enabled = state.get("enabled", Boolean.class);
    descriptors = state.number("descriptors");
    available = state.number("available");
    used = state.number("used");
    taken = (int) state.number("taken");
  }
}
