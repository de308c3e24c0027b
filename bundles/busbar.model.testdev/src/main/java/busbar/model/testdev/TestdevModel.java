package busbar.model.testdev;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * pci-testdev: a device to try accesses on. A write to offset 0 of a BAR selects a test of that
 * BAR, both BARs then show its header, and matching writes to the test's offset are counted.
 *
 * <p>Any thread.
 */
final class TestdevModel implements DeviceModel {
  private static final String KIND = "pci-testdev";
  static final int VERSION = 1;
  private static final int NONE = -1;
  private static final AccessSizes SIZES = AccessSizes.builtOf(1);
  private static final List<AccessTest> TESTS = AccessTest.all();

  /** Guards the two fields below. */
  private final ReentrantLock testLock = new ReentrantLock();

  private int current = NONE;
  private int count;

  @Override
  public long read(int region, long offset, int width) {
    testLock.lock();
    try {
      if (current == NONE) {
        return 0;
      }
      AccessTest test = TESTS.get(current);
      return SIZES.read(offset, width, (at, size) -> test.headerByte(at, count));
    } finally {
      testLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    testLock.lock();
    try {
      if (!signalled(region, offset, width, value)) {
        SIZES.write(offset, width, value, (at, size, bits) -> writeByte(region, at, (int) bits));
      }
    } finally {
      testLock.unlock();
    }
  }

  /** Whether the write is one that hardware turns into a signal before it reaches the registers. */
  private boolean signalled(int region, long offset, int width, long value) {
    if (current == NONE || width != 1) {
      return false;
    }
    AccessTest test = TESTS.get(current);
    return test.kind().signals()
        && test.region() == region
        && test.offset() == offset
        && test.kind().matches((int) value & 0xff);
  }

  private void writeByte(int region, long offset, int value) {
    if (offset == 0) {
      int tests = AccessTest.Kind.values().length;
      current = value < tests ? region * tests + value : NONE;
      count = 0;
    } else if (current != NONE) {
      AccessTest test = TESTS.get(current);
      if (test.offset() == offset && test.kind().matches(value)) {
        count++;
      }
    }
  }

  @Override
  public void reset() {
    testLock.lock();
    try {
      current = NONE;
      count = 0;
    } finally {
      testLock.unlock();
    }
  }

  @Override
  public StateRecord save() {
    testLock.lock();
    try {
      return new StateRecord(
          KIND, VERSION, Map.of("current", (long) current, "count", (long) count));
    } finally {
      testLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    long selected = state.number("current");
    if (selected < NONE || selected >= TESTS.size()) {
      throw Errno.EINVAL.because("the state of %s selects test %d, there is none", KIND, selected);
    }
    testLock.lock();
    try {
      count = (int) state.number("count");
      current = (int) selected;
    } finally {
      testLock.unlock();
    }
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
