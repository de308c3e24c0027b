package busbar.model.mbochs;

import busbar.api.mdev.MdevType;
import java.util.Locale;

/** The sizes of display that the parent makes; each is one of its types. */
enum Model {
  SMALL(4, 800, 600),
  MEDIUM(16, 1920, 1440),
  /** The resolution is limited by its memory alone. */
  LARGE(64, 0, 0);

  private final int mebibytes;
  private final int maxWidth;
  private final int maxHeight;

  Model(int mebibytes, int maxWidth, int maxHeight) {
    this.mebibytes = mebibytes;
    this.maxWidth = maxWidth;
    this.maxHeight = maxHeight;
  }

  static Model of(MdevType type) {
    for (Model model : values()) {
      if (model.type().equals(type)) {
        return model;
      }
    }
    throw new IllegalArgumentException("mbochs has no type " + type);
  }

  MdevType type() {
    String name = "mbochs-" + name().toLowerCase(Locale.ROOT);
    return new MdevType(name, name, "virtual display, " + mebibytes + " MB video memory");
  }

  int mebibytes() {
    return mebibytes;
  }

  /** Bytes of video memory. */
  int memorySize() {
    return mebibytes << 20;
  }

  int maxWidth() {
    return maxWidth;
  }

  int maxHeight() {
    return maxHeight;
  }
}
