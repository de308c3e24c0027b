package busbar.machine.internal.pci;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where a function's capabilities lie; 0 stands for "has none". */
final class Capabilities {
  static final int PM = 0x01;
  static final int VPD = 0x03;
  static final int MSI = 0x05;
  static final int VENDOR = 0x09;
  static final int PCIE = 0x10;
  static final int MSIX = 0x11;
  static final int AF = 0x13;
  static final int EXT_AER = 0x01;
  static final int EXT_SRIOV = 0x10;

  private static final int STATUS_LIST = 0x10;
  private static final int LOOP_GUARD = 256;

  private final Map<Integer, Integer> standard = new HashMap<>();
  private final Map<Integer, Integer> all = new LinkedHashMap<>();
  private final Map<Integer, Integer> extended = new LinkedHashMap<>();

  Capabilities(ConfigSpace config) {
    if ((config.read(6, 2) & STATUS_LIST) != 0) {
      int at = config.read(0x34, 1) & ~3;
      for (int i = 0; at >= 0x40 && i < LOOP_GUARD; i++) {
        int id = config.read(at, 1);
        standard.putIfAbsent(id, at);
        all.putIfAbsent(at, id);
        at = config.read(at + 1, 1) & ~3;
      }
    }
    if (config.size() > 256) {
      int at = 0x100;
      for (int i = 0; at >= 0x100 && at < config.size() && i < LOOP_GUARD; i++) {
        int header = config.read(at, 4);
        if (header == 0 || header == -1) {
          break;
        }
        extended.putIfAbsent(header & 0xffff, at);
        at = header >>> 20 & ~3;
      }
    }
  }

  int find(int id) {
    return standard.getOrDefault(id, 0);
  }

  int findExtended(int id) {
    return extended.getOrDefault(id, 0);
  }

  /** Offset to id, of the standard ones. */
  Map<Integer, Integer> all() {
    return all;
  }

  /** Id to offset, of the extended ones. */
  Map<Integer, Integer> extended() {
    return extended;
  }
}
