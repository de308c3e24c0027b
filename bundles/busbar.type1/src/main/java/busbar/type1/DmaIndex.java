package busbar.type1;

import busbar.api.memory.AddressSpace;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The mappings of a container by address, never overlapping. Guarded by the container's lock.
 *
 * <p>A B+ tree of two levels: leaves of sorted mappings, and a directory with the lowest address of
 * each leaf. A leaf keeps the first and last addresses of its mappings side by side in one array,
 * so that a search among 65,535 mappings leaves the cache once, where a binary tree of the mappings
 * themselves would at every level below the first ten.
 *
 * <p>What came from another version of the backend stays packed, leaf by leaf, until somebody looks
 * at the leaf: a swap then costs no object for each mapping.
 */
final class DmaIndex {
  static final int LEAF_CAPACITY = 32;
  private static final int FIRST_CAPACITY = 4;

  /** A leaf this small joins a neighbour, if both fill at most three quarters. */
  private static final int SMALL = LEAF_CAPACITY / 4;

  private static final int JOINED = LEAF_CAPACITY * 3 / 4;

  /** By leaf: its lowest first address. */
  private long[] lowest = new long[4];

  /** By leaf: first and last address of each mapping in turn. */
  private long[][] bounds = new long[4][];

  /** By leaf; {@code null} while it is packed. Only {@link #unpacked} reads it. */
  private DmaMapping[][] mappings = new DmaMapping[4][];

  /** By leaf: where it begins in {@link #packed} while it is there. */
  private int[] packedAt = new int[4];

  private PackedMappings packed;
  private int packedLeaves;

  /** By leaf: how many mappings it has. */
  private int[] sizes = new int[4];

  private int leafCount;
  private int size;

  /** Where the last search ended; only tried, never trusted. */
  private int leaf;

  private int slot;

  /** An index of mappings that {@link PackedMappings#check} has found good. */
  static DmaIndex of(PackedMappings packed) {
    DmaIndex index = new DmaIndex();
    int count = packed.count();
    int leaves = (count + LEAF_CAPACITY - 1) / LEAF_CAPACITY;
    index.reserveLeaves(leaves);
    index.packed = leaves == 0 ? null : packed;
    for (int i = 0; i < leaves; i++) {
      int begin = i * LEAF_CAPACITY;
      int size = Math.min(LEAF_CAPACITY, count - begin);
      long[] bounds = new long[2 * size];
      for (int j = 0; j < size; j++) {
        bounds[2 * j] = key(packed.first(begin + j));
        bounds[2 * j + 1] = key(packed.last(begin + j));
      }
      index.bounds[i] = bounds;
      index.lowest[i] = bounds[0];
      index.sizes[i] = size;
      index.packedAt[i] = begin;
    }
    index.leafCount = leaves;
    index.packedLeaves = leaves;
    index.size = count;
    return index;
  }

  /**
   * All mappings as numbers.
   *
   * @param visit is given each mapping that somebody has looked at, so each that is more than
   *     numbers, and says which index stands for its owner; what is packed still has the indexes of
   *     {@link #packedOwners}
   */
  long[] pack(ToIntFunction<DmaMapping> visit) {
    long[] numbers = new long[Math.multiplyExact(size, PackedMappings.EACH)];
    int at = 0;
    for (int i = 0; i < leafCount; i++) {
      if (mappings[i] == null) {
        int from = packedAt[i] * PackedMappings.EACH;
        System.arraycopy(
            packed.numbers(),
            from,
            numbers,
            at * PackedMappings.EACH,
            sizes[i] * PackedMappings.EACH);
        at += sizes[i];
      } else {
        for (int j = 0; j < sizes[i]; j++) {
          DmaMapping mapping = mappings[i][j];
          PackedMappings.put(mapping, visit.applyAsInt(mapping), numbers, at++);
        }
      }
    }
    return numbers;
  }

  /** The owners whose indexes packed leaves hold: the first ones of {@link #pack}. */
  List<AddressSpace> packedOwners() {
    return packed == null ? List.of() : packed.owners();
  }

  private DmaMapping[] unpacked(int at) {
    DmaMapping[] there = mappings[at];
    return there == null ? unpack(at) : there;
  }

  private DmaMapping[] unpack(int at) {
    // as long as the bounds, so that both grow together
    DmaMapping[] there = new DmaMapping[bounds[at].length / 2];
    for (int j = 0; j < sizes[at]; j++) {
      there[j] = packed.get(packedAt[at] + j);
    }
    mappings[at] = there;
    if (--packedLeaves == 0) {
      packed = null;
    }
    return there;
  }

  /** Takes all mappings of an index that is not used any more. */
  void takeOver(DmaIndex other) {
    lowest = other.lowest;
    bounds = other.bounds;
    mappings = other.mappings;
    sizes = other.sizes;
    packedAt = other.packedAt;
    packed = other.packed;
    packedLeaves = other.packedLeaves;
    leafCount = other.leafCount;
    size = other.size;
  }

  void clear() {
    takeOver(new DmaIndex());
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Unsigned order as signed order. */
  private static long key(long address) {
    return address ^ Long.MIN_VALUE;
  }

  /**
   * Puts {@link #leaf} and {@link #slot} to the last mapping that does not begin after an address;
   * the slot is -1 if all do. Mapping and unmapping look first and then change what they found, so
   * the place of the last search is tried before a new one.
   */
  private void seek(long key) {
    if (!isHere(key)) {
      leaf = Math.max(0, floor(lowest, leafCount, 1, key));
      slot = floor(bounds[leaf], sizes[leaf], 2, key);
    }
  }

  private boolean isHere(long key) {
    if (leaf >= leafCount || slot < 0 || slot >= sizes[leaf] || bounds[leaf][2 * slot] > key) {
      return false;
    }
    if (slot + 1 < sizes[leaf]) {
      return bounds[leaf][2 * slot + 2] > key;
    }
    return leaf + 1 == leafCount || lowest[leaf + 1] > key;
  }

  /**
   * The last of {@code count} ascending keys, {@code step} apart, that is not above the wanted one;
   * -1 if all are.
   */
  private static int floor(long[] keys, int count, int step, long wanted) {
    int low = 0;
    int left = count;
    while (left > 1) {
      int half = left >>> 1;
      low = keys[(low + half) * step] <= wanted ? low + half : low;
      left -= half;
    }
    return keys[low * step] <= wanted ? low : -1;
  }

  /**
   * The lowest mapping that has a byte in the range.
   *
   * @param first its first address
   * @param last its last address
   * @return {@code null} if there is none
   */
  DmaMapping firstOverlapping(long first, long last) {
    if (size == 0) {
      return null;
    }
    seek(key(first));
    if (slot >= 0 && bounds[leaf][2 * slot + 1] >= key(first)) {
      return unpacked(leaf)[slot];
    }
    boolean inNextLeaf = slot + 1 == sizes[leaf];
    int nextLeaf = inNextLeaf ? leaf + 1 : leaf;
    int nextSlot = inNextLeaf ? 0 : slot + 1;
    if (nextLeaf == leafCount || bounds[nextLeaf][2 * nextSlot] > key(last)) {
      return null;
    }
    return unpacked(nextLeaf)[nextSlot];
  }

  /** The mapping that holds the address, or {@code null}. */
  DmaMapping at(long iova) {
    return firstOverlapping(iova, iova);
  }

  DmaMapping first() {
    return size == 0 ? null : unpacked(0)[0];
  }

  /**
   * The mapping with the next higher address, or {@code null}. The given one may be gone by now.
   */
  DmaMapping next(DmaMapping mapping) {
    return mapping.last() == -1 ? null : firstOverlapping(mapping.last() + 1, -1);
  }

  /** Adds a mapping that overlaps none. */
  void insert(DmaMapping added) {
    if (leafCount == 0) {
      addLeaf(0);
      leaf = 0;
      slot = -1;
    } else {
      seek(key(added.iova));
    }
    slot++;
    if (sizes[leaf] == LEAF_CAPACITY) {
      split();
    }
    unpacked(leaf);
    reserve(leaf, sizes[leaf] + 1);
    int moved = sizes[leaf] - slot;
    System.arraycopy(bounds[leaf], 2 * slot, bounds[leaf], 2 * slot + 2, 2 * moved);
    System.arraycopy(mappings[leaf], slot, mappings[leaf], slot + 1, moved);
    bounds[leaf][2 * slot] = key(added.iova);
    bounds[leaf][2 * slot + 1] = key(added.last());
    mappings[leaf][slot] = added;
    sizes[leaf]++;
    lowest[leaf] = bounds[leaf][0];
    size++;
  }

  /** Makes two leaves of a full one and goes to the place in the one that it is in then. */
  private void split() {
    // who adds upwards only leaves full leaves behind
    boolean append = leaf + 1 == leafCount && slot == LEAF_CAPACITY;
    int kept = append ? LEAF_CAPACITY : LEAF_CAPACITY / 2;
    addLeaf(leaf + 1);
    moveTail(leaf, kept, leaf + 1);
    if (slot > kept || append) {
      leaf++;
      slot -= kept;
    }
  }

  /** Takes out a mapping that is in it. */
  void remove(DmaMapping removed) {
    seek(key(removed.iova));
    unpacked(leaf);
    int moved = --sizes[leaf] - slot;
    System.arraycopy(bounds[leaf], 2 * slot + 2, bounds[leaf], 2 * slot, 2 * moved);
    System.arraycopy(mappings[leaf], slot + 1, mappings[leaf], slot, moved);
    mappings[leaf][sizes[leaf]] = null;
    size--;
    if (sizes[leaf] == 0) {
      removeLeaf(leaf);
      return;
    }
    lowest[leaf] = bounds[leaf][0];
    if (sizes[leaf] <= SMALL && !join(leaf)) {
      join(leaf - 1);
    }
    slot--;
  }

  /** Moves the leaf after one into it, if there are both and they fit. */
  private boolean join(int at) {
    boolean fits = at >= 0 && at + 1 < leafCount && sizes[at] + sizes[at + 1] <= JOINED;
    if (fits) {
      moveTail(at + 1, 0, at);
      removeLeaf(at + 1);
    }
    return fits;
  }

  /** Moves what is from a slot on to the end of another leaf. */
  private void moveTail(int source, int from, int target) {
    unpacked(source);
    unpacked(target);
    int moved = sizes[source] - from;
    int end = sizes[target];
    reserve(target, end + moved);
    System.arraycopy(bounds[source], 2 * from, bounds[target], 2 * end, 2 * moved);
    System.arraycopy(mappings[source], from, mappings[target], end, moved);
    Arrays.fill(mappings[source], from, from + moved, null);
    sizes[target] += moved;
    sizes[source] = from;
    lowest[target] = bounds[target][0];
  }

  private void reserve(int at, int wanted) {
    if (wanted > mappings[at].length) {
      int capacity = Math.min(LEAF_CAPACITY, Math.max(wanted, mappings[at].length * 2));
      bounds[at] = Arrays.copyOf(bounds[at], 2 * capacity);
      mappings[at] = Arrays.copyOf(mappings[at], capacity);
    }
  }

  private void addLeaf(int at) {
    if (leafCount == sizes.length) {
      reserveLeaves(leafCount * 2);
    }
    moveLeaves(at, at + 1);
    bounds[at] = new long[2 * FIRST_CAPACITY];
    mappings[at] = new DmaMapping[FIRST_CAPACITY];
    sizes[at] = 0;
    leafCount++;
  }

  private void reserveLeaves(int wanted) {
    int capacity = Math.max(wanted, sizes.length);
    lowest = Arrays.copyOf(lowest, capacity);
    bounds = Arrays.copyOf(bounds, capacity);
    mappings = Arrays.copyOf(mappings, capacity);
    sizes = Arrays.copyOf(sizes, capacity);
    packedAt = Arrays.copyOf(packedAt, capacity);
  }

  private void removeLeaf(int at) {
    moveLeaves(at + 1, at);
    leafCount--;
    bounds[leafCount] = null;
    mappings[leafCount] = null;
  }

  private void moveLeaves(int from, int to) {
    int moved = leafCount - from;
    System.arraycopy(lowest, from, lowest, to, moved);
    System.arraycopy(bounds, from, bounds, to, moved);
    System.arraycopy(mappings, from, mappings, to, moved);
    System.arraycopy(sizes, from, sizes, to, moved);
    System.arraycopy(packedAt, from, packedAt, to, moved);
  }

  /**
   * Whether leaves are neither empty nor too full, bounds and directory say what is in them, and no
   * two small leaves stand side by side; for assertions of tests.
   */
  boolean isSound() {
    int counted = 0;
    long before = 0;
    for (int i = 0; i < leafCount; i++) {
      boolean sound = sizes[i] > 0 && sizes[i] <= LEAF_CAPACITY;
      sound &= lowest[i] == bounds[i][0];
      sound &= i == 0 || sizes[i] > SMALL || sizes[i - 1] > SMALL;
      for (int j = 0; j < unpacked(i).length; j++) {
        DmaMapping mapping = mappings[i][j];
        sound &= mapping != null == j < sizes[i];
        if (mapping != null) {
          sound &= bounds[i][2 * j] == key(mapping.iova);
          sound &= bounds[i][2 * j + 1] == key(mapping.last());
          sound &= counted == 0 || Long.compareUnsigned(mapping.iova, before) > 0;
          before = mapping.last();
          counted++;
        }
      }
      if (!sound) {
        return false;
      }
    }
    return counted == size;
  }
}
