package busbar.model.vga;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.ModelContext;
import busbar.machine.model.Regions;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A VGA adapter with Bochs display interface: framebuffer in BAR 0, registers in BAR 2, and the
 * legacy memory and ports.
 *
 * <p>Any thread; accesses to the framebuffer do not come here.
 */
final class VgaModel implements DeviceModel {
  private static final String KIND = "vga";
  static final int VERSION = 1;
  private static final int BAR_FRAMEBUFFER = 0;
  private static final int BAR_REGISTERS = 2;
  private static final long SMALLEST_MEMORY = 0x40000;

  private static final int PORTS_END = 0x420;
  private static final int PORTS_START = 0x400;
  private static final int DISPLAY_START = 0x500;
  private static final int DISPLAY_END = 0x516;
  private static final int EXTENSION_SIZE = 0x600;
  private static final int EXTENSION_ORDER = 0x604;
  private static final int ORDER_LITTLE = 0x1e1e1e1e;
  private static final int ORDER_BIG = 0xbebebebe;

  private static final AccessSizes BYTES = AccessSizes.builtOf(1);
  private static final AccessSizes HALVES = AccessSizes.builtOf(2);
  private static final AccessSizes WORDS = AccessSizes.builtOf(4);

  private final ModelContext context;
  private final byte[] edid = Edid.block();
  private final VideoMemory memory;

  /** Guards all registers and the legacy window's latch. */
  private final ReentrantLock registerLock = new ReentrantLock();

  private final VgaRegisters registers = new VgaRegisters();
  private final LegacyWindow window;
  private final BochsDisplay display;
  private boolean bigEndianPixels;

  VgaModel(ModelContext context) {
    this.context = context;
    boolean hasVideoBios = context.rom().length > 0 || context.properties().containsKey("romSize");
    if (context.regionSize(BAR_FRAMEBUFFER) < SMALLEST_MEMORY) {
      throw Errno.EINVAL.because(
          "%s has %d bytes of video memory, a VGA adapter needs %d",
          context.name(), context.regionSize(BAR_FRAMEBUFFER), SMALLEST_MEMORY);
    }
    memory =
        new VideoMemory(
            context,
            BAR_FRAMEBUFFER,
            hasVideoBios ? VideoMemory.Start.TEXT_SCREEN : VideoMemory.Start.ZEROS);
    window = new LegacyWindow(registers, memory);
    display = new BochsDisplay(memory, registers, window);
    bigEndianPixels = context.boardByteOrder() == ByteOrder.BIG_ENDIAN;
    if (hasVideoBios) {
      registers.showText(); // firmware has run it at power-on
    }
  }

  @Override
  public MemorySegment memory(int region) {
    return region == BAR_FRAMEBUFFER ? memory.segment() : null;
  }

  @Override
  public long read(int region, long offset, int width) {
    prepareMemory(region);
    registerLock.lock();
    try {
      return switch (region) {
        case BAR_FRAMEBUFFER -> BYTES.read(offset, width, (at, size) -> memory.readByte(at));
        case BAR_REGISTERS -> readBar((int) offset, width);
        case Regions.VGA_MEMORY -> BYTES.read(offset, width, (at, size) -> window.read(at));
        case Regions.VGA_PORTS -> readPorts((int) offset + 0x3b0, width);
        default -> 0;
      };
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    prepareMemory(region);
    registerLock.lock();
    try {
      switch (region) {
        case BAR_FRAMEBUFFER ->
            BYTES.write(offset, width, value, (at, size, bits) -> memory.writeByte(at, (int) bits));
        case BAR_REGISTERS -> writeBar((int) offset, width, value);
        case Regions.VGA_MEMORY ->
            BYTES.write(offset, width, value, (at, size, bits) -> window.write(at, (int) bits));
        case Regions.VGA_PORTS -> writePorts((int) offset + 0x3b0, width, value);
        default -> {} // no other region
      }
    } finally {
      registerLock.unlock();
    }
  }

  /** Whatever may use the memory finds it there, as the machine is asked for it without a lock. */
  private void prepareMemory(int region) {
    if (region != Regions.VGA_PORTS) {
      memory.segment();
    }
  }

  /**
   * A port takes bytes. Two at once reach two ports that stand side by side; four reach nothing.
   */
  private long readPorts(int port, int width) {
    if (width > 2 || !VgaRegisters.listens(port)) {
      return AccessSizes.mask(-1, width);
    }
    long value = registers.read(port);
    if (width == 2) {
      value |= (long) registers.read(port + 1) << 8;
    }
    return value;
  }

  private void writePorts(int port, int width, long value) {
    if (width <= 2) {
      BYTES.write(port, width, value, (at, size, bits) -> registers.write((int) at, (int) bits));
    }
  }

  private long readBar(int offset, int width) {
    if (offset < PORTS_START) {
      return BYTES.read(offset, width, (at, size) -> at < Edid.SIZE ? edid[(int) at] : 0);
    }
    if (offset < PORTS_END) {
      return BYTES.read(
          offset, width, (at, size) -> registers.read((int) at - PORTS_START + 0x3c0));
    }
    if (offset >= DISPLAY_START && offset < DISPLAY_END) {
      return HALVES.read(
          offset, width, (at, size) -> display.read((int) (at - DISPLAY_START) >> 1));
    }
    return WORDS.read(
        offset,
        width,
        (at, size) ->
            switch ((int) at) {
              case EXTENSION_SIZE -> 8;
              case EXTENSION_ORDER -> bigEndianPixels ? ORDER_BIG : ORDER_LITTLE;
              default -> 0;
            });
  }

  private void writeBar(int offset, int width, long value) {
    if (offset >= PORTS_START && offset < PORTS_END) {
      BYTES.write(
          offset,
          width,
          value,
          (at, size, bits) -> registers.write((int) at - PORTS_START + 0x3c0, (int) bits));
    } else if (offset >= DISPLAY_START && offset < DISPLAY_END) {
      HALVES.write(
          offset,
          width,
          value,
          (at, size, bits) -> display.write((int) (at - DISPLAY_START) >> 1, (int) bits));
    } else if (offset == EXTENSION_ORDER) {
      if ((int) value == ORDER_BIG) {
        bigEndianPixels = true;
      } else if ((int) value == ORDER_LITTLE) {
        bigEndianPixels = false;
      }
    }
  }

  /** Registers only: no video BIOS runs after a reset, and memory keeps its contents. */
  @Override
  public void reset() {
    registerLock.lock();
    try {
      registers.reset();
      display.reset();
      window.setLatch(0);
      bigEndianPixels = context.boardByteOrder() == ByteOrder.BIG_ENDIAN;
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public StateRecord save() {
    registerLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.of(
              "registers", registers.snapshot(),
              "display", display.save(),
              "latch", (long) window.latch(),
              "bigEndianPixels", bigEndianPixels,
              "memoryUntouched", memory.isUntouched()));
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    final boolean untouched = state.get("memoryUntouched", Boolean.class);
    registerLock.lock();
    try {
      registers.takeOver(state.get("registers", byte[].class));
      display.restore(state.get("display", StateRecord.class));
      window.setLatch((int) state.number("latch"));
      bigEndianPixels = state.get("bigEndianPixels", Boolean.class);
      memory.restore(untouched);
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
