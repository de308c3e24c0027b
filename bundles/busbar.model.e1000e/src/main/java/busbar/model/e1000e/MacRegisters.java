package busbar.model.e1000e;

/**
 * The MAC's register file: 32-bit words, which of them exist, what may be written, and what they
 * hold after a reset (82574 datasheet, section 10).
 *
 * <p>Not safe for use by several threads: the model's register lock guards it.
 */
final class MacRegisters {
  /** Bytes of address space. */
  static final int SPACE = 0x20000;

  /** The lowest interval of the interrupt throttles, in units of 256 ns. */
  static final int MINIMUM_THROTTLE = 500;

  private static final byte READ = 1;
  private static final byte WRITE = 2;
  private static final byte CLEAR = 4;
  private static final byte[] ACCESS = new byte[SPACE / 4];

  private static final int[] READ_WRITE = {
    0x28, 0xdc, 0xe0, 0xe4, 0x458, 0xe00, 0xf00, 0xf08, 0xf10, 0x1000, 0x1008, 0x1010, 0x1034,
    0x1038, 0x103c, 0x1030, 0x1050, 0x2410, 0x2418, 0x2420, 0x2428, 0x2430, 0x3410, 0x3418, 0x3420,
    0x3428, 0x3430, 0x3828, 0x3928, 0x3840, 0x3940, 0x2928, 0x410, 0x1c, 0x5800, 0x5808, 0x5810,
    0x5818, 0x5820, 0x5824, 0x5828, 0x5830, 0x5838, 0x5860, 0x5b08, 0x5b10, 0x5b14, 0x5b18, 0x5b1c,
    0x5b20, 0x5b24, 0x5b28, 0x5b2c, 0x5b30, 0x5b50, 0x5b64, 0x5000, 0x5008, 0x2804, 0x2904, 0x3804,
    0x3904, 0xb600, 0xb604, 0xb608, 0xb60c, 0xb614, 0xb618, 0xb61c, 0xb620, 0xb624, 0xb628, 0xb62c,
    0xb634, 0xb638
  };

  /** Registers with a rule of their own for writes; the model applies it. */
  private static final int[] RULED = {
    Reg.CTRL,
    Reg.CTRL_DUP,
    Reg.STATUS,
    Reg.EECD,
    Reg.EERD,
    Reg.CTRL_EXT,
    Reg.MDIC,
    Reg.FCAH,
    Reg.FCT,
    Reg.VET,
    Reg.ICR,
    Reg.ITR,
    Reg.ICS,
    Reg.IMS,
    Reg.RCTL,
    Reg.FCTTV,
    Reg.TCTL,
    Reg.EEWR,
    Reg.FLASHT,
    Reg.FCRTL,
    Reg.FCRTH,
    Reg.PSRCTL,
    Reg.RDBAL,
    0x2900,
    Reg.RDLEN,
    0x2908,
    Reg.RDH,
    0x2910,
    Reg.RDT,
    0x2918,
    Reg.RDTR,
    Reg.RXDCTL,
    Reg.RADV,
    Reg.RSRPD,
    Reg.RAID,
    Reg.TDBAL,
    0x3900,
    Reg.TDLEN,
    0x3908,
    Reg.TDH,
    0x3910,
    Reg.TDT,
    0x3918,
    Reg.TIDV,
    Reg.TADV,
    Reg.PBACLR,
    0x5b00,
    0x5f40,
    0xb610
  };

  private static final int[] READ_ONLY = {0x1014, 0x1018, 0x101c, 0x1020};

  static {
    allow(READ | WRITE, READ_WRITE);
    allow(READ | WRITE, RULED);
    allow(READ, READ_ONLY);
    allow(WRITE, Reg.IMC);
    allowRange(READ | WRITE, Reg.EITR, 5);
    allowRange(READ | CLEAR, 0x4000, 0x128 / 4);
    allowRange(READ | WRITE, 0x5010, 4);
    allowRange(READ | WRITE, Reg.MTA, 128);
    allowRange(READ | WRITE, Reg.RAL0, 32);
    allowRange(READ | WRITE, 0x5600, 128);
    allowRange(READ | WRITE, 0x5840, 7);
    allowRange(READ | WRITE, 0x5880, 4);
    allowRange(READ | WRITE, 0x5890, 8);
    allowRange(READ | WRITE, 0x5a00, 32);
    allowRange(READ | WRITE, 0x5c00, 64);
    allowRange(READ | WRITE, 0x5f00, 11);
    allowRange(READ | WRITE, 0x9000, 255);
    allowRange(READ | WRITE, 0x9400, 255);
    allowRange(READ | WRITE, 0x9800, 255);
    allowRange(READ | WRITE, 0x10000, 10240);
  }

  private final int[] words = new int[SPACE / 4];

  private static void allow(int access, int... offsets) {
    for (int offset : offsets) {
      ACCESS[offset / 4] |= (byte) access;
    }
  }

  private static void allowRange(int access, int offset, int count) {
    for (int i = 0; i < count; i++) {
      ACCESS[offset / 4 + i] |= (byte) access;
    }
  }

  static boolean readable(int offset) {
    return (ACCESS[offset / 4] & READ) != 0;
  }

  static boolean writable(int offset) {
    return (ACCESS[offset / 4] & WRITE) != 0;
  }

  /** Whether reading the register clears it: the counters of events. */
  static boolean clearedByRead(int offset) {
    return (ACCESS[offset / 4] & CLEAR) != 0;
  }

  /**
   * The register that an address of an older chip generation means; other addresses stand for
   * themselves.
   */
  static int resolve(int address) {
    int offset = address & SPACE - 4;
    return switch (offset) {
      case 0x110, 0x114, 0x118, 0x120, 0x128 -> offset - 0x110 + Reg.RDBAL;
      case 0x108 -> Reg.RDTR;
      case 0x160 -> Reg.FCRTH;
      case 0x168 -> Reg.FCRTL;
      case 0x420, 0x424, 0x428, 0x430, 0x438, 0x440 -> offset - 0x420 + Reg.TDBAL;
      case 0x8000, 0x8008 -> offset - 0x8000 + 0x2410;
      case 0x8010, 0x8018 -> offset - 0x8010 + 0x3410;
      default -> {
        if (offset >= 0x40 && offset < 0xc0) {
          yield offset - 0x40 + Reg.RAL0;
        }
        yield offset >= 0x600 && offset < 0x800 ? offset - 0x600 + 0x5600 : offset;
      }
    };
  }

  int get(int offset) {
    return words[offset / 4];
  }

  void set(int offset, int value) {
    words[offset / 4] = value;
  }

  void setBits(int offset, int bits) {
    words[offset / 4] |= bits;
  }

  void clearBits(int offset, int bits) {
    words[offset / 4] &= ~bits;
  }

  /** Counts an event; the counter stays at its end. */
  void count(int offset) {
    if (words[offset / 4] != -1) {
      words[offset / 4]++;
    }
  }

  /** Adds to a 64-bit counter; it stays at its end. */
  void add(int lowOffset, long amount) {
    long old = Integer.toUnsignedLong(get(lowOffset)) | (long) get(lowOffset + 4) << 32;
    long sum = old + amount;
    long value = Long.compareUnsigned(sum, old) < 0 ? -1 : sum;
    set(lowOffset, (int) value);
    set(lowOffset + 4, (int) (value >>> 32));
  }

  /** The address that a pair of registers holds. */
  long address(int lowOffset) {
    return Integer.toUnsignedLong(get(lowOffset)) | (long) get(lowOffset + 4) << 32;
  }

  /** Puts everything to its value after a reset; the first receive address is the card's own. */
  void reset(byte[] mac) {
    java.util.Arrays.fill(words, 0);
    set(Reg.CTRL, 0x0014_0241);
    set(Reg.STATUS, 0x202);
    set(Reg.EECD, 0x300);
    set(Reg.EERD, 2);
    set(Reg.EEWR, 2);
    set(Reg.ITR, MINIMUM_THROTTLE);
    for (int vector = 0; vector < 5; vector++) {
      set(Reg.EITR + 4 * vector, MINIMUM_THROTTLE);
    }
    set(0x410, 0x8 | 0x8 << 10 | 0x6 << 20);
    set(0xe00, 0x0006_8302);
    set(0xf00, 8);
    set(0xf10, 0x30d);
    set(0x1000, 0x0014_0014);
    set(0x1008, 0x28);
    set(0x1010, 1 << 31);
    set(Reg.FLASHT, 2);
    set(0x1030, 3 << 30);
    set(Reg.PSRCTL, 0x0004_0402);
    set(Reg.RXDCTL, 1 << 16);
    set(Reg.RXDCTL1, 1 << 16);
    for (int fifo = 0x3410; fifo <= 0x3428; fifo += 8) {
      set(fifo, 0x600);
    }
    set(Reg.TARC0, 3 | Reg.TARC_ENABLE);
    set(Reg.TARC1, 3 | Reg.TARC_ENABLE);
    set(0x5000, 0x300);
    set(0x5820, 1 << 28);
    set(0x5b30, 0x2000_0004);
    set(Reg.SWSM, 1);
    set(0xb634, 0x88f7);
    set(0xb638, 0x319);
    set(Reg.RAL0, mac[0] & 0xff | (mac[1] & 0xff) << 8 | (mac[2] & 0xff) << 16 | mac[3] << 24);
    set(Reg.RAH0, mac[4] & 0xff | (mac[5] & 0xff) << 8 | Reg.RAH_VALID);
  }

  int[] snapshot() {
    return words.clone();
  }

  void takeOver(int[] state) {
    System.arraycopy(state, 0, words, 0, words.length);
  }
}
