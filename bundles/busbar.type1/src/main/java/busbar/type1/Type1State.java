package busbar.type1;

import busbar.api.Errno;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.memory.AddressSpace;
import busbar.api.state.StateRecord;
import busbar.type1.Type1Domain.Member;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A container's state on its way to the next version of the backend. Page tables stay where they
 * are, so DMA goes on; what is pinned stays pinned, what is charged stays charged.
 *
 * <p>Mappings are packed, lowest first, because there may be 65,535 of them in one pause.
 *
 * <table>
 * <caption>Version 1</caption>
 * <tr><td>v2, dirtyTracking</td><td>Boolean</td></tr>
 * <tr><td>available</td><td>Long: mappings that can still be made</td></tr>
 * <tr><td>iovas</td><td>list of Long: first and last of each range</td></tr>
 * <tr><td>domains</td><td>list of records: domain, coherent, groups (newest first)</td></tr>
 * <tr><td>emulatedGroups</td><td>list of records: group, pinnedScope</td></tr>
 * <tr><td>owners</td><td>list of AddressSpace</td></tr>
 * <tr><td>mappings</td><td>long[], see {@link PackedMappings}</td></tr>
 * <tr><td>pins</td><td>bytes: {@link #PIN_BYTES} each: iova, physical, uses (64 bits each)</td></tr>
 * <tr><td>bitmaps</td><td>list of bytes, one for each mapping while dirty pages are tracked</td></tr>
 * <tr><td>listeners</td><td>list of UnmapListener</td></tr>
 * </table>
 */
final class Type1State {
  static final int VERSION = 1;
  static final int PIN_BYTES = 24;

  private Type1State() {}

  static StateRecord save(Type1Iommu iommu) {
    iommu.lock.lock();
    try {
      List<AddressSpace> owners = new ArrayList<>(iommu.mappings.packedOwners());
      List<DmaMapping> pinned = new ArrayList<>();
      long[] mappings =
          iommu.mappings.pack(
              mapping -> {
                if (mapping.isPinned()) {
                  pinned.add(mapping);
                }
                return index(owners, mapping.owner);
              });
      return new StateRecord(
          Type1Driver.NAME,
          VERSION,
          Map.ofEntries(
              Map.entry("v2", iommu.v2),
              Map.entry("dirtyTracking", iommu.dirtyTracking),
              Map.entry("available", iommu.available),
              Map.entry("iovas", bounds(iommu.iovas)),
              Map.entry("domains", iommu.domains.stream().map(Type1State::save).toList()),
              Map.entry("emulatedGroups", members(iommu.emulatedGroups)),
              Map.entry("owners", List.copyOf(owners)),
              Map.entry("mappings", mappings),
              Map.entry("pins", packPins(pinned)),
              Map.entry("bitmaps", bitmaps(iommu)),
              Map.entry("listeners", List.copyOf(iommu.listeners))));
    } finally {
      iommu.lock.unlock();
    }
  }

  private static List<Long> bounds(IovaList iovas) {
    List<Long> bounds = new ArrayList<>();
    for (int i = 0; i < iovas.size(); i++) {
      bounds.add(iovas.first(i));
      bounds.add(iovas.last(i));
    }
    return List.copyOf(bounds);
  }

  private static StateRecord save(Type1Domain domain) {
    return new StateRecord(
        Type1Driver.NAME + "-domain",
        VERSION,
        Map.of(
            "domain", domain.hardware,
            "coherent", domain.coherent,
            "groups", members(domain.members)));
  }

  private static List<StateRecord> members(List<Member> members) {
    return members.stream()
        .map(
            member ->
                new StateRecord(
                    Type1Driver.NAME + "-group",
                    VERSION,
                    Map.of("group", member.group, "pinnedScope", member.pinnedScope)))
        .toList();
  }

  /** There are few owners, most often one. */
  private static int index(List<AddressSpace> owners, AddressSpace owner) {
    for (int i = 0; i < owners.size(); i++) {
      if (owners.get(i) == owner) {
        return i;
      }
    }
    owners.add(owner);
    return owners.size() - 1;
  }

  private static byte[] packPins(List<DmaMapping> pinned) {
    int count = pinned.stream().mapToInt(mapping -> mapping.pinned.count()).sum();
    ByteBuffer packed = buffer(Math.multiplyExact(count, PIN_BYTES));
    for (DmaMapping mapping : pinned) {
      for (PinnedPages.Page page : mapping.pinned.all()) {
        packed.putLong(page.iova).putLong(page.physical).putLong(page.uses);
      }
    }
    return packed.array();
  }

  private static List<byte[]> bitmaps(Type1Iommu iommu) {
    List<byte[]> bitmaps = new ArrayList<>();
    if (iommu.dirtyTracking) {
      for (DmaMapping m = iommu.mappings.first(); m != null; m = iommu.mappings.next(m)) {
        bitmaps.add(m.dirty.toBytes());
      }
    }
    return bitmaps;
  }

  /** Takes a state over; a state that cannot be is refused before anything is changed. */
  static void restore(Type1Iommu fresh, StateRecord state) {
    state.expect(Type1Driver.NAME, VERSION);
    if (state.get("v2", Boolean.class) != fresh.v2) {
      throw Errno.EINVAL.because("the state is of the other version of type 1");
    }
    List<Type1Domain> domains =
        state.list("domains", StateRecord.class).stream().map(Type1State::domain).toList();
    List<Member> emulated = restoreMembers(state, "emulatedGroups");
    long[] bounds = state.list("iovas", Long.class).stream().mapToLong(Long::longValue).toArray();
    long pageSizes = GroupAttach.commonPageSizes(domains, -1);
    PackedMappings packed =
        new PackedMappings(
            state.get("mappings", long[].class), state.list("owners", AddressSpace.class));
    int suspended = packed.check();
    DmaIndex mappings = DmaIndex.of(packed);
    unpackPins(state, mappings);
    boolean tracking = state.get("dirtyTracking", Boolean.class);
    if (tracking) {
      unpackBitmaps(state, mappings, Long.numberOfTrailingZeros(pageSizes));
    }
    long available = state.number("available");
    List<UnmapListener> listeners = state.list("listeners", UnmapListener.class);
    fresh.lock.lock();
    try {
      if (fresh.hasDomains() || !fresh.mappings.isEmpty() || !fresh.emulatedGroups.isEmpty()) {
        throw Errno.EINVAL.because("the container that should take the state is in use");
      }
      fresh.domains.addAll(domains);
      fresh.pageSizes = pageSizes;
      fresh.emulatedGroups.addAll(emulated);
      fresh.iovas = IovaList.of(bounds);
      fresh.available = available;
      fresh.dirtyTracking = tracking;
      fresh.nonPinnedGroups = countNonPinned(domains);
      fresh.mappings.takeOver(mappings);
      fresh.suspended = suspended;
      fresh.listeners.addAll(listeners);
    } finally {
      fresh.lock.unlock();
    }
  }

  private static int countNonPinned(List<Type1Domain> domains) {
    int count = 0;
    for (Type1Domain domain : domains) {
      for (Member member : domain.members) {
        count += member.pinnedScope ? 0 : 1;
      }
    }
    return count;
  }

  private static Type1Domain domain(StateRecord state) {
    Type1Domain domain =
        new Type1Domain(
            state.get("domain", IommuDomain.class), state.get("coherent", Boolean.class));
    domain.members.addAll(restoreMembers(state, "groups"));
    return domain;
  }

  private static List<Member> restoreMembers(StateRecord state, String name) {
    return state.list(name, StateRecord.class).stream()
        .map(
            member ->
                new Member(
                    member.get("group", IommuGroup.class),
                    member.get("pinnedScope", Boolean.class)))
        .toList();
  }

  private static void unpackPins(StateRecord state, DmaIndex mappings) {
    ByteBuffer packed = wrap(state.get("pins", byte[].class), PIN_BYTES);
    while (packed.hasRemaining()) {
      long iova = packed.getLong();
      long physical = packed.getLong();
      long uses = packed.getLong();
      DmaMapping mapping = mappings.at(iova);
      if (mapping == null || uses <= 0 || uses > Integer.MAX_VALUE) {
        throw Errno.EINVAL.because("the state's pinned page at iova 0x%x makes no sense", iova);
      }
      if (mapping.pinned == null) {
        mapping.pinned = new PinnedPages();
      }
      mapping.pinned.add(new PinnedPages.Page(iova, physical, (int) uses));
    }
  }

  private static void unpackBitmaps(StateRecord state, DmaIndex mappings, int pageShift) {
    List<byte[]> bitmaps = state.list("bitmaps", byte[].class);
    if (bitmaps.size() != mappings.size()) {
      throw Errno.EINVAL.because(
          "the state has %d dirty bitmaps for %d mappings", bitmaps.size(), mappings.size());
    }
    DmaMapping m = mappings.first();
    for (byte[] bitmap : bitmaps) {
      m.dirty = DirtyBitmap.of(m.size >>> pageShift, bitmap);
      m = mappings.next(m);
    }
  }

  /** The old instance lets go without touching pages or page tables: they are its successor's. */
  static void forget(Type1Iommu iommu) {
    iommu.lock.lock();
    try {
      iommu.mappings.clear();
      iommu.domains.clear();
      iommu.emulatedGroups.clear();
      iommu.listeners.clear();
      iommu.dirtyTracking = false;
      iommu.suspended = 0;
      iommu.nonPinnedGroups = 0;
    } finally {
      iommu.lock.unlock();
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer wrap(byte[] bytes, int unit) {
    if (bytes.length % unit != 0) {
      throw Errno.EINVAL.because("%d bytes of the state are not units of %d", bytes.length, unit);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
