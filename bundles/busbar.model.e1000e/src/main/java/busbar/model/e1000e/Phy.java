package busbar.model.e1000e;

import java.util.Arrays;

/**
 * The PHY behind the MAC: pages of 16-bit registers that MDIC reads and writes (82574 datasheet,
 * section 9). The model's register lock guards it.
 */
final class Phy {
  static final int REGISTERS = 32;
  static final int PAGES = 7;

  private static final int CONTROL = 0;
  private static final int STATUS = 1;
  private static final int PARTNER = 5;
  private static final int PAGE = 22;
  private static final int OEM_BITS = 25;

  private static final int CONTROL_RESTART = 1 << 9;
  private static final int CONTROL_CLEARING = 0x3f | 1 << 15 | CONTROL_RESTART;
  private static final int CONTROL_NEGOTIATE = 1 << 12;
  private static final int OEM_RESTART = 1 << 10;
  private static final int STATUS_LINK = 1 << 2;
  private static final int STATUS_NEGOTIATED = 1 << 5;
  private static final int PARTNER_ACKNOWLEDGED = 1 << 14;

  /**
   * Bit r of an entry: the page has register r. The registers of {@link #ON_ALL_PAGES} are in page
   * 0.
   */
  private static final int[] READABLE = {
    bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 19, 20, 21, 22, 25, 26, 29, 30),
    0,
    bits(16, 18, 19, 21),
    bits(16, 17, 18, 19),
    0,
    bits(20, 21),
    bits(17)
  };

  private static final int[] WRITABLE = {
    bits(0, 4, 7, 9, 16, 18, 20, 22, 25, 26, 29, 30),
    0,
    bits(16, 18, 21),
    bits(16, 17, 18, 19),
    0,
    0,
    0
  };

  private static final int ON_ALL_PAGES = bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 22);

  private final int[] words = new int[PAGES * REGISTERS];

  private static int bits(int... registers) {
    int bits = 0;
    for (int register : registers) {
      bits |= 1 << register;
    }
    return bits;
  }

  void reset() {
    Arrays.fill(words, 0);
    int[] firstPage = {0x1140, 0x794d, 0x141, 0xcb1, 0xde1, 0x7e0, 4, 0x2001, 0, 0xf00, 0x3c00};
    System.arraycopy(firstPage, 0, words, 0, firstPage.length);
    words[15] = 0x3000;
    words[16] = 0x3360;
    words[17] = 0xac08;
    words[2 * REGISTERS + 16] = 0x88;
    words[2 * REGISTERS + 21] = 0x1046;
    words[3 * REGISTERS + 18] = 0x4005;
  }

  private int page(int register) {
    return (ON_ALL_PAGES >>> register & 1) != 0 ? 0 : words[PAGE];
  }

  /** Reads a register of the page that is selected; -1 if there is none. */
  int read(int register) {
    int page = page(register);
    boolean exists = page < PAGES && (READABLE[page] >>> register & 1) != 0;
    return exists ? words[page * REGISTERS + register] : -1;
  }

  /** What a write led to. */
  enum Written {
    STORED,
    RESTARTED_NEGOTIATION,
    NO_SUCH_REGISTER
  }

  Written write(int register, int value) {
    int page = page(register);
    if (page >= PAGES || (WRITABLE[page] >>> register & 1) == 0) {
      return Written.NO_SUCH_REGISTER;
    }
    boolean restart = false;
    int stored = value;
    if (page == 0 && register == CONTROL) {
      stored = value & ~CONTROL_CLEARING;
      restart = (value & CONTROL_RESTART) != 0;
    } else if (page == 0 && register == PAGE) {
      stored = value & 0x7f;
    } else if (page == 0 && register == OEM_BITS) {
      stored = value & ~OEM_RESTART;
      restart = (value & OEM_RESTART) != 0;
    }
    words[page * REGISTERS + register] = stored;
    boolean negotiates = (words[CONTROL] & CONTROL_NEGOTIATE) != 0;
    return restart && negotiates ? Written.RESTARTED_NEGOTIATION : Written.STORED;
  }

  void linkDown() {
    words[STATUS] &= ~(STATUS_LINK | STATUS_NEGOTIATED);
    words[PARTNER] &= ~PARTNER_ACKNOWLEDGED;
  }

  void linkUp() {
    words[STATUS] |= STATUS_LINK | STATUS_NEGOTIATED;
    words[PARTNER] |= PARTNER_ACKNOWLEDGED;
  }

  int[] snapshot() {
    return words.clone();
  }

  void takeOver(int[] state) {
    System.arraycopy(state, 0, words, 0, words.length);
  }
}
