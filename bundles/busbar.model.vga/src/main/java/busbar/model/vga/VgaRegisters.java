package busbar.model.vga;

import busbar.api.Errno;
import java.util.Arrays;

/**
 * The registers behind the legacy ports 0x3B0 to 0x3DF: sequencer, graphics controller, attribute
 * controller, CRT controller, palette. The model's register lock guards them.
 */
final class VgaRegisters {
  /** A port where nothing listens. */
  static final int NOTHING = 0xff;

  static final int SEQUENCER_PLANES = 2;
  static final int SEQUENCER_MEMORY_MODE = 4;
  static final int CHAIN_FOUR = 0x08;
  static final int GRAPHICS_MODE = 5;
  static final int GRAPHICS_MISCELLANEOUS = 6;

  private static final int[] SEQUENCER_MASK = {0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0xff};
  private static final int[] GRAPHICS_MASK = {
    0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0
  };
  private static final int ATTRIBUTES = 21;
  private static final int CRT_PROTECT = 0x11;
  private static final int CRT_OVERFLOW = 7;
  private static final int COLOUR = 1;
  private static final int RETRACE = 0x09;

  final int[] sequencer = new int[256];
  final int[] graphics = new int[256];
  private final int[] attributes = new int[256];
  private final int[] crt = new int[256];
  private final int[] palette = new int[768];
  private final int[] paletteEntry = new int[3];
  private int sequencerIndex;
  private int graphicsIndex;
  private int attributeIndex;
  private int attributeFlipFlop;
  private int crtIndex;
  private int miscellaneous;
  private int featureControl;
  private int inputStatus;
  private int paletteState;
  private int paletteReadIndex;
  private int paletteWriteIndex;
  private int paletteComponent;

  /** Whether a port has a register, in either of the two positions of the CRT controller. */
  static boolean listens(int port) {
    return port >= 0x3c0 && port <= 0x3cf
        || port == 0x3b4
        || port == 0x3b5
        || port == 0x3ba
        || port == 0x3d4
        || port == 0x3d5
        || port == 0x3da;
  }

  /** The CRT controller listens at 0x3Dx in colour, at 0x3Bx otherwise. */
  private boolean isOff(int port) {
    int other = (miscellaneous & COLOUR) != 0 ? 0x3b0 : 0x3d0;
    return (port & 0x3f0) == other;
  }

  int read(int port) {
    if (!listens(port) || isOff(port)) {
      return NOTHING;
    }
    return switch (port) {
      case 0x3c0 -> attributeFlipFlop == 0 ? attributeIndex : 0;
      case 0x3c1 -> {
        int index = attributeIndex & 0x1f;
        yield index < ATTRIBUTES ? attributes[index] : 0;
      }
      case 0x3c4 -> sequencerIndex;
      case 0x3c5 -> sequencer[sequencerIndex];
      case 0x3c7 -> paletteState;
      case 0x3c8 -> paletteWriteIndex;
      case 0x3c9 -> readPalette();
      case 0x3ca -> featureControl;
      case 0x3cc -> miscellaneous;
      case 0x3ce -> graphicsIndex;
      case 0x3cf -> graphics[graphicsIndex];
      case 0x3b4, 0x3d4 -> crtIndex;
      case 0x3b5, 0x3d5 -> crt[crtIndex];
      case 0x3ba, 0x3da -> {
        inputStatus ^= RETRACE; // the beam has moved on
        attributeFlipFlop = 0;
        yield inputStatus;
      }
      default -> 0;
    };
  }

  private int readPalette() {
    int value = palette[paletteReadIndex * 3 + paletteComponent];
    paletteComponent++;
    if (paletteComponent == 3) {
      paletteComponent = 0;
      paletteReadIndex = paletteReadIndex + 1 & 0xff;
    }
    return value;
  }

  void write(int port, int value) {
    if (!listens(port) || isOff(port)) {
      return;
    }
    switch (port) {
      case 0x3c0 -> writeAttribute(value);
      case 0x3c2 -> miscellaneous = value & ~0x10;
      case 0x3c4 -> sequencerIndex = value & 7;
      case 0x3c5 -> sequencer[sequencerIndex] = value & SEQUENCER_MASK[sequencerIndex];
      case 0x3c7 -> {
        paletteReadIndex = value;
        paletteComponent = 0;
        paletteState = 3;
      }
      case 0x3c8 -> {
        paletteWriteIndex = value;
        paletteComponent = 0;
        paletteState = 0;
      }
      case 0x3c9 -> writePalette(value);
      case 0x3ce -> graphicsIndex = value & 0x0f;
      case 0x3cf -> graphics[graphicsIndex] = value & GRAPHICS_MASK[graphicsIndex];
      case 0x3b4, 0x3d4 -> crtIndex = value;
      case 0x3b5, 0x3d5 -> writeCrt(value);
      case 0x3ba, 0x3da -> featureControl = value & 0x10;
      default -> {} // read-only
    }
  }

  private void writeAttribute(int value) {
    if (attributeFlipFlop == 0) {
      attributeIndex = value & 0x3f;
    } else {
      int index = attributeIndex & 0x1f;
      if (index < ATTRIBUTES) {
        attributes[index] =
            switch (index) {
              case 0x10 -> value & ~0x10;
              case 0x11 -> value;
              case 0x12 -> value & ~0xc0;
              case 0x13, 0x14 -> value & ~0xf0;
              default -> value & 0x3f;
            };
      }
    }
    attributeFlipFlop ^= 1;
  }

  private void writePalette(int value) {
    paletteEntry[paletteComponent] = value;
    paletteComponent++;
    if (paletteComponent == 3) {
      System.arraycopy(paletteEntry, 0, palette, paletteWriteIndex * 3, 3);
      paletteComponent = 0;
      paletteWriteIndex = paletteWriteIndex + 1 & 0xff;
    }
  }

  /** The protect bit keeps the timings; of the overflow register one bit is no timing. */
  private void writeCrt(int value) {
    if ((crt[CRT_PROTECT] & 0x80) == 0 || crtIndex > CRT_OVERFLOW) {
      crt[crtIndex] = value;
    } else if (crtIndex == CRT_OVERFLOW) {
      crt[CRT_OVERFLOW] = crt[CRT_OVERFLOW] & ~0x10 | value & 0x10;
    }
  }

  /** What the adapter's registers become when the Bochs interface turns its display on. */
  void showLinear(int bitsPerPixel) {
    graphics[GRAPHICS_MISCELLANEOUS] = graphics[GRAPHICS_MISCELLANEOUS] & ~0x0c | 0x05;
    crt[0x17] |= 3;
    crt[0x18] = 0xff;
    crt[CRT_OVERFLOW] |= 0x10;
    crt[9] |= 0x40;
    if (bitsPerPixel == 4) {
      sequencer[1] &= ~8;
    } else {
      sequencer[SEQUENCER_MEMORY_MODE] |= CHAIN_FOUR;
      sequencer[SEQUENCER_PLANES] |= 0x0f;
    }
    graphics[GRAPHICS_MODE] = graphics[GRAPHICS_MODE] & ~0x60 | (bitsPerPixel == 4 ? 0 : 0x40);
  }

  void reset() {
    for (int[] words : banks()) {
      Arrays.fill(words, 0);
    }
    takeScalars(new int[16]);
  }

  /** The state in which a video BIOS leaves the adapter: text, 80 columns, 25 lines, 16 colours. */
  void showText() {
    reset();
    copy(sequencer, 0x03, 0x00, 0x03, 0x00, 0x02);
    copy(graphics, 0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff);
    copy(
        attributes,
        0,
        1,
        2,
        3,
        4,
        5,
        0x14,
        7,
        0x38,
        0x39,
        0x3a,
        0x3b,
        0x3c,
        0x3d,
        0x3e,
        0x3f,
        0x0c,
        0,
        0x0f,
        8,
        0);
    copy(
        crt, 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c,
        0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff);
    miscellaneous = 0x67;
    attributeIndex = 0x20;
    for (int colour = 0; colour < 64; colour++) {
      for (int component = 0; component < 3; component++) {
        int bright = colour >>> (2 - component) & 1;
        int dim = colour >>> (5 - component) & 1;
        palette[colour * 3 + component] = bright * 0x2a + dim * 0x15;
      }
    }
  }

  private static void copy(int[] target, int... values) {
    System.arraycopy(values, 0, target, 0, values.length);
  }

  private int[][] banks() {
    return new int[][] {sequencer, graphics, attributes, crt, palette, paletteEntry};
  }

  private int[] scalars() {
    return new int[] {
      sequencerIndex, graphicsIndex, attributeIndex, attributeFlipFlop, crtIndex, miscellaneous,
      featureControl, inputStatus, paletteState, paletteReadIndex, paletteWriteIndex,
          paletteComponent
    };
  }

  private void takeScalars(int[] values) {
    sequencerIndex = values[0] & 7;
    graphicsIndex = values[1] & 0x0f;
    attributeIndex = values[2];
    attributeFlipFlop = values[3] & 1;
    crtIndex = values[4] & 0xff;
    miscellaneous = values[5];
    featureControl = values[6];
    inputStatus = values[7];
    paletteState = values[8];
    paletteReadIndex = values[9] & 0xff;
    paletteWriteIndex = values[10] & 0xff;
    paletteComponent = Math.min(values[11], 2);
  }

  /** All registers, each is a byte: the banks one behind the other, then the rest. */
  byte[] snapshot() {
    byte[] state = new byte[size()];
    int at = 0;
    for (int[] words : banks()) {
      for (int word : words) {
        state[at++] = (byte) word;
      }
    }
    for (int word : scalars()) {
      state[at++] = (byte) word;
    }
    return state;
  }

  private int size() {
    return Arrays.stream(banks()).mapToInt(words -> words.length).sum() + scalars().length;
  }

  void takeOver(byte[] state) {
    if (state.length != size()) {
      throw Errno.EINVAL.because(
          "the state of a VGA adapter has %d register bytes instead of %d", state.length, size());
    }
    int at = 0;
    for (int[] words : banks()) {
      for (int i = 0; i < words.length; i++) {
        words[i] = state[at++] & 0xff;
      }
    }
    int[] rest = new int[scalars().length];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = state[at++] & 0xff;
    }
    takeScalars(rest);
  }
}
