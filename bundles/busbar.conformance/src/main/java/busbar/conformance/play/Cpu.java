package busbar.conformance.play;

import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MmioWindow;

/**
 * Loads and stores of the process at any address that it knows: its memory and its device mappings.
 */
final class Cpu {
  private Cpu() {}

  static byte[] read(Session s, long address, int length) {
    byte[] bytes = new byte[length];
    if (isDevice(s, address, Access.READ)) {
      for (int done = 0; done < length; ) {
        int width = width(address + done, length - done);
        byte[] part = Bytes.little(load(s, address + done, width), width);
        System.arraycopy(part, 0, bytes, done, width);
        done += width;
      }
      return bytes;
    }
    var buffer = Bytes.segment(length);
    ordinary(address, () -> s.client().memory().read(address, buffer));
    return Bytes.array(buffer);
  }

  static void write(Session s, long address, byte[] bytes) {
    if (!isDevice(s, address, Access.WRITE)) {
      ordinary(address, () -> s.client().memory().write(address, Bytes.segment(bytes)));
      return;
    }
    for (int done = 0; done < bytes.length; ) {
      int width = width(address + done, bytes.length - done);
      long value = 0;
      for (int i = 0; i < width; i++) {
        value |= (bytes[done + i] & 0xffL) << 8 * i;
      }
      store(s, address + done, width, value);
      done += width;
    }
  }

  static long load(Session s, long address, int width) {
    if (!isDevice(s, address, Access.READ)) {
      return Bytes.little(readOrdinary(s, address, width), width);
    }
    if ((address & width - 1) != 0) {
      return load(s, address, width / 2)
          | load(s, address + width / 2, width / 2) << 8 * (width / 2);
    }
    Session.Area area = mapped(s, address);
    if (area != null) {
      return area.mapping().load(address - area.address(), width);
    }
    AddressSpace.DeviceAt at = s.client().memory().deviceAt(address, Access.READ);
    MmioWindow window = at.device().windowAt(at.offset());
    return window.load(at.device().windowOffset(at.offset()), width);
  }

  static void store(Session s, long address, int width, long value) {
    if (!isDevice(s, address, Access.WRITE)) {
      write(s, address, Bytes.little(value, width));
      return;
    }
    if ((address & width - 1) != 0) {
      store(s, address, width / 2, value);
      store(s, address + width / 2, width / 2, value >>> 8 * (width / 2));
      return;
    }
    Session.Area area = mapped(s, address);
    if (area != null) {
      area.mapping().store(address - area.address(), width, value);
      return;
    }
    AddressSpace.DeviceAt at = s.client().memory().deviceAt(address, Access.WRITE);
    MmioWindow window = at.device().windowAt(at.offset());
    window.store(at.device().windowOffset(at.offset()), width, value);
  }

  private static byte[] readOrdinary(Session s, long address, int width) {
    var buffer = Bytes.segment(width);
    ordinary(address, () -> s.client().memory().read(address, buffer));
    return Bytes.array(buffer);
  }

  /** The mapping of this process that an address lies in, {@code null} if it has none there. */
  private static Session.Area mapped(Session s, long address) {
    for (Session.Area area : s.areas().values()) {
      Mapping mapping = area.mapping();
      if (mapping != null && Long.compareUnsigned(address - area.address(), area.size()) < 0) {
        return area;
      }
    }
    return null;
  }

  private static boolean isDevice(Session s, long address, Access access) {
    return s.client().memory().deviceAt(address, access) != null;
  }

  private static void ordinary(long address, Runnable access) {
    try {
      access.run();
    } catch (VfioException e) {
      throw MemoryFaultException.segmentationFault("0x%x: %s", address, e.because());
    }
  }

  private static int width(long address, int left) {
    int width = Long.BYTES;
    while (width > left || (address & width - 1) != 0) {
      width >>= 1;
    }
    return width;
  }
}
