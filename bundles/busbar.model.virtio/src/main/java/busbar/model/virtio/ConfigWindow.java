package busbar.model.virtio;

import busbar.machine.model.ModelContext;

/**
 * The capability through which configuration space reaches the BAR (virtio 1.2, section 4.1.4.9),
 * and what else the model takes from the capability list.
 */
final class ConfigWindow {
  private static final int CAPABILITIES = 0x34;
  private static final int VENDOR = 0x09;
  private static final int MSIX = 0x11;
  private static final int WINDOW_TYPE = 5;
  private static final int BAR_FIELD = 4;
  private static final int OFFSET_FIELD = 8;
  private static final int LENGTH_FIELD = 12;
  private static final int DATA_FIELD = 16;

  private final ModelContext context;
  private final int capability;
  private final int vectors;

  private ConfigWindow(ModelContext context, int capability, int vectors) {
    this.context = context;
    this.capability = capability;
    this.vectors = vectors;
  }

  /** An access to the BAR that the window asks for. */
  record Access(long offset, int width) {}

  static ConfigWindow find(ModelContext context) {
    int window = 0;
    int vectors = 0;
    int at = context.config(CAPABILITIES, 1) & 0xfc;
    for (int steps = 0; at != 0 && steps < 48; steps++) {
      int id = context.config(at, 1);
      if (id == VENDOR && context.config(at + 3, 1) == WINDOW_TYPE) {
        window = at;
      } else if (id == MSIX) {
        vectors = (context.config(at + 2, 2) & 0x7ff) + 1;
      }
      at = context.config(at + 1, 1) & 0xfc;
    }
    return new ConfigWindow(context, window, vectors);
  }

  /** How many messages the function has. */
  int vectors() {
    return vectors;
  }

  /** Where the window's data stand in configuration space. */
  int data() {
    return capability + DATA_FIELD;
  }

  /** Whether an access touches the window's data. */
  boolean holdsData(int offset, int width) {
    return capability != 0 && offset < data() + 4 && offset + width > data();
  }

  /** The access that touching these bytes of configuration space means; {@code null} for none. */
  Access access(int offset, int width, int bar) {
    if (!holdsData(offset, width) || context.config(capability + BAR_FIELD, 1) != bar) {
      return null;
    }
    long target = Integer.toUnsignedLong(context.config(capability + OFFSET_FIELD, 4));
    int length = context.config(capability + LENGTH_FIELD, 4);
    boolean valid =
        (length == 1 || length == 2 || length == 4)
            && target % length == 0
            && target + length <= context.regionSize(bar);
    return valid ? new Access(target, length) : null;
  }
}
