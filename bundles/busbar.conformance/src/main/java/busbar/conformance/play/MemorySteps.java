package busbar.conformance.play;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.Protection;
import busbar.conformance.scenario.BadStepException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Steps on memory: what there is to map, device mappings, and the CPU's accesses to both. */
final class MemorySteps {
  private static final long HUGE_PAGE = 2L << 20;
  private static final long LARGE = 16L << 20;
  private static final long MOST = 64L << 30;
  private static final long MOST_FILLED = 1L << 30;
  private static final int[] WIDTHS = {8, 16, 32, 64};
  private static final Set<String> KINDS =
      Set.of("anon", "shared", "memfd", "memfd-map", "memfd-huge", "hugetlb", "file");

  private MemorySteps() {}

  static void addTo(Map<String, StepAction> actions) {
    actions.put("mem", MemorySteps::allocate);
    actions.put("munmap", MemorySteps::unmap);
    actions.put("mprotect", MemorySteps::protect);
    actions.put("mmap", MemorySteps::map);
    actions.put("mem-write", MemorySteps::write);
    actions.put("mem-read", MemorySteps::read);
    actions.put("mem-fill", MemorySteps::fill);
    actions.put("mem-check", MemorySteps::check);
    for (int bits : WIDTHS) {
      actions.put("mrd" + bits, (s, a) -> load(s, a, bits / 8));
      actions.put("mwr" + bits, (s, a) -> store(s, a, bits / 8));
    }
  }

  private static String allocate(Session s, Arguments a) {
    String name = a.word(0, "name");
    String kind = a.option("kind").orElse("anon");
    if (!KINDS.contains(kind)) {
      throw BadStepException.because("there is no memory of the kind %s", kind);
    }
    if (kind.equals("memfd-map")) {
      return secondView(s, a, name);
    }
    boolean huge = kind.equals("hugetlb") || kind.equals("memfd-huge");
    long granule = huge ? HUGE_PAGE : AddressSpace.PAGE;
    long asked = a.option("size").map(s::value).orElse(AddressSpace.PAGE);
    if (asked <= 0 || asked > MOST) {
      throw (asked == 0 ? Errno.EINVAL : Errno.ENOMEM)
          .because("no memory of %s bytes", Long.toUnsignedString(asked));
    }
    long size = asked + granule - 1 & -granule;
    long alignment =
        Math.max(HUGE_PAGE, Long.highestOneBit(a.option("align").map(s::value).orElse(1L)));
    Protection protection = protection(a.option("prot").orElse("rw"));
    int hugePages = huge ? takeHugePages(s, (int) (size / HUGE_PAGE)) : 0;
    MemorySegment segment = zeroed(size);
    a.option("fill").ifPresent(byteValue -> fill(segment, (byte) s.value(byteValue)));
    AddressSpace.Kind sharing =
        kind.equals("anon") ? AddressSpace.Kind.PRIVATE : AddressSpace.Kind.SHARED;
    long address =
        s.client().memory().place(segment, s.addressFor(size, alignment), protection, sharing);
    s.areas().put(name, new Session.Area(address, size, null, hugePages));
    return "OK";
  }

  private static void fill(MemorySegment segment, byte value) {
    if (value != 0 && segment.byteSize() > MOST_FILLED) {
      throw BadStepException.because("%d bytes are too many to fill", segment.byteSize());
    }
    if (value != 0) {
      segment.fill(value);
    }
  }

  private static String secondView(Session s, Arguments a, String name) {
    Session.Area first = area(s, a.required("of"));
    long size = Math.min(first.size(), a.option("size").map(s::value).orElse(first.size()));
    MemorySegment segment = s.client().memory().at(first.address(), size, Access.READ);
    long address =
        s.client()
            .memory()
            .place(
                segment,
                s.addressFor(size, HUGE_PAGE),
                protection(a.option("prot").orElse("rw")),
                AddressSpace.Kind.SHARED);
    s.areas().put(name, new Session.Area(address, size, null, 0));
    return "OK";
  }

  private static int takeHugePages(Session s, int pages) {
    int before = s.host().freeHugePages().getAndUpdate(free -> free < pages ? free : free - pages);
    if (before < pages) {
      throw Errno.ENOMEM.because("%d huge pages are free, not %d", before, pages);
    }
    return pages;
  }

  /**
   * Large memory comes from a file with holes: as with {@code mmap}, untouched pages cost nothing.
   */
  private static MemorySegment zeroed(long size) {
    try {
      if (size < LARGE) {
        return Arena.ofAuto().allocate(size, AddressSpace.PAGE);
      }
      Path file = Files.createTempFile("busbar-memory-", ".tmp");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE,
              StandardOpenOption.SPARSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, size, Arena.ofAuto());
      }
    } catch (IOException | OutOfMemoryError e) {
      throw new VfioException(Errno.ENOMEM, "no memory of " + size + " bytes", e);
    }
  }

  private static String unmap(Session s, Arguments a) {
    Session.Area area = area(s, a.word(0, "name"));
    if (area.mapping() == null) {
      s.client().memory().unregister(area.address(), area.size());
      s.host().freeHugePages().addAndGet(area.hugePages());
    } else {
      area.mapping().unmap();
    }
    return "OK";
  }

  private static String protect(Session s, Arguments a) {
    Session.Area area = area(s, a.word(0, "name"));
    s.client().memory().protect(area.address(), area.size(), protection(a.word(1, "protection")));
    return "OK";
  }

  private static String map(Session s, Arguments a) {
    String name = a.word(0, "name");
    s.areas().remove(name);
    MmapRequest.Sharing sharing =
        a.option("flags").orElse("shared").equals("private")
            ? MmapRequest.Sharing.PRIVATE
            : MmapRequest.Sharing.SHARED;
    int fd = s.fd(a.word(1, "handle"));
    long offset = s.value(a.word(2, "offset"));
    long length = s.value(a.word(3, "length"));
    MmapRequest request =
        new MmapRequest(offset, length, accesses(a.option("prot").orElse("rw")), sharing);
    Mapping mapping = s.client().mmap(fd, request);
    s.areas().put(name, new Session.Area(mapping.address(), mapping.length(), mapping, 0));
    return "OK";
  }

  private static Set<MmapRequest.Prot> accesses(String letters) {
    Set<MmapRequest.Prot> accesses = EnumSet.noneOf(MmapRequest.Prot.class);
    if (letters.equals("none")) {
      return accesses;
    }
    for (char letter : letters.toCharArray()) {
      accesses.add(
          switch (letter) {
            case 'r' -> MmapRequest.Prot.READ;
            case 'w' -> MmapRequest.Prot.WRITE;
            case 'x' -> MmapRequest.Prot.EXEC;
            default -> throw BadStepException.because("there is no access \"%c\"", letter);
          });
    }
    return accesses;
  }

  private static Protection protection(String word) {
    return switch (word) {
      case "rw" -> Protection.READ_WRITE;
      case "r" -> Protection.READ;
      case "none" -> Protection.NONE;
      default -> throw BadStepException.because("there is no protection \"%s\"", word);
    };
  }

  private static Session.Area area(Session s, String name) {
    Session.Area area = s.areas().get(name);
    if (area == null) {
      throw BadStepException.expression(name);
    }
    return area;
  }

  private static String write(Session s, Arguments a) {
    Cpu.write(s, s.value(a.word(0, "address")), Bytes.parse(a.word(1, "bytes")));
    return "OK";
  }

  private static String read(Session s, Arguments a) {
    int length = Bytes.length(s.value(a.word(1, "length")));
    return "OK hex=" + Bytes.shorten(Cpu.read(s, s.value(a.word(0, "address")), length));
  }

  private static String fill(Session s, Arguments a) {
    byte[] bytes = new byte[Bytes.length(s.value(a.word(1, "length")))];
    Arrays.fill(bytes, (byte) s.value(a.word(2, "byte")));
    Cpu.write(s, s.value(a.word(0, "address")), bytes);
    return "OK";
  }

  private static String check(Session s, Arguments a) {
    int length = Bytes.length(s.value(a.word(1, "length")));
    byte wanted = (byte) s.value(a.word(2, "byte"));
    byte[] bytes = Cpu.read(s, s.value(a.word(0, "address")), length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != wanted) {
        return String.format("OK differs at=0x%x byte=0x%02x", i, bytes[i]);
      }
    }
    return "OK all-equal";
  }

  private static String load(Session s, Arguments a, int width) {
    return "OK value=0x" + Long.toHexString(Cpu.load(s, s.value(a.word(0, "address")), width));
  }

  private static String store(Session s, Arguments a, int width) {
    Cpu.store(s, s.value(a.word(0, "address")), width, s.value(a.word(1, "value")));
    return "OK";
  }

  /** The result of an access that faulted. */
  static String failed(MemoryFaultException e) {
    return "ERR " + e.signal();
  }
}
