package busbar.model.nvme;

import java.nio.charset.StandardCharsets;

/**
 * The data structures that Identify and Get Log Page give (NVMe base specification 1.4, section 5).
 */
final class IdentifyData {
  static final int SIZE = 4096;
  private static final int VENDOR = 0x1b36;
  private static final int SUBSYSTEM_VENDOR = 0x1af4;
  private static final int VERSION = 0x0001_0400;
  private static final int TEMPERATURE_KELVIN = 323;

  private IdentifyData() {}

  static byte[] controller(String serial) {
    byte[] data = new byte[SIZE];
    Le.put(data, 0, 2, VENDOR);
    Le.put(data, 2, 2, SUBSYSTEM_VENDOR);
    Le.text(data, 4, 20, serial);
    Le.text(data, 24, 40, "Busbar NVMe Controller");
    Le.text(data, 64, 8, "1.0");
    data[72] = 6; // arbitration burst
    Le.put(data, 73, 3, 0x525400);
    data[77] = 7; // longest transfer: 2^7 pages of 4 KiB
    Le.put(data, 80, 4, VERSION);
    data[111] = 1; // an I/O controller
    data[258] = 3; // aborts at once, from 0
    data[259] = AdminCommands.EVENT_REQUESTS - 1;
    data[260] = 3; // one firmware slot, read-only
    Le.put(data, 266, 2, 0x157);
    Le.put(data, 268, 2, 0x175);
    data[512] = 0x66; // submission entries are 2^6 bytes
    data[513] = 0x44; // completion entries are 2^4 bytes
    Le.put(data, 516, 4, 1); // one namespace
    Le.put(data, 520, 2, 1 | 1 << 2 | 1 << 3); // compare, dataset management, write zeroes
    byte[] name =
        ("nqn.2014-08.org.nvmexpress:busbar:" + serial).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, data, 768, Math.min(name.length, 255));
    Le.put(data, 2048, 2, 2500); // power of the one power state, in centiwatts
    return data;
  }

  static byte[] namespace(Namespace namespace) {
    byte[] data = new byte[SIZE];
    Le.put(data, 0, 8, namespace.blocks());
    Le.put(data, 8, 8, namespace.blocks());
    Le.put(data, 16, 8, namespace.blocks());
    data[24] = 1; // thin provisioned
    data[33] = 1; // what is deallocated reads as zeros
    Le.put(data, 128, 4, Namespace.BLOCK_SHIFT << 16);
    return data;
  }

  /** The list of namespaces whose number is above one. */
  static byte[] namespacesAbove(int number) {
    byte[] data = new byte[SIZE];
    if (number == 0) {
      Le.put(data, 0, 4, 1);
    }
    return data;
  }

  /** The descriptors of the namespace: an identifier made of its serial, and its command set. */
  static byte[] descriptors(String serial) {
    byte[] data = new byte[SIZE];
    data[0] = 3; // a UUID
    data[1] = 16;
    byte[] uuid = new byte[16];
    Le.put(uuid, 0, 8, serial.hashCode() * 0x9e37_79b9_7f4a_7c15L);
    Le.put(uuid, 8, 8, serial.length() * 0xc2b2_ae3d_27d4_eb4fL + serial.hashCode());
    uuid[6] = (byte) (uuid[6] & 0x0f | 0x80);
    uuid[8] = (byte) (uuid[8] & 0x3f | 0x80);
    System.arraycopy(uuid, 0, data, 4, 16);
    data[20] = 4; // a command set, 0: NVM
    data[21] = 1;
    return data;
  }

  static byte[] health() {
    byte[] data = new byte[512];
    Le.put(data, 1, 2, TEMPERATURE_KELVIN);
    data[3] = 100; // available spare
    data[4] = 10; // its threshold
    return data;
  }

  static byte[] firmwareSlots() {
    byte[] data = new byte[512];
    data[0] = 1;
    Le.text(data, 8, 8, "1.0");
    return data;
  }
}
