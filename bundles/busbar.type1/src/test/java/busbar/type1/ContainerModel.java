package busbar.type1;

import busbar.api.Errno;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A container as slowly and plainly as possible: whole numbers instead of 64 bits, page by page, a
 * new list for everything. Answers are text: an errno's name, or a number of bytes.
 */
final class ContainerModel {
  static final BigInteger PAGE = BigInteger.valueOf(4096);
  static final BigInteger TOP = BigInteger.ONE.shiftLeft(64);
  static final int ALL_PROTECTIONS = 3;

  /** A client: which pages it has, what is behind them, whether they can be written. */
  static final class Owner {
    final Map<BigInteger, Long> physical = new HashMap<>();
    final Set<BigInteger> writable = new LinkedHashSet<>();
    long locked;
    long limit = Long.MAX_VALUE;
  }

  /**
   * A mapping; {@code pins} counts by page address, {@code dirty} is {@code null} if not tracked.
   */
  static final class Mapping {
    BigInteger iova;
    BigInteger size;
    BigInteger vaddr;
    Owner owner;
    int protection;
    boolean mapped;
    boolean suspended;
    long charged;
    final Map<BigInteger, Integer> pins = new TreeMap<>();
    BigInteger dirty;

    BigInteger end() {
      return iova.add(size);
    }

    int pages() {
      return size.divide(PAGE).intValueExact();
    }

    boolean holds(BigInteger at) {
      return at.compareTo(iova) >= 0 && at.compareTo(end()) < 0;
    }

    boolean meets(BigInteger from, BigInteger to) {
      return iova.compareTo(to) < 0 && end().compareTo(from) > 0;
    }
  }

  /** A group and the hardware that it belongs to. */
  record Group(
      int id, int hardware, BigInteger start, BigInteger end, List<BigInteger[]> reserved) {}

  final boolean v2;
  final int entryLimit;
  final TreeMap<BigInteger, Mapping> mappings = new TreeMap<>();
  final Set<Group> real = new LinkedHashSet<>();
  final Set<Integer> emulated = new LinkedHashSet<>();
  List<BigInteger[]> ranges = new ArrayList<>();
  boolean tracking;

  ContainerModel(boolean v2, int entryLimit) {
    this.v2 = v2;
    this.entryLimit = entryLimit;
  }

  private static BigInteger big(long unsigned) {
    return new BigInteger(Long.toUnsignedString(unsigned));
  }

  private static boolean aligned(BigInteger... values) {
    return Arrays.stream(values).allMatch(v -> v.mod(PAGE).signum() == 0);
  }

  private List<Mapping> in(BigInteger from, BigInteger to) {
    return from.compareTo(to) >= 0
        ? List.of()
        : mappings.values().stream().filter(m -> m.meets(from, to)).toList();
  }

  long suspended() {
    return mappings.values().stream().filter(m -> m.suspended).count();
  }

  private static String charge(Mapping m, long pages) {
    if (pages > m.owner.limit - m.owner.locked && pages > 0) {
      return Errno.ENOMEM.name();
    }
    m.owner.locked += pages;
    m.charged += pages;
    return null;
  }

  /** Pins page by page; {@code null} if it worked, else nothing of it is left. */
  private static String pinAll(Mapping m) {
    long before = m.charged;
    for (BigInteger at = m.iova; at.compareTo(m.end()) < 0; at = at.add(PAGE)) {
      String failure = pinPage(m, at);
      if (failure == null && !m.pins.containsKey(at)) {
        failure = charge(m, 1);
      }
      if (failure != null) {
        charge(m, before - m.charged);
        return failure;
      }
    }
    return null;
  }

  private static String pinPage(Mapping m, BigInteger iova) {
    BigInteger page = m.vaddr.add(iova.subtract(m.iova));
    boolean there = m.owner.physical.containsKey(page);
    boolean allowed = (m.protection & 2) == 0 || m.owner.writable.contains(page);
    return there && allowed ? null : Errno.EFAULT.name();
  }

  String map(Owner who, int flags, long vaddrBits, long iovaBits, long sizeBits) {
    BigInteger vaddr = big(vaddrBits);
    BigInteger iova = big(iovaBits);
    BigInteger size = big(sizeBits);
    if ((flags & ~7) != 0 || size.signum() == 0) {
      return "EINVAL";
    }
    if (iova.add(size).compareTo(TOP) > 0 || vaddr.add(size).compareTo(TOP) > 0) {
      return "EOVERFLOW";
    }
    if ((flags & 4) != 0 ? flags != 4 : flags == 0) {
      return "EINVAL";
    }
    if (!aligned(vaddr, iova, size)) {
      return "EINVAL";
    }
    List<Mapping> there = in(iova, iova.add(size));
    if (flags == 4) {
      return newVaddr(who, vaddr, iova, size, there);
    }
    if (!there.isEmpty()) {
      return "EEXIST";
    }
    if (mappings.size() == entryLimit) {
      return "ENOSPC";
    }
    BigInteger last = iova.add(size).subtract(BigInteger.ONE);
    if (!ranges.isEmpty()
        && ranges.stream().noneMatch(r -> r[0].compareTo(iova) <= 0 && r[1].compareTo(last) >= 0)) {
      return "EINVAL";
    }
    Mapping added = new Mapping();
    added.iova = iova;
    added.size = size;
    added.vaddr = vaddr;
    added.owner = who;
    added.protection = flags;
    String failure = real.isEmpty() ? null : pinAll(added);
    if (failure != null) {
      return failure;
    }
    added.mapped = !real.isEmpty();
    if (tracking) {
      if (size.divide(PAGE).bitLength() > 31) {
        charge(added, -added.charged);
        return "EINVAL";
      }
      added.dirty = BigInteger.ZERO;
    }
    mappings.put(iova, added);
    return "0";
  }

  private String newVaddr(
      Owner who, BigInteger vaddr, BigInteger iova, BigInteger size, List<Mapping> there) {
    if (there.isEmpty()) {
      return "ENOENT";
    }
    Mapping m = there.getFirst();
    if (there.size() > 1 || !m.suspended || !m.iova.equals(iova) || !m.size.equals(size)) {
      return "EINVAL";
    }
    if (who != m.owner) {
      if (m.charged > 0 && m.charged > who.limit - who.locked) {
        return "ENOMEM";
      }
      who.locked += m.charged;
      m.owner.locked -= m.charged;
      m.owner = who;
    }
    m.vaddr = vaddr;
    m.suspended = false;
    return "0";
  }

  String unmap(int flags, long iovaBits, long sizeBits) {
    BigInteger iova = big(iovaBits);
    BigInteger size = big(sizeBits);
    boolean all = (flags & 2) != 0;
    boolean suspend = (flags & 4) != 0;
    if ((flags & ~6) != 0) {
      return "EINVAL";
    }
    if (suspend && !emulated.isEmpty()) {
      return "EBUSY";
    }
    if (!aligned(iova) || (all ? iova.signum() + size.signum() != 0 : !aligned(size))) {
      return "EINVAL";
    }
    if (!all && size.signum() == 0) {
      return "EINVAL";
    }
    BigInteger end = all ? TOP : iova.add(size);
    if (end.compareTo(TOP) > 0) {
      return "EOVERFLOW";
    }
    List<Mapping> hit = in(iova, end);
    boolean cuts =
        hit.stream().anyMatch(m -> m.iova.compareTo(iova) < 0 || m.end().compareTo(end) > 0);
    if (v2 && cuts) {
      return "EINVAL";
    }
    if (!v2 && !hit.isEmpty() && hit.getFirst().iova.compareTo(iova) < 0) {
      return "0";
    }
    if (suspend && hit.stream().anyMatch(m -> m.suspended)) {
      return "EINVAL";
    }
    BigInteger bytes = BigInteger.ZERO;
    for (Mapping m : hit) {
      bytes = bytes.add(m.size);
      if (suspend) {
        m.suspended = true;
      } else {
        remove(m);
      }
    }
    return Long.toUnsignedString(bytes.longValue());
  }

  private void remove(Mapping m) {
    charge(m, -m.charged);
    mappings.remove(m.iova);
  }

  String attach(Group group) {
    if (suspended() > 0) {
      return "EBUSY";
    }
    if (real.contains(group)) {
      return "EINVAL";
    }
    if (!ranges.isEmpty()) {
      BigInteger low = ranges.getFirst()[0];
      BigInteger high = ranges.getLast()[1];
      if (group.start.compareTo(high) > 0
          || group.end.compareTo(low) < 0
          || !in(low, group.start.max(low)).isEmpty()
          || !in(group.end.min(high).add(BigInteger.ONE), high.add(BigInteger.ONE)).isEmpty()) {
        return "EINVAL";
      }
    }
    for (BigInteger[] r : group.reserved) {
      if (!in(r[0], r[1].add(BigInteger.ONE)).isEmpty()) {
        return "EINVAL";
      }
    }
    List<BigInteger[]> now =
        ranges.isEmpty() ? List.<BigInteger[]>of(range(BigInteger.ZERO, TOP)) : ranges;
    List<BigInteger[]> narrowed = cut(now, BigInteger.ZERO, group.start.subtract(BigInteger.ONE));
    narrowed = cut(narrowed, group.end.add(BigInteger.ONE), TOP);
    narrowed = cutAll(narrowed, List.of(group));
    if (narrowed.isEmpty()) {
      return "EINVAL";
    }
    if (real.isEmpty()) {
      String failure = pinEverything();
      if (failure != null) {
        return failure;
      }
    }
    ranges = narrowed;
    real.add(group);
    return "0";
  }

  private static BigInteger[] range(BigInteger start, BigInteger end) {
    return new BigInteger[] {start, end.subtract(BigInteger.ONE)};
  }

  private String pinEverything() {
    for (Mapping m : mappings.values()) {
      String failure = pinAll(m);
      if (failure != null) {
        mappings.headMap(m.iova).values().forEach(ContainerModel::chargePinsOnly);
        return failure;
      }
      m.mapped = true;
    }
    return null;
  }

  private static void chargePinsOnly(Mapping m) {
    m.mapped = false;
    charge(m, m.pins.size() - m.charged);
  }

  private static List<BigInteger[]> cutAll(List<BigInteger[]> ranges, Iterable<Group> groups) {
    List<BigInteger[]> left = ranges;
    for (Group group : groups) {
      for (BigInteger[] r : group.reserved) {
        left = cut(left, r[0], r[1]);
      }
    }
    return left;
  }

  private static List<BigInteger[]> cut(List<BigInteger[]> ranges, BigInteger from, BigInteger to) {
    List<BigInteger[]> left = new ArrayList<>();
    for (BigInteger[] r : ranges) {
      BigInteger[] below = {r[0], r[1].min(from.subtract(BigInteger.ONE))};
      BigInteger[] above = {r[0].max(to.add(BigInteger.ONE)), r[1]};
      if (below[0].compareTo(below[1]) <= 0) {
        left.add(below);
      }
      if (above[0].compareTo(above[1]) <= 0) {
        left.add(above);
      }
    }
    return left;
  }

  void detach(Group group) {
    if (!real.remove(group)) {
      return;
    }
    BigInteger low = ranges.getFirst()[0];
    BigInteger high = ranges.getLast()[1];
    if (real.stream().noneMatch(g -> g.hardware == group.hardware)) {
      low = real.stream().map(Group::start).reduce(BigInteger.ZERO, BigInteger::max);
      high = real.stream().map(Group::end).reduce(TOP.subtract(BigInteger.ONE), BigInteger::min);
    }
    if (real.isEmpty() && emulated.isEmpty()) {
      List.copyOf(mappings.values()).forEach(this::remove);
    } else if (real.isEmpty()) {
      mappings.values().forEach(ContainerModel::chargePinsOnly);
    }
    List<BigInteger[]> left = cutAll(List.<BigInteger[]>of(new BigInteger[] {low, high}), real);
    ranges = left.isEmpty() ? ranges : left;
    if (tracking) {
      mappings.values().forEach(ContainerModel::markAll);
    }
  }

  String attachEmulated(int id) {
    if (suspended() > 0) {
      return "EBUSY";
    }
    return emulated.add(id) ? "0" : "EINVAL";
  }

  void detachEmulated(int id) {
    if (emulated.remove(id) && emulated.isEmpty() && real.isEmpty()) {
      List.copyOf(mappings.values()).forEach(this::remove);
    }
  }

  String pin(long iovaBits, int count, int protection) {
    BigInteger iova = big(iovaBits);
    if (!v2) {
      return "EACCES";
    }
    if (iova.add(PAGE.multiply(BigInteger.valueOf(count))).compareTo(TOP) > 0) {
      return "EOVERFLOW";
    }
    if (suspended() > 0) {
      return "EBUSY";
    }
    for (int i = 0; i < count; i++) {
      String failure = pinOne(iova.add(PAGE.multiply(BigInteger.valueOf(i))), protection);
      if (failure != null) {
        unpin(iovaBits, i);
        return failure;
      }
    }
    return "0";
  }

  private Mapping at(BigInteger iova) {
    return mappings.values().stream().filter(m -> m.holds(iova)).findFirst().orElse(null);
  }

  private String pinOne(BigInteger iova, int protection) {
    Mapping m = at(iova);
    if (m == null) {
      return "EINVAL";
    }
    if ((m.protection & protection) != protection) {
      return "EPERM";
    }
    if (!m.pins.containsKey(iova)) {
      String failure = pinPage(m, iova);
      if (failure == null && !m.mapped) {
        failure = charge(m, 1);
      }
      if (failure != null) {
        return failure;
      }
      if (tracking) {
        m.dirty = m.dirty.setBit(iova.subtract(m.iova).divide(PAGE).intValueExact());
      }
    }
    m.pins.merge(iova, 1, Integer::sum);
    return null;
  }

  void unpin(long iovaBits, int count) {
    for (int i = 0; v2 && i < count; i++) {
      BigInteger iova = big(iovaBits).add(PAGE.multiply(BigInteger.valueOf(i)));
      Mapping m = at(iova);
      if (m == null) {
        return;
      }
      if (m.pins.containsKey(iova) && m.pins.merge(iova, -1, Integer::sum) == 0) {
        m.pins.remove(iova);
        charge(m, m.mapped ? 0 : -1);
      }
    }
  }

  String dmaRw(long iovaBits, int length, boolean write) {
    if (suspended() > 0) {
      return "EBUSY";
    }
    for (int done = 0; done < length; ) {
      BigInteger at = big(iovaBits).add(BigInteger.valueOf(done)).mod(TOP);
      Mapping m = at(at);
      if (m == null) {
        return "EINVAL";
      }
      if ((m.protection & 1) == 0 || write && (m.protection & 2) == 0) {
        return "EPERM";
      }
      int chunk = m.end().subtract(at).min(BigInteger.valueOf(length - done)).intValueExact();
      BigInteger offset = at.subtract(m.iova);
      BigInteger last = offset.add(BigInteger.valueOf(chunk - 1));
      for (BigInteger b : List.of(offset, last)) {
        BigInteger page = m.vaddr.add(b).divide(PAGE).multiply(PAGE);
        if (!m.owner.physical.containsKey(page) || write && !m.owner.writable.contains(page)) {
          return "EFAULT";
        }
      }
      if (write && tracking) {
        m.dirty = m.dirty.setBit(offset.divide(PAGE).intValueExact());
        m.dirty = m.dirty.setBit(last.divide(PAGE).intValueExact());
      }
      done += chunk;
    }
    return "0";
  }

  String track(boolean on) {
    if (!v2) {
      return "EACCES";
    }
    if (on && tracking) {
      return "0";
    }
    if (on && mappings.values().stream().anyMatch(m -> m.size.divide(PAGE).bitLength() > 31)) {
      return "EINVAL";
    }
    tracking = on;
    for (Mapping m : mappings.values()) {
      m.dirty = on ? BigInteger.ZERO : null;
      if (on) {
        markPins(m);
      }
    }
    return "0";
  }

  private static void markPins(Mapping m) {
    for (BigInteger page : m.pins.keySet()) {
      m.dirty = m.dirty.setBit(page.subtract(m.iova).divide(PAGE).intValueExact());
    }
  }

  private static void markAll(Mapping m) {
    m.dirty = m.dirty.or(ones(m.pages()));
  }

  private static BigInteger ones(int count) {
    return BigInteger.ONE.shiftLeft(count).subtract(BigInteger.ONE);
  }

  /** Returns the user's bitmap as a number, or an errno; the bitmap was all zero. */
  Object dirty(long iovaBits, long sizeBits) {
    BigInteger iova = big(iovaBits);
    BigInteger end = iova.add(big(sizeBits));
    if (!v2) {
      return "EACCES";
    }
    if (sizeBits == 0) {
      return "EINVAL";
    }
    if (end.compareTo(TOP) > 0) {
      return "EOVERFLOW";
    }
    List<Mapping> hit = in(iova, end);
    boolean cuts =
        hit.stream().anyMatch(m -> m.iova.compareTo(iova) < 0 || m.end().compareTo(end) > 0);
    if (!aligned(iova, end) || !tracking || cuts) {
      return "EINVAL";
    }
    BigInteger user = BigInteger.ZERO;
    for (Mapping m : hit) {
      user = copyOut(m, user, m.iova.subtract(iova).divide(PAGE).intValueExact());
      m.dirty = m.dirty.andNot(ones(m.pages()));
      markPins(m);
    }
    return user;
  }

  /**
   * The kernel moves bits within whole words, in place, and keeps what moved out of the mapping.
   */
  private BigInteger copyOut(Mapping m, BigInteger user, int offset) {
    if (!real.isEmpty() && m.mapped) {
      markAll(m);
    }
    int shift = offset % 64;
    int base = offset - shift;
    int written = (m.pages() + shift + 63) / 64 * 64;
    if (shift != 0) {
      BigInteger moved = m.dirty.and(ones(written)).shiftLeft(shift).and(ones(written));
      BigInteger neighbours = user.shiftRight(base).and(ones(64));
      m.dirty = m.dirty.andNot(ones(written)).or(moved).or(neighbours);
    }
    BigInteger window = ones(written).shiftLeft(base);
    return user.andNot(window).or(m.dirty.and(ones(written)).shiftLeft(base));
  }
}
