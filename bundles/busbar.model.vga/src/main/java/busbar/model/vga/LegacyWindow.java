package busbar.model.vga;

/**
 * The window at 0xA0000: how its bytes lie in the four planes of memory, through latches, masks and
 * write modes of the graphics controller. The model's register lock guards it.
 */
final class LegacyWindow {
  private static final int NOTHING = 0xff;
  private static final int[] PLANE_MASK = new int[16];

  static {
    for (int planes = 0; planes < 16; planes++) {
      for (int plane = 0; plane < 4; plane++) {
        PLANE_MASK[planes] |= (planes >>> plane & 1) * 0xff << (8 * plane);
      }
    }
  }

  private final VgaRegisters registers;
  private final VideoMemory memory;
  private int latch;
  private long bank;

  LegacyWindow(VgaRegisters registers, VideoMemory memory) {
    this.registers = registers;
    this.memory = memory;
  }

  /** The memory that the window's first 64 KiB show while the Bochs interface is on. */
  void setBank(long offset) {
    bank = offset;
  }

  long bank() {
    return bank;
  }

  int latch() {
    return latch;
  }

  void setLatch(int value) {
    latch = value;
  }

  /** The place of an address in the part of the window that is mapped, -1 if it is outside. */
  private long locate(long offset) {
    return switch (registers.graphics[VgaRegisters.GRAPHICS_MISCELLANEOUS] >>> 2 & 3) {
      case 0 -> offset;
      case 1 -> offset < 0x10000 ? offset + bank : -1;
      case 2 -> offset >= 0x10000 && offset < 0x18000 ? offset - 0x10000 : -1;
      default -> offset >= 0x18000 ? offset - 0x18000 : -1;
    };
  }

  private boolean chained() {
    int mode = registers.sequencer[VgaRegisters.SEQUENCER_MEMORY_MODE];
    return (mode & VgaRegisters.CHAIN_FOUR) != 0;
  }

  private boolean oddEven() {
    return (registers.graphics[VgaRegisters.GRAPHICS_MODE] & 0x10) != 0;
  }

  private int oddEvenPlane(long address) {
    return registers.graphics[4] & 2 | (int) address & 1;
  }

  int read(long offset) {
    long address = locate(offset);
    if (address < 0) {
      return NOTHING;
    }
    if (chained()) {
      return address < memory.size() ? memory.readByte(address) : NOTHING;
    }
    if (oddEven()) {
      long place = (address & ~1L) << 1 | oddEvenPlane(address);
      return place < memory.size() ? memory.readByte(place) : NOTHING;
    }
    if (address * 4 + 4 > memory.size()) {
      return NOTHING;
    }
    latch = memory.readPlanes(address * 4);
    if ((registers.graphics[VgaRegisters.GRAPHICS_MODE] & 8) == 0) {
      return latch >>> (8 * (registers.graphics[4] & 3)) & 0xff;
    }
    int differing =
        (latch ^ PLANE_MASK[registers.graphics[2] & 15]) & PLANE_MASK[registers.graphics[7] & 15];
    differing |= differing >>> 16;
    differing |= differing >>> 8;
    return ~differing & 0xff;
  }

  void write(long offset, int value) {
    long address = locate(offset);
    if (address < 0) {
      return;
    }
    int planes = registers.sequencer[VgaRegisters.SEQUENCER_PLANES];
    if (chained()) {
      if ((planes >>> (address & 3) & 1) != 0 && address < memory.size()) {
        memory.writeByte(address, value);
      }
    } else if (oddEven()) {
      int plane = oddEvenPlane(address);
      long place = (address & ~1L) << 1 | plane;
      if ((planes >>> plane & 1) != 0 && place < memory.size()) {
        memory.writeByte(place, value);
      }
    } else if (address * 4 + 4 <= memory.size()) {
      int mask = PLANE_MASK[planes & 15];
      int old = memory.readPlanes(address * 4);
      memory.writePlanes(address * 4, old & ~mask | planar(value) & mask);
    }
  }

  /** What a write puts into the four planes, by the write mode. */
  private int planar(int value) {
    int[] graphics = registers.graphics;
    int bitMask = graphics[8];
    int data;
    switch (graphics[VgaRegisters.GRAPHICS_MODE] & 3) {
      case 0 -> {
        int setReset = PLANE_MASK[graphics[1] & 15];
        data = rotated(value) * 0x0101_0101 & ~setReset | PLANE_MASK[graphics[0] & 15] & setReset;
      }
      case 1 -> {
        return latch;
      }
      case 2 -> data = PLANE_MASK[value & 15];
      default -> {
        bitMask &= rotated(value);
        data = PLANE_MASK[graphics[0] & 15];
      }
    }
    data =
        switch (graphics[3] >>> 3 & 3) {
          case 1 -> data & latch;
          case 2 -> data | latch;
          case 3 -> data ^ latch;
          default -> data;
        };
    int mask = bitMask * 0x0101_0101;
    return data & mask | latch & ~mask;
  }

  private int rotated(int value) {
    int by = registers.graphics[3] & 7;
    return (value >>> by | value << (8 - by)) & 0xff;
  }
}
