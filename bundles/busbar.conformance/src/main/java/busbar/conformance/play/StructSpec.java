package busbar.conformance.play;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The argument of an ioctl as scenarios write it: named fields at offsets, with the names that
 * results show.
 *
 * @param size of the fixed part, in bytes
 * @param fields of the fixed part, then those of the optional one
 * @param fullSize with the optional part, which is there if one of its fields is given
 */
record StructSpec(long size, List<Field> fields, long fullSize) {

  /** How a field's value is shown. */
  enum Radix {
    HEX,
    DECIMAL
  }

  /** When a field is shown: always on success, or only if the kernel changed it. */
  enum Shown {
    ON_SUCCESS,
    IF_CHANGED
  }

  /** One field. */
  record Field(String name, long offset, int width, Radix radix, Shown shown) {
    long get(MemorySegment s) {
      return switch (width) {
        case 1 -> Byte.toUnsignedLong(s.get(ValueLayout.JAVA_BYTE, offset));
        case 2 -> Short.toUnsignedLong(s.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
        case 4 -> Integer.toUnsignedLong(s.get(ValueLayout.JAVA_INT_UNALIGNED, offset));
        default -> s.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
      };
    }

    void set(MemorySegment s, long value) {
      switch (width) {
        case 1 -> s.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
        case 2 -> s.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, (short) value);
        case 4 -> s.set(ValueLayout.JAVA_INT_UNALIGNED, offset, (int) value);
        default -> s.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, value);
      }
    }

    boolean fitsIn(MemorySegment s) {
      return offset + width <= s.byteSize();
    }

    String text(MemorySegment s) {
      long value = get(s);
      return name
          + "="
          + (radix == Radix.HEX ? "0x" + Long.toHexString(value) : Long.toUnsignedString(value));
    }
  }

  /** Fields whose values people count with; all others are addresses, sizes and bits. */
  private static final Set<String> DECIMALS =
      Set.of(
          "index",
          "count",
          "start",
          "num_regions",
          "num_irqs",
          "cap_offset",
          "width",
          "height",
          "stride",
          "x_pos",
          "y_pos",
          "region_index",
          "ddw_max_windows",
          "ddw_levels",
          "page_shift",
          "levels",
          "pt_id",
          "out_devid",
          "out_ioas_id",
          "ioas_id",
          "out_hwpt_id",
          "num_iovas",
          "data_len",
          "out_data_type",
          "drm_plane_type");

  /** The names in scenarios of fields that the kernel's headers call otherwise. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("ddw.pgsizes", "ddw_pgsizes"),
          Map.entry("ddw.max_dynamic_windows_supported", "ddw_max_windows"),
          Map.entry("ddw.levels", "ddw_levels"),
          Map.entry("err.type", "type"),
          Map.entry("err.func", "func"),
          Map.entry("err.addr", "addr"),
          Map.entry("err.mask", "mask"),
          Map.entry("bitmap.pgsize", "bm_pgsize"),
          Map.entry("bitmap.size", "bm_size"),
          Map.entry("bitmap.data", "bm_data"));

  /** A struct of which {@code out} is shown on success. */
  static StructSpec of(StructLayout layout, String... out) {
    List<Field> fields = new ArrayList<>();
    collect(layout, "", 0, Set.copyOf(Arrays.asList(out)), fields);
    return new StructSpec(layout.byteSize(), List.copyOf(fields), layout.byteSize());
  }

  /** The same struct, followed by another one if a field of that is given. */
  StructSpec optionally(MemoryLayout following) {
    List<Field> all = new ArrayList<>(fields);
    collect(following, "", size, Set.of(), all);
    return new StructSpec(size, List.copyOf(all), size + following.byteSize());
  }

  private static void collect(
      MemoryLayout layout, String prefix, long base, Set<String> out, List<Field> fields) {
    if (layout instanceof GroupLayout group) {
      // the members of a union are one field, which recordings show by its first name
      boolean union = !(group instanceof StructLayout);
      long offset = base;
      List<MemoryLayout> members = group.memberLayouts();
      for (MemoryLayout member : union ? members.subList(0, 1) : members) {
        String name = member.name().orElse("");
        String path = name.isEmpty() ? prefix : prefix.isEmpty() ? name : prefix + "." + name;
        collect(member, path, offset, out, fields);
        offset += member.byteSize();
      }
    } else if (layout instanceof ValueLayout value && !prefix.contains("reserved__")) {
      String name = NAMES.getOrDefault(prefix, prefix);
      fields.add(
          new Field(
              name,
              base,
              (int) value.byteSize(),
              DECIMALS.contains(name) ? Radix.DECIMAL : Radix.HEX,
              out.contains(name) ? Shown.ON_SUCCESS : Shown.IF_CHANGED));
    }
  }
}
