package busbar.model.mbochs;

import busbar.uapi.VfioHeader;
import busbar.uapi.VfioRegionGfxEdid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The monitor that the user describes, {@code struct vfio_region_gfx_edid} and the EDID behind it:
 * its region and what the guest reads of it in the registers. Guarded by the display's {@code
 * opsLock}.
 */
final class Edid {
  /** Where the EDID itself begins in its region. */
  static final int BLOB_OFFSET = 0x800;

  /** The longest EDID. */
  static final int MAX_SIZE = 0x400;

  /** Bytes of {@link #image}. */
  static final int IMAGE_SIZE = (int) VfioRegionGfxEdid.SIZE + MAX_SIZE;

  private final ByteBuffer registers =
      ByteBuffer.allocate((int) VfioRegionGfxEdid.SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer blob = ByteBuffer.allocate(MAX_SIZE).order(ByteOrder.LITTLE_ENDIAN);

  Edid(int maxWidth, int maxHeight) {
    registers.putInt((int) VfioRegionGfxEdid.OFFSET_EDID_OFFSET, BLOB_OFFSET);
    registers.putInt((int) VfioRegionGfxEdid.OFFSET_EDID_MAX_SIZE, MAX_SIZE);
    registers.putInt((int) VfioRegionGfxEdid.OFFSET_MAX_XRES, maxWidth);
    registers.putInt((int) VfioRegionGfxEdid.OFFSET_MAX_YRES, maxHeight);
  }

  /** Reads the region; 0 where nothing is, and for a register that is not read as a whole. */
  int read(int offset, int width) {
    if (offset >= BLOB_OFFSET) {
      return blobFits(offset - BLOB_OFFSET, width) ? get(offset - BLOB_OFFSET, width) : 0;
    }
    return isRegister(offset, width) ? registers.getInt(offset) : 0;
  }

  /** Writes the region: size and link state of the registers, and the EDID. */
  void write(int offset, int width, int value) {
    if (offset >= BLOB_OFFSET) {
      if (blobFits(offset - BLOB_OFFSET, width)) {
        put(offset - BLOB_OFFSET, width, value);
      }
    } else if (isRegister(offset, width)
        && (offset == VfioRegionGfxEdid.OFFSET_LINK_STATE
            || offset == VfioRegionGfxEdid.OFFSET_EDID_SIZE)) {
      registers.putInt(offset, value);
    }
  }

  /** What the guest sees: the EDID while the link is up, else 0. */
  int readByGuest(int offset, int width) {
    int link = registers.getInt((int) VfioRegionGfxEdid.OFFSET_LINK_STATE);
    int size = registers.getInt((int) VfioRegionGfxEdid.OFFSET_EDID_SIZE);
    boolean shown =
        link == VfioHeader.VFIO_DEVICE_GFX_LINK_STATE_UP
            && Integer.compareUnsigned(offset, size) < 0;
    return shown && blobFits(offset, width) ? get(offset, width) : 0;
  }

  /** The registers, and the EDID after them. */
  byte[] image() {
    return ByteBuffer.allocate(IMAGE_SIZE).put(registers.array()).put(blob.array()).array();
  }

  /** Takes over what {@link #image} gave. */
  void restore(byte[] image) {
    registers.put(0, image, 0, registers.capacity());
    blob.put(0, image, registers.capacity(), MAX_SIZE);
  }

  private static boolean isRegister(int offset, int width) {
    return width == Integer.BYTES && offset % Integer.BYTES == 0 && offset < VfioRegionGfxEdid.SIZE;
  }

  private static boolean blobFits(int offset, int width) {
    return offset + width <= MAX_SIZE;
  }

  private int get(int offset, int width) {
    return switch (width) {
      case 1 -> blob.get(offset) & 0xff;
      case 2 -> blob.getShort(offset) & 0xffff;
      default -> blob.getInt(offset);
    };
  }

  private void put(int offset, int width, int value) {
    switch (width) {
      case 1 -> blob.put(offset, (byte) value);
      case 2 -> blob.putShort(offset, (short) value);
      default -> blob.putInt(offset, value);
    }
  }
}
