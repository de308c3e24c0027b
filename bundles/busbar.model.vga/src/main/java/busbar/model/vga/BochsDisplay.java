package busbar.model.vga;

import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The registers of the Bochs display interface: resolution, depth, bank and the view into a larger
 * virtual screen. The model's register lock guards them.
 */
final class BochsDisplay {
  private static final int ID = 0;
  private static final int X_RESOLUTION = 1;
  private static final int Y_RESOLUTION = 2;
  private static final int BITS_PER_PIXEL = 3;
  private static final int ENABLE = 4;
  private static final int BANK = 5;
  private static final int VIRTUAL_WIDTH = 6;
  private static final int VIRTUAL_HEIGHT = 7;
  private static final int X_OFFSET = 8;
  private static final int Y_OFFSET = 9;
  private static final int MEMORY_64K = 10;
  private static final int COUNT = 10;

  private static final int LOWEST_ID = 0xb0c0;
  private static final int HIGHEST_ID = 0xb0c5;
  private static final int ENABLED = 0x01;
  private static final int TELL_LIMITS = 0x02;
  private static final int KEEP_MEMORY = 0x80;
  private static final int WIDEST = 16000;
  private static final int HIGHEST = 12000;
  private static final int DEEPEST = 32;

  private final VideoMemory memory;
  private final VgaRegisters vga;
  private final LegacyWindow window;
  private final int[] words = new int[COUNT];

  BochsDisplay(VideoMemory memory, VgaRegisters vga, LegacyWindow window) {
    this.memory = memory;
    this.vga = vga;
    this.window = window;
    reset();
  }

  void reset() {
    java.util.Arrays.fill(words, 0);
    words[ID] = HIGHEST_ID;
    window.setBank(0);
  }

  int read(int index) {
    if (index == MEMORY_64K) {
      return (int) (memory.size() >>> 16);
    }
    if (index >= COUNT) {
      return 0;
    }
    if ((words[ENABLE] & TELL_LIMITS) != 0) {
      switch (index) {
        case X_RESOLUTION -> {
          return WIDEST;
        }
        case Y_RESOLUTION -> {
          return HIGHEST;
        }
        case BITS_PER_PIXEL -> {
          return DEEPEST;
        }
        default -> {} // has no limit to tell
      }
    }
    return words[index];
  }

  void write(int index, int value) {
    switch (index) {
      case ID -> {
        if (value >= LOWEST_ID && value <= HIGHEST_ID) {
          words[ID] = value;
        }
      }
      case X_RESOLUTION, Y_RESOLUTION, BITS_PER_PIXEL, VIRTUAL_WIDTH, X_OFFSET, Y_OFFSET -> {
        words[index] = value;
        fit();
      }
      case BANK -> {
        words[BANK] = value & (int) (memory.size() >>> 16) - 1;
        window.setBank((long) words[BANK] << 16);
      }
      case ENABLE -> enable(value);
      default -> {} // follows from the others
    }
  }

  private void enable(int value) {
    if ((value & ENABLED) == 0) {
      window.setBank(0);
    } else if ((words[ENABLE] & ENABLED) == 0) {
      words[VIRTUAL_WIDTH] = 0;
      words[X_OFFSET] = 0;
      words[Y_OFFSET] = 0;
      words[ENABLE] |= ENABLED;
      fit();
      vga.showLinear(words[BITS_PER_PIXEL]);
      if ((value & KEEP_MEMORY) == 0) {
        memory.clear(words[Y_RESOLUTION] * lineBytes());
      }
    }
    words[ENABLE] = value;
  }

  private long lineBytes() {
    return (long) words[VIRTUAL_WIDTH] * bits() / 8;
  }

  private int bits() {
    return words[BITS_PER_PIXEL] == 15 ? 16 : words[BITS_PER_PIXEL];
  }

  /** Brings what software wrote into what memory can hold, while the display is on. */
  private void fit() {
    if ((words[ENABLE] & ENABLED) == 0) {
      return;
    }
    switch (words[BITS_PER_PIXEL]) {
      case 4, 8, 15, 16, 24, 32 -> {} // as it is
      default -> words[BITS_PER_PIXEL] = 8;
    }
    words[X_RESOLUTION] = Math.clamp(words[X_RESOLUTION] & ~7L, 8, WIDEST);
    words[VIRTUAL_WIDTH] = Math.clamp(words[VIRTUAL_WIDTH] & ~7L, words[X_RESOLUTION], WIDEST);
    words[Y_RESOLUTION] = Math.clamp((long) words[Y_RESOLUTION], 1, HIGHEST);
    long most = memory.size() / lineBytes();
    words[Y_RESOLUTION] = (int) Math.min(words[Y_RESOLUTION], Math.max(1, most));
    words[VIRTUAL_HEIGHT] = (int) Math.min(most, 0xffff);
    words[X_OFFSET] = Math.min(words[X_OFFSET], words[VIRTUAL_WIDTH] - words[X_RESOLUTION]);
    long lowest = Math.max(0, most - words[Y_RESOLUTION]);
    words[Y_OFFSET] = (int) Math.min(words[Y_OFFSET], lowest);
  }

  StateRecord save() {
    List<Long> values = new ArrayList<>();
    for (int word : words) {
      values.add((long) word);
    }
    return new StateRecord(
        "bochs-display", 1, Map.of("registers", List.copyOf(values), "bank", window.bank()));
  }

  void restore(StateRecord state) {
    List<Long> values = state.expect("bochs-display", 1).list("registers", Long.class);
    for (int i = 0; i < COUNT && i < values.size(); i++) {
      words[i] = values.get(i).intValue() & 0xffff;
    }
    window.setBank(state.number("bank") & memory.size() - 1);
  }
}
