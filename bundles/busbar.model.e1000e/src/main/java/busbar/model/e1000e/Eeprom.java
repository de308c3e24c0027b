package busbar.model.e1000e;

/** The card's non-volatile memory: 64 words, the last of the base area makes their sum 0xBABA. */
final class Eeprom {
  static final int WORDS = 64;
  private static final int CHECKSUM = 0x3f;
  private static final int DEVICE_ID = 0x10d3;

  private static final int DONE = 2;
  private static final int START = 1;

  private final int[] words = new int[WORDS];

  Eeprom(byte[] mac) {
    int[] contents = {
      0, 0, 0, 0x0420, 0xf746, 0x2010, 0xffff, 0xffff,
      0, 0, 0x026b, DEVICE_ID, 0x8086, DEVICE_ID, 0, 0x8058,
      0, 0x2001, 0x7e7c, 0xffff, 0x1000, 0x00c8, 0, 0x2704,
      0x6cc9, 0x3150, 0x070e, 0x460b, 0x2d84, 0x0100, 0xf000, 0x0706,
      0x6000, 0x0080, 0x0f04, 0x7fff, 0x4f01, 0xc600, 0, 0x20ff,
      0x0028, 0x0003, 0, 0, 0, 0x0003, 0, 0xffff,
      0x0100, 0xc000, 0x121c, 0xc007, 0xffff, 0xffff, 0xffff, 0xffff,
      0xffff, 0xffff, 0xffff, 0xffff, 0, 0x0120, 0xffff, 0
    };
    System.arraycopy(contents, 0, words, 0, WORDS);
    int sum = 0;
    for (int i = 0; i < 3; i++) {
      words[i] = (mac[2 * i + 1] & 0xff) << 8 | mac[2 * i] & 0xff;
    }
    for (int i = 0; i < CHECKSUM; i++) {
      sum += words[i];
    }
    words[CHECKSUM] = 0xbaba - sum & 0xffff;
  }

  /** Carries out a command of EERD; the register's new value. */
  int read(int command) {
    int address = command >>> 2 & 0x3fff;
    boolean carriedOut = address < WORDS && (command & START) != 0;
    return carriedOut ? DONE | address << 2 | words[address] << 16 : address << 2;
  }

  /** Carries out a command of EEWR; the register's new value. */
  int write(int command) {
    int address = command >>> 2 & 0x3fff;
    int data = command >>> 16;
    boolean carriedOut = address < WORDS && (command & START) != 0;
    if (carriedOut) {
      words[address] = data;
    }
    return (carriedOut ? DONE : 0) | address << 2 | data << 16;
  }

  int[] snapshot() {
    return words.clone();
  }

  void takeOver(int[] state) {
    System.arraycopy(state, 0, words, 0, words.length);
  }
}
