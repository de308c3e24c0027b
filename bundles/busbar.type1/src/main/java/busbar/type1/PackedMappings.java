package busbar.type1;

import busbar.api.Errno;
import busbar.api.memory.AddressSpace;
import java.util.List;

/**
 * Mappings as numbers, lowest first, on their way from one version of the backend to the next: six
 * for each, first its iova, size, vaddr, physical address (-1: ask the domain) and locked pages,
 * then its flags with the index of its owner above bit 32.
 *
 * @param numbers never changed
 * @param owners by index
 */
record PackedMappings(long[] numbers, List<AddressSpace> owners) {
  static final int EACH = 6;

  private static final int SIZE = 1;
  private static final int VADDR = 2;
  private static final int PHYSICAL = 3;
  private static final int LOCKED = 4;
  private static final int FLAGS = 5;

  int count() {
    return numbers.length / EACH;
  }

  long first(int at) {
    return numbers[at * EACH];
  }

  long last(int at) {
    return first(at) + numbers[at * EACH + SIZE] - 1;
  }

  static void put(DmaMapping mapping, int owner, long[] numbers, int at) {
    int place = at * EACH;
    numbers[place] = mapping.iova;
    numbers[place + SIZE] = mapping.size;
    numbers[place + VADDR] = mapping.vaddr;
    numbers[place + PHYSICAL] = mapping.physical;
    numbers[place + LOCKED] = mapping.lockedPages;
    numbers[place + FLAGS] = (long) owner << 32 | mapping.flags();
  }

  DmaMapping get(int at) {
    int place = at * EACH;
    long flags = numbers[place + FLAGS];
    DmaMapping mapping =
        new DmaMapping(
            numbers[place],
            numbers[place + SIZE],
            numbers[place + VADDR],
            owners.get((int) (flags >> 32)),
            (int) flags);
    mapping.physical = numbers[place + PHYSICAL];
    mapping.lockedPages = numbers[place + LOCKED];
    return mapping;
  }

  /**
   * Looks at all of them.
   *
   * @return how many are suspended
   * @throws busbar.api.VfioException {@code EINVAL} if one makes no sense, or not where it stands
   */
  int check() {
    if (numbers.length % EACH != 0) {
      throw Errno.EINVAL.because("%d numbers are not %d for each mapping", numbers.length, EACH);
    }
    int suspended = 0;
    long before = 0;
    for (int place = 0; place < numbers.length; place += EACH) {
      long iova = numbers[place];
      long size = numbers[place + SIZE];
      long flags = numbers[place + FLAGS];
      long owner = flags >> 32;
      if (size == 0
          || MapDma.wraps(iova, size)
          || place > 0 && Long.compareUnsigned(before, iova) >= 0
          || owner < 0
          || owner >= owners.size()
          || ((int) flags & ~DmaMapping.FLAGS) != 0
          || numbers[place + LOCKED] < 0) {
        throw Errno.EINVAL.because("the state's mapping at iova 0x%x makes no sense", iova);
      }
      suspended += (flags & DmaMapping.SUSPENDED) != 0 ? 1 : 0;
      before = iova + size - 1;
    }
    return suspended;
  }
}
