package busbar.pci;

import static busbar.api.Errno.EBUSY;
import static busbar.api.Errno.EEXIST;
import static busbar.api.Errno.EINVAL;
import static busbar.api.Errno.EIO;
import static busbar.api.Errno.ENODEV;
import static busbar.api.Errno.ENOMEM;
import static busbar.api.Errno.ENOSPC;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.EventFd;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.memory.MemoryFaultException;
import busbar.api.pci.PciResource;
import busbar.uapi.VfioDeviceIoeventfd;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BarsTest {
  private final FakeFunction function = ConfigImage.card();
  private final Rig rig = new Rig(function).bind().open();

  @Test
  void accessesAreSplitIntoTheWidestAlignedPieces() {
    FakeWindow window = function.windows.get(0);
    window.accesses.clear();
    rig.driver.read(rig.core, rig.vfio, MemorySegment.ofArray(new byte[18]), 1);
    assertThat(window.accesses).containsExactly("r1@1", "r2@2", "r4@4", "r8@8", "r2@16", "r1@18");
  }

  @Test
  void portsHaveNoAccessOfEightBytes() {
    FakeWindow window = function.windows.get(2);
    rig.write(2, 8, 8, 0x1122_3344_5566_7788L);
    assertThat(window.accesses).containsExactly("w4@8", "w4@12");
    assertThat(rig.read(2, 8, 8)).isEqualTo(0x1122_3344_5566_7788L);
  }

  @Property(seed = "20261122", tries = 200)
  void anyAccessReadsBackWhatItWroteAndStopsAtTheEnd(
      @ForAll @IntRange(max = 0x1ffff) int position,
      @ForAll @IntRange(min = 1, max = 64) int size) {
    byte[] written = new byte[size];
    for (int i = 0; i < size; i++) {
      written[i] = (byte) (position + i);
    }
    int expected = Math.min(size, 0x2_0000 - position);
    assertThat(rig.driver.write(rig.core, rig.vfio, MemorySegment.ofArray(written), position))
        .isEqualTo(expected);
    byte[] read = new byte[size];
    assertThat(rig.driver.read(rig.core, rig.vfio, MemorySegment.ofArray(read), position))
        .isEqualTo(expected);
    assertThat(read).startsWith(java.util.Arrays.copyOf(written, expected));
  }

  @Test
  void beyondTheEndAndWithoutABarIsInvalid() {
    Rig.refused(EINVAL, () -> rig.read(0, 0x2_0000, 1));
    Rig.refused(EINVAL, () -> rig.read(1, 0, 4));
    Rig.refused(EINVAL, () -> rig.read(8, 0xb8000, 4));
    Rig.refused(EINVAL, () -> rig.read(9, 0, 4));
    Rig.refused(
        EINVAL, () -> rig.driver.read(rig.core, rig.vfio, MemorySegment.ofArray(new byte[4]), -1));
    assertThat(rig.driver.read(rig.core, rig.vfio, MemorySegment.ofArray(new byte[0]), -1))
        .isZero();
  }

  @Test
  void theMessageTableReadsAsOnesAndTakesNoWrites() {
    FakeWindow window = function.windows.get(3);
    rig.write(3, 0x4c, 8, 0x1111_1111_2222_2222L);
    assertThat(window.accesses).containsExactly("w4@80");
    assertThat(rig.read(3, 0x4c, 8)).isEqualTo(0x1111_1111_ffff_ffffL);
  }

  @Test
  void anAccessThatRunsIntoTheMessageTableStopsBeforeIt() {
    FakeFunction card = ConfigImage.card();
    card.put(0xa4, 4, 0x13);
    Rig other = new Rig(card).bind().open();
    other.write(3, 0x0c, 8, 0x1111_1111_2222_2222L);
    assertThat(card.windows.get(3).accesses).containsExactly("w4@12");
    assertThat(other.read(3, 0x0c, 8)).isEqualTo(0xffff_ffff_2222_2222L);
  }

  @Test
  void memoryThatIsNotDecodedIsAnInputOutputError() {
    rig.config(4, 2, 1);
    Rig.refused(EIO, () -> rig.read(0, 0, 4));
    Rig.refused(EIO, () -> rig.write(0, 0, 4, 0));
    assertThat(rig.read(2, 0, 4)).as("ports are not memory").isZero();
    rig.config(4, 2, 2);
    rig.read(0, 0, 4);
    rig.config(0xcc, 2, 3);
    Rig.refused(EIO, () -> rig.read(0, 0, 4));
    rig.config(0xcc, 2, 0);
    rig.read(0, 0, 4);
  }

  @Test
  void aBarThatAnotherDriverHoldsFailsWhenItIsUsed() {
    Rig other = new Rig(ConfigImage.card()).bind();
    other.function.claims.put(0, "framebuffer");
    other.open();
    Rig.refused(EBUSY, () -> other.read(0, 0, 4));
    other.read(3, 0x3000, 4);
    other.close();
    assertThat(other.function.claims).containsOnlyKeys(0);
  }

  @Test
  void mappingsFaultWhileMemoryIsOff() {
    MappedRegion region = rig.driver.mmap(rig.core, rig.vfio, MmapRequest.shared(0x1000, 0x1000));
    assertThat(region.fault(0)).isSameAs(function.windows.get(0));
    assertThat(region.windowOffset(8)).isEqualTo(0x1008);
    int zaps = rig.vfio.zaps;
    rig.config(4, 2, 0);
    assertThat(rig.vfio.zaps).isEqualTo(zaps + 1);
    assertThatThrownBy(() -> region.fault(0)).isInstanceOf(MemoryFaultException.class);
    rig.config(4, 2, 2);
    region.fault(0);
    assertThat(rig.vfio.zaps).as("turning it on takes nothing away").isEqualTo(zaps + 1);
    rig.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL);
    assertThat(rig.vfio.zaps).isEqualTo(zaps + 2);
    region.fault(0);
    rig.close();
    assertThatThrownBy(() -> region.fault(0)).isInstanceOf(MemoryFaultException.class);
  }

  @Test
  void onlySharedMappingsInsideAMemoryBarAreMade() {
    Rig.refused(EINVAL, () -> map(Rig.file(2, 0), 0x1000));
    Rig.refused(EINVAL, () -> map(Rig.file(7, 0), 0x1000));
    Rig.refused(EINVAL, () -> map(Rig.file(6, 0), 0x1000));
    Rig.refused(EINVAL, () -> map(Rig.file(9, 0), 0x1000));
    Rig.refused(EINVAL, () -> map(Rig.file(3, 0x3000), 0x2000));
    map(Rig.file(3, 0x3000), 0x1000);
    Rig.refused(
        EINVAL,
        () ->
            rig.driver.mmap(
                rig.core,
                rig.vfio,
                new MmapRequest(0, 0x1000, Set.of(), MmapRequest.Sharing.PRIVATE)));
  }

  private void map(long offset, long length) {
    rig.driver.mmap(rig.core, rig.vfio, MmapRequest.shared(offset, length));
  }

  @Test
  void aRomShowsItsImageAndThenOnes() {
    FakeFunction card = ConfigImage.card();
    card.resources.add(new PciResource(6, 0xfeb5_6000L, 0xfeb5_67ffL, 0x46200));
    card.rom = new FakeWindow(0xfeb5_6000L, 0x400);
    Rig other = new Rig(card).bind().open();
    assertThat(other.read(6, 0x400 - 2, 4)).isEqualTo(0xffff_0000L);
    assertThat(card.rom.accesses).containsExactly("r2@1022");
    Rig.refused(EINVAL, () -> other.read(6, 0x800, 1));
    Rig.refused(EINVAL, () -> other.write(6, 0, 1, 0));
    other.config(4, 2, 0);
    Rig.refused(ENOMEM, () -> other.read(6, 0, 4));
  }

  @Test
  void ioeventfdsWriteOnceForEachSignalAndNotWhileMemoryIsOff() throws InterruptedException {
    EventFd kick = rig.vfio.give(5);
    rig.vfio.give(6);
    ioeventfd(VFIO_DEVICE_IOEVENTFD_32, 0x101, 0x1122_3344, 5);
    Rig.refused(EEXIST, () -> ioeventfd(VFIO_DEVICE_IOEVENTFD_32, 0x101, 0x1122_3344, 6));
    kick.signal();
    FakeWindow window = function.windows.get(0);
    assertThat(window.accesses).containsExactly("w1@257", "w2@258", "w1@260");
    assertThat(LittleEndian.get(window.bytes, 0x101, 4)).isEqualTo(0x1122_3344);
    window.accesses.clear();
    rig.config(4, 2, 0);
    kick.signal();
    assertThat(window.accesses).isEmpty();
    rig.config(4, 2, 2);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    rig.core.memory.exclusively(
                        MemoryGate.Mappings.KEEP,
                        () -> {
                          inside.countDown();
                          await(leave);
                        }));
    inside.await();
    kick.signal();
    assertThat(window.accesses).as("the signal does not wait for the gate").isEmpty();
    leave.countDown();
    holder.join();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (window.accesses.size() < 3 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(window.accesses).hasSize(3);
    ioeventfd(VFIO_DEVICE_IOEVENTFD_32, 0x101, 0x1122_3344, -1);
    Rig.refused(ENODEV, () -> ioeventfd(VFIO_DEVICE_IOEVENTFD_32, 0x101, 0x1122_3344, -1));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void ioeventfdsAreLimitedAndChecked() {
    rig.vfio.give(5);
    Rig.refused(EINVAL, () -> ioeventfd(3, 0, 0, 5));
    Rig.refused(EINVAL, () -> ioeventfd(4, 0, 0, -2));
    Rig.refused(EINVAL, () -> ioeventfd(4, 0x1_fffd, 0, 5));
    Rig.refused(EINVAL, () -> ioeventfd(4, Rig.file(7, 4), 0, 5));
    Rig.refused(EINVAL, () -> ioeventfd(4, Rig.file(3, 0x4c), 0, 5));
    for (int i = 0; i < 1000; i++) {
      ioeventfd(4, 0, i, 5);
    }
    Rig.refused(ENOSPC, () -> ioeventfd(4, 0, 1000, 5));
  }

  private void ioeventfd(int flags, long offset, long data, int fd) {
    MemorySegment argument = MemorySegment.ofArray(new byte[(int) VfioDeviceIoeventfd.SIZE]);
    new VfioDeviceIoeventfd((int) argument.byteSize(), flags, offset, data, fd, 0).encode(argument);
    rig.ioctl(VFIO_DEVICE_IOEVENTFD, argument);
  }
}
