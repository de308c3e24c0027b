package busbar.pci;

/**
 * What a user may do with each bit of one capability: see the shadow copy instead of hardware
 * (virtual), and change it (writable). Bits that no call mentions come from hardware and are
 * read-only. Built once, then read by all threads.
 */
final class PermissionTable {
  static final int ALL = -1;
  static final int NONE = 0;

  private final byte[] virtual;
  private final byte[] writable;
  private boolean raw;

  /**
   * @param length of the capability in bytes; settings beyond a shorter version of it fall away
   */
  PermissionTable(int length) {
    virtual = new byte[length];
    writable = new byte[length];
  }

  /**
   * A standard capability: its link to the next one is virtual, so that hidden ones are skipped.
   */
  static PermissionTable standard(int length) {
    return new PermissionTable(length).u8(PciRegs.PCI_CAP_LIST_NEXT, ALL, NONE);
  }

  /** An extended capability: its first word holds the link. */
  static PermissionTable extended(int length) {
    return new PermissionTable(length).u32(0, ALL, NONE);
  }

  /** Writes go to hardware as they are, without a read before them. */
  PermissionTable rawWrites() {
    raw = true;
    return this;
  }

  PermissionTable u8(int offset, int virtualBits, int writableBits) {
    return set(offset, 1, virtualBits, writableBits);
  }

  PermissionTable u16(int offset, int virtualBits, int writableBits) {
    return set(offset, 2, virtualBits, writableBits);
  }

  PermissionTable u32(int offset, int virtualBits, int writableBits) {
    return set(offset, 4, virtualBits, writableBits);
  }

  private PermissionTable set(int offset, int width, int virtualBits, int writableBits) {
    for (int i = 0; i < width && offset + i < virtual.length; i++) {
      virtual[offset + i] = (byte) (virtualBits >>> 8 * i);
      writable[offset + i] = (byte) (writableBits >>> 8 * i);
    }
    return this;
  }

  boolean isRaw() {
    return raw;
  }

  int virtual(int offset, int width) {
    return LittleEndian.get(virtual, offset, width);
  }

  int writable(int offset, int width) {
    return LittleEndian.get(writable, offset, width);
  }
}
