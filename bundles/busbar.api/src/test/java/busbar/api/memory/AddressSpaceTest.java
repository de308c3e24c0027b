package busbar.api.memory;

import static busbar.api.memory.AddressSpace.PAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.memory.AddressSpace.Kind;
import busbar.api.memory.AddressSpace.LimitRule;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressSpaceTest {
  private final PhysicalMemory physical = new PhysicalMemory();
  private final AddressSpace space = new AddressSpace("test", physical);

  private static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void anAddressThatIsNotRegisteredIsEfault() {
    assertErrno(Errno.EFAULT, () -> space.pin(0, PAGE, Access.READ));
    assertErrno(Errno.EFAULT, () -> space.at(0x1000, 1, Access.READ));
    long vaddr = space.allocate(PAGE);
    assertErrno(Errno.EFAULT, () -> space.pin(vaddr + PAGE, PAGE, Access.READ));
    assertErrno(Errno.EFAULT, () -> space.at(vaddr + 1, PAGE, Access.READ));
    assertErrno(Errno.EFAULT, () -> space.at(vaddr, -1, Access.READ));
  }

  @Test
  void aPinLeadsToTheSameBytes() {
    long vaddr = space.allocate(2 * PAGE);
    space.at(vaddr + PAGE, 1, Access.WRITE).set(ValueLayout.JAVA_BYTE, 0, (byte) 0x5a);
    Extent extent = space.pin(vaddr, 2 * PAGE, Access.READ_WRITE);
    assertThat(extent.length()).isEqualTo(2 * PAGE);
    assertThat(extent.charged()).isTrue();
    MemorySegment seen = MemorySegment.ofArray(new byte[1]);
    assertThat(physical.read(extent.physical() + PAGE, seen, 0, 1)).isTrue();
    assertThat(seen.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x5a);
  }

  @Test
  void protectionDecidesWhatCanBePinned() {
    long none = space.allocate(PAGE, PAGE, Protection.NONE, Kind.PRIVATE);
    long readable = space.allocate(PAGE, PAGE, Protection.READ, Kind.PRIVATE);
    assertErrno(Errno.EFAULT, () -> space.pin(none, PAGE, Access.READ));
    assertErrno(Errno.EFAULT, () -> space.pin(readable, PAGE, Access.WRITE));
    assertErrno(Errno.EFAULT, () -> space.pin(readable, PAGE, Access.READ_WRITE));
    assertThat(space.pin(readable, PAGE, Access.READ).length()).isEqualTo(PAGE);
  }

  @Test
  void pinnedMemoryOutlivesItsRegistrationAndGoesWithTheLastPin() {
    long vaddr = space.allocate(4 * PAGE);
    Extent extent = space.pin(vaddr, 4 * PAGE, Access.READ);
    space.unregister(vaddr, 4 * PAGE);
    assertThat(space.isRegistered(vaddr, PAGE)).isFalse();
    assertThat(physical.segment(extent.physical())).isNotNull();
    assertThat(physical.pinnedBytes()).isEqualTo(4 * PAGE);
    physical.unpin(extent.physical(), extent.length());
    assertThat(physical.segment(extent.physical())).isNull();
    assertThat(physical.blockCount()).isZero();
  }

  @Test
  void pinsMayBeGivenBackInOtherPiecesThanTheyWereTaken() {
    long vaddr = space.allocate(4 * PAGE);
    Extent first = space.pin(vaddr, PAGE, Access.READ);
    Extent rest = space.pin(vaddr + PAGE, 3 * PAGE, Access.READ);
    assertThat(rest.physical()).isEqualTo(first.physical() + PAGE);
    space.unregister(vaddr, 4 * PAGE);
    physical.unpin(first.physical(), 3 * PAGE);
    assertThat(physical.segment(first.physical())).isNotNull();
    assertThat(physical.pinnedBytes()).isEqualTo(PAGE);
    physical.unpin(first.physical() + 3 * PAGE, PAGE);
    assertThat(physical.blockCount()).isZero();
  }

  @Test
  void aSplitRegistrationGoesWithItsLastPart() {
    long vaddr = space.allocate(4 * PAGE);
    space.protect(vaddr + PAGE, PAGE, Protection.READ);
    assertThat(physical.pinnedBytes()).isZero();
    space.unregister(vaddr, 2 * PAGE);
    assertThat(physical.blockCount()).isEqualTo(1);
    space.unregister(vaddr + 2 * PAGE, 2 * PAGE);
    assertThat(physical.blockCount()).isZero();
  }

  @Test
  void aHoleInTheMiddleLeavesBothEnds() {
    long vaddr = space.allocate(4 * PAGE);
    space.unregister(vaddr + PAGE, PAGE);
    assertThat(space.isRegistered(vaddr, PAGE)).isTrue();
    assertThat(space.isRegistered(vaddr + PAGE, PAGE)).isFalse();
    assertThat(space.isRegistered(vaddr + 2 * PAGE, 2 * PAGE)).isTrue();
    assertThat(space.pin(vaddr + 2 * PAGE, 8 * PAGE, Access.READ).length()).isEqualTo(2 * PAGE);
    space.unregister(vaddr, PAGE);
    space.unregister(vaddr + 2 * PAGE, 2 * PAGE);
    assertThat(physical.pinnedBytes()).isEqualTo(2 * PAGE);
  }

  @Test
  void twoThingsNeverLieAtOneAddress() {
    long vaddr = space.allocate(4 * PAGE);
    MemorySegment other = space.at(vaddr, PAGE, Access.READ);
    assertErrno(Errno.EEXIST, () -> space.place(other, vaddr + PAGE, Protection.READ, Kind.SHARED));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 4095, PAGE + 1})
  void pagesAreWhole(long crooked) {
    long vaddr = space.allocate(4 * PAGE);
    assertErrno(Errno.EINVAL, () -> space.unregister(vaddr + crooked, PAGE));
    assertErrno(Errno.EINVAL, () -> space.unregister(vaddr, crooked));
    assertErrno(
        Errno.EINVAL, () -> space.register(MemorySegment.ofArray(new byte[4096]), Protection.READ));
  }

  @Test
  void theLockedMemoryLimitBindsUnlessWaived() {
    space.setLockedLimitBytes(2 * PAGE);
    space.charge(2, LimitRule.ENFORCED);
    assertErrno(Errno.ENOMEM, () -> space.charge(1, LimitRule.ENFORCED));
    assertThat(space.lockedPages()).isEqualTo(2);
    space.charge(3, LimitRule.WAIVED);
    space.uncharge(5);
    assertThat(space.lockedPages()).isZero();
  }

  @Test
  void aForkCopiesPrivateMemorySharesTheRestAndLocksNothing() {
    long mine = space.allocate(PAGE, PAGE, Protection.READ_WRITE, Kind.PRIVATE);
    long ours = space.allocate(PAGE, PAGE, Protection.READ_WRITE, Kind.SHARED);
    space.charge(2, LimitRule.ENFORCED);
    AddressSpace child = space.fork("child");
    child.at(mine, 1, Access.WRITE).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    child.at(ours, 1, Access.WRITE).set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
    assertThat(space.at(mine, 1, Access.READ).get(ValueLayout.JAVA_BYTE, 0)).isZero();
    assertThat(space.at(ours, 1, Access.READ).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
    assertThat(child.lockedPages()).isZero();
    child.close();
    assertThat(space.isRegistered(ours, PAGE)).isTrue();
    space.close();
    assertThat(physical.blockCount()).isZero();
  }

  /** Random place, unregister and protect against an array with one entry for each page. */
  @Test
  void rangesBehaveLikeAnArrayOfPages() {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      AddressSpace checked = new AddressSpace("model", physical);
      long base = 1L << 40;
      int[] model = new int[64];
      for (int step = 0; step < 200; step++) {
        int from = random.nextInt(64);
        int count = 1 + random.nextInt(64 - from);
        long vaddr = base + from * PAGE;
        switch (random.nextInt(3)) {
          case 0 -> {
            boolean free = Arrays.stream(model, from, from + count).allMatch(page -> page == 0);
            Runnable place =
                () -> {
                  MemorySegment bytes =
                      java.lang.foreign.Arena.ofAuto().allocate(count * PAGE, PAGE);
                  checked.place(bytes, vaddr, Protection.READ_WRITE, Kind.SHARED);
                };
            if (free) {
              place.run();
              Arrays.fill(model, from, from + count, 2);
            } else {
              assertErrno(Errno.EEXIST, place);
            }
          }
          case 1 -> {
            checked.unregister(vaddr, count * PAGE);
            Arrays.fill(model, from, from + count, 0);
          }
          default -> {
            if (Arrays.stream(model, from, from + count).allMatch(page -> page != 0)) {
              checked.protect(vaddr, count * PAGE, Protection.READ);
              Arrays.fill(model, from, from + count, 1);
            } else {
              assertErrno(
                  Errno.ENOMEM, () -> checked.protect(vaddr, count * PAGE, Protection.READ));
            }
          }
        }
        for (int page = 0; page < 64; page++) {
          assertPage(checked, base + page * PAGE, model[page]);
        }
      }
      checked.close();
      assertThat(physical.blockCount()).isZero();
    }
  }

  private static void assertPage(AddressSpace checked, long vaddr, int expected) {
    assertThat(checked.isRegistered(vaddr, PAGE)).isEqualTo(expected != 0);
    if (expected != 2) {
      assertErrno(Errno.EFAULT, () -> checked.at(vaddr, PAGE, Access.WRITE));
    } else {
      assertThat(checked.at(vaddr, PAGE, Access.WRITE).byteSize()).isEqualTo(PAGE);
    }
  }
}
