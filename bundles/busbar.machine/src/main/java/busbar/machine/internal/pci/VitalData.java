package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.pci.Vpd;
import java.util.HexFormat;

/** Vital product data: the bytes that the description gives, behind the VPD capability. */
final class VitalData implements Vpd {
  private static final String KEY = "vpd";
  private static final int LIMIT = 0x8000;

  private final String device;
  private final byte[] data;

  private VitalData(String device, byte[] data) {
    this.device = device;
    this.data = data;
  }

  /** {@code null} if the function has no such capability. */
  static Vpd of(FunctionHardware function) {
    if (function.capabilities().find(Capabilities.VPD) == 0) {
      return null;
    }
    Object text = function.description().properties().get(KEY);
    return new VitalData(
        function.name(), text instanceof String hex ? HexFormat.of().parseHex(hex) : new byte[0]);
  }

  @Override
  public synchronized int read(int address) {
    check(address);
    int value = 0;
    for (int i = 3; i >= 0; i--) {
      int at = address + i;
      value = value << 8 | (at < data.length ? data[at] & 0xff : 0);
    }
    return value;
  }

  @Override
  public synchronized void write(int address, int value) {
    check(address);
    for (int i = 0; i < 4 && address + i < data.length; i++) {
      data[address + i] = (byte) (value >>> 8 * i);
    }
  }

  private void check(int address) {
    if (data.length == 0 || address < 0 || address >= LIMIT || (address & 3) != 0) {
      throw Errno.EIO.because(
          "the vital product data of %s do not answer at 0x%x", device, address);
    }
  }
}
