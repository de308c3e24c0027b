package busbar.spapr;

import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;

/**
 * Memory that a process registered beforehand: pinned and charged once, however many containers
 * registered it and however often it is mapped.
 *
 * <p>All of it stands in one array of numbers, so that containers of two versions of this bundle
 * can share it while a swap goes on. {@link Registrations} guards its counts.
 *
 * @param numbers vaddr, size, the largest window page that its host pages can fill (a shift), how
 *     many hold it, how many TCEs lead into it; then for each physically contiguous run its offset
 *     in the region, physical address and length
 */
record Region(long[] numbers, PhysicalMemory physical) {
  private static final int VADDR = 0;
  private static final int SIZE = 1;
  private static final int PAGE_SHIFT = 2;
  private static final int USED = 3;
  private static final int MAPPED = 4;
  private static final int RUNS = 5;
  private static final int RUN = 3;

  /** What follows the counts, for {@link Registrations#register}. */
  static long[] numbers(long vaddr, long size, int runs) {
    long[] numbers = new long[RUNS + RUN * runs];
    numbers[VADDR] = vaddr;
    numbers[SIZE] = size;
    numbers[USED] = 1;
    return numbers;
  }

  /** Whether numbers can be those of a region. */
  static boolean isSound(long[] numbers) {
    boolean sound =
        numbers.length > RUNS
            && (numbers.length - RUNS) % RUN == 0
            && numbers[USED] > 0
            && numbers[MAPPED] >= 0
            && numbers[PAGE_SHIFT] >= 0
            && numbers[PAGE_SHIFT] < Long.SIZE;
    long offset = 0;
    for (int run = RUNS; sound && run < numbers.length; run += RUN) {
      sound = numbers[run] == offset && numbers[run + 2] > 0;
      offset += numbers[run + 2];
    }
    return sound && offset == numbers[SIZE];
  }

  void setRun(int index, long offset, long physicalAddress, long length) {
    int run = RUNS + RUN * index;
    numbers[run] = offset;
    numbers[run + 1] = physicalAddress;
    numbers[run + 2] = length;
  }

  void setPageShift(int shift) {
    numbers[PAGE_SHIFT] = shift;
  }

  long vaddr() {
    return numbers[VADDR];
  }

  long size() {
    return numbers[SIZE];
  }

  int pageShift() {
    return (int) numbers[PAGE_SHIFT];
  }

  long used() {
    return numbers[USED];
  }

  void use(int change) {
    numbers[USED] += change;
  }

  long mapped() {
    return numbers[MAPPED];
  }

  void map(int change) {
    numbers[MAPPED] += change;
  }

  boolean isExactly(long otherVaddr, long otherSize) {
    return vaddr() == otherVaddr && size() == otherSize;
  }

  boolean contains(long address, long length) {
    return Long.compareUnsigned(address, vaddr()) >= 0
        && Long.compareUnsigned(address - vaddr(), size() - length) <= 0
        && Long.compareUnsigned(length, size()) <= 0;
  }

  boolean overlaps(Region other) {
    return Long.compareUnsigned(vaddr(), other.vaddr() + other.size()) < 0
        && Long.compareUnsigned(other.vaddr(), vaddr() + size()) < 0;
  }

  int runs() {
    return (numbers.length - RUNS) / RUN;
  }

  long runPhysical(int index) {
    return numbers[RUNS + RUN * index + 1];
  }

  /** The physical address behind an address of the region. */
  long physical(long address) {
    long offset = address - vaddr();
    int low = 0;
    int high = runs() - 1;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (numbers[RUNS + RUN * middle] <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return runPhysical(low) + offset - numbers[RUNS + RUN * low];
  }

  /** Lets the pages go. */
  void unpin() {
    for (int i = 0; i < runs(); i++) {
      physical.unpin(runPhysical(i), numbers[RUNS + RUN * i + 2]);
    }
  }

  long pages() {
    return size() / AddressSpace.PAGE;
  }

  /** Two are the same if they are the same memory, in whatever version. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Region region && region.numbers == numbers;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(numbers);
  }
}
