package busbar.model.pl061;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Arm PrimeCell GPIO PL061 (DDI 0190): eight pins, each an input or an output, with interrupts by
 * level or edge on one line. Nothing is connected to the pins: inputs are low.
 *
 * <p>Any thread.
 */
final class Pl061Model implements DeviceModel {
  private static final String KIND = "pl061";
  static final int VERSION = 1;
  private static final AccessSizes SIZES = new AccessSizes(1, 8, 1, 4);

  private static final int DATA_END = 0x400;
  private static final int DIRECTION = 0x400;
  private static final int LEVEL_SENSE = 0x404;
  private static final int BOTH_EDGES = 0x408;
  private static final int EVENT = 0x40c;
  private static final int MASK = 0x410;
  private static final int RAW_STATUS = 0x414;
  private static final int MASKED_STATUS = 0x418;
  private static final int CLEAR = 0x41c;
  private static final int ALTERNATE = 0x420;
  private static final int IDENTIFICATION = 0xfd0;
  private static final int REGISTERS_END = 0x1000;
  private static final int[] IDENTIFICATION_BYTES = {
    0x00, 0x00, 0x00, 0x00, 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1
  };

  private final InterruptLine line;

  /** Guards all fields below; each has one bit for each pin. */
  private final ReentrantLock registerLock = new ReentrantLock();

  private int data;
  private int seenInputs;
  private int outputs;
  private int levelSense;
  private int bothEdges;
  private int event;
  private int mask;
  private int status;
  private int alternate;

  Pl061Model(ModelContext context) {
    line = new InterruptLine(context, 0);
  }

  @Override
  public long read(int region, long offset, int width) {
    return SIZES.read(offset, width, (at, size) -> readRegister((int) at));
  }

  private int readRegister(int offset) {
    if (offset >= IDENTIFICATION && offset < REGISTERS_END) {
      return IDENTIFICATION_BYTES[(offset - IDENTIFICATION) >> 2];
    }
    registerLock.lock();
    try {
      if (offset < DATA_END) {
        return data & offset >> 2; // the address says which pins are meant
      }
      return switch (offset) {
        case DIRECTION -> outputs;
        case LEVEL_SENSE -> levelSense;
        case BOTH_EDGES -> bothEdges;
        case EVENT -> event;
        case MASK -> mask;
        case RAW_STATUS -> status;
        case MASKED_STATUS -> status & mask;
        case ALTERNATE -> alternate;
        default -> 0;
      };
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    SIZES.write(offset, width, value, (at, size, bits) -> writeRegister((int) at, (int) bits));
    line.publish();
  }

  private void writeRegister(int offset, int value) {
    int bits = value & 0xff;
    registerLock.lock();
    try {
      if (offset < DATA_END) {
        int meant = offset >> 2 & outputs;
        data = data & ~meant | bits & meant;
      } else {
        switch (offset) {
          case DIRECTION -> outputs = bits;
          case LEVEL_SENSE -> levelSense = bits;
          case BOTH_EDGES -> bothEdges = bits;
          case EVENT -> event = bits;
          case MASK -> mask = bits;
          case CLEAR -> status &= ~bits;
          case ALTERNATE -> alternate = bits;
          default -> {} // read-only, or nothing
        }
      }
      update();
    } finally {
      registerLock.unlock();
    }
  }

  /**
   * Finds edges of the inputs since the last look, and levels; a level that stays cannot be
   * cleared.
   */
  private void update() {
    int changed = (seenInputs ^ data) & ~outputs;
    if (changed != 0) {
      seenInputs = data;
    }
    int wanted = ~(data ^ event) & 0xff;
    status |= changed & ~levelSense & (bothEdges | wanted);
    status |= wanted & levelSense;
    line.wantHighIf((status & mask) != 0);
  }

  @Override
  public void reset() {
    registerLock.lock();
    try {
      data = 0;
      seenInputs = 0;
      outputs = 0;
      levelSense = 0;
      bothEdges = 0;
      event = 0;
      mask = 0;
      status = 0;
      alternate = 0;
      line.wantHighIf(false);
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    registerLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.of(
              "data", (long) data,
              "seenInputs", (long) seenInputs,
              "outputs", (long) outputs,
              "levelSense", (long) levelSense,
              "bothEdges", (long) bothEdges,
              "event", (long) event,
              "mask", (long) mask,
              "status", (long) status,
              "alternate", (long) alternate));
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    registerLock.lock();
    try {
      data = bits(state, "data");
      seenInputs = bits(state, "seenInputs");
      outputs = bits(state, "outputs");
      levelSense = bits(state, "levelSense");
      bothEdges = bits(state, "bothEdges");
      event = bits(state, "event");
      mask = bits(state, "mask");
      status = bits(state, "status");
      alternate = bits(state, "alternate");
      line.wantHighIf((status & mask) != 0);
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  private static int bits(StateRecord state, String name) {
    return (int) state.number(name) & 0xff;
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
