package busbar.model.mdpy;

import busbar.api.mdev.MdevType;
import java.util.Locale;

/** What a display shows; each is a type of the parent. */
enum Resolution {
  VGA(640, 480),
  XGA(1024, 768),
  HD(1920, 1080);

  /** {@code DRM_FORMAT_XRGB8888}: the letters XR24. */
  static final int DRM_FORMAT = 0x3432_5258;

  private static final int BYTES_PER_PIXEL = 4;

  private final int width;
  private final int height;

  Resolution(int width, int height) {
    this.width = width;
    this.height = height;
  }

  static Resolution of(MdevType type) {
    for (Resolution resolution : values()) {
      if (resolution.type().equals(type)) {
        return resolution;
      }
    }
    throw new IllegalArgumentException("mdpy has no type " + type);
  }

  MdevType type() {
    String name = "mdpy-" + name().toLowerCase(Locale.ROOT);
    return new MdevType(name, name, "virtual display, " + width + "x" + height + " framebuffer");
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** Bytes of a row. */
  int stride() {
    return width * BYTES_PER_PIXEL;
  }

  /** Bytes of BAR0: what the picture needs, rounded up to a power of two. */
  int memorySize() {
    return Integer.highestOneBit(stride() * height - 1) << 1;
  }
}
