package busbar.model.vga;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What the monitor says of itself: one block of VESA E-EDID 1.4, preferred mode 1280 by 800. */
final class Edid {
  static final int SIZE = 128;

  private Edid() {}

  static byte[] block() {
    int[] start = {
      0x00,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0x00, // header
      letters("BUS") >>> 8,
      letters("BUS") & 0xff,
      0x01,
      0x00,
      0x01,
      0x00,
      0x00,
      0x00, // who made it
      1,
      34, // week and year since 1990
      1,
      4, // version
      0xa5,
      33,
      21,
      0x78,
      0x06, // digital, 8 bits a colour; centimetres; gamma 2.2; RGB, preferred mode
      0xee,
      0x91,
      0xa3,
      0x54,
      0x4c,
      0x99,
      0x26,
      0x0f,
      0x50,
      0x54, // the colours of sRGB
      0x21,
      0x08,
      0x00, // 640x480, 800x600, 1024x768 at 60 Hz
      0x81,
      0x00,
      0x81,
      0x80,
      0xd1,
      0xc0,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
      1, // 1280 wide 16:10 and 5:4, 1920 wide 16:9
      // 1280 x 800 at 60 Hz with reduced blanking, 71 MHz
      0xbc,
      0x1b,
      0x00,
      0xa0,
      0x50,
      0x20,
      0x17,
      0x30,
      0x30,
      0x20,
      0x36,
      0x00,
      0x4a,
      0xd2,
      0x10,
      0x00,
      0x00,
      0x1a
    };
    byte[] block = new byte[SIZE];
    for (int i = 0; i < start.length; i++) {
      block[i] = (byte) start[i];
    }
    describe(block, 72, 0xfd, new byte[] {50, 125, 30, (byte) 160, 30, 0, 0x0a});
    describe(block, 90, 0xfc, "Busbar".getBytes(StandardCharsets.US_ASCII));
    block[111] = 0x10; // the last descriptor is a dummy
    int sum = 0;
    for (byte value : block) {
      sum += value;
    }
    block[SIZE - 1] = (byte) -sum;
    return block;
  }

  private static int letters(String maker) {
    int packed = 0;
    for (char letter : maker.toCharArray()) {
      packed = packed << 5 | letter - 'A' + 1;
    }
    return packed;
  }

  private static void describe(byte[] block, int at, int kind, byte[] text) {
    block[at + 3] = (byte) kind;
    Arrays.fill(block, at + 5, at + 18, (byte) ' ');
    System.arraycopy(text, 0, block, at + 5, text.length);
    if (text.length < 13 && kind != 0xfd) {
      block[at + 5 + text.length] = '\n';
    }
  }
}
