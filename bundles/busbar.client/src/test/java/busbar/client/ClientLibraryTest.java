package busbar.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.uapi.VfioHeader;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientLibraryTest {
  private static final long MIB = 1 << 20;

  private final FakeClient client = new FakeClient();

  @Test
  void aBufferIsMappedWhereTheContainerAllowsIt() {
    Container container = Container.open(client);

    DmaBuffer buffer = container.allocate(5000, DmaAccess.READ_WRITE);

    assertThat(client.mapped).containsOnlyKeys(buffer.iova()).containsValue(8192L);
    assertThat(buffer.iova()).isEqualTo(MIB);
    assertThat(buffer.memory().byteSize()).isEqualTo(8192);
    buffer.memory().set(ValueLayout.JAVA_BYTE, 8191, (byte) 7);
  }

  @Test
  void buffersNeverOverlapAndReuseWhatWasGivenBack() {
    Container container = Container.open(client);
    DmaBuffer first = container.allocate(0x4000, DmaAccess.READ);
    DmaBuffer second = container.allocate(0x4000, DmaAccess.READ);
    first.close();

    DmaBuffer small = container.allocate(0x1000, DmaAccess.READ);
    DmaBuffer large = container.allocate(0x8000, DmaAccess.READ);

    assertThat(small.iova()).isEqualTo(MIB);
    assertThat(second.iova()).isEqualTo(MIB + 0x4000);
    assertThat(large.iova()).isEqualTo(MIB + 0x8000);
  }

  @Test
  void aContainerWithoutRoomSaysSo() {
    Container container = Container.open(client);
    container.allocate(0x8000, DmaAccess.READ);

    assertThatThrownBy(() -> container.allocate(0x9000, DmaAccess.READ))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    assertThat(container.allocate(0x8000, DmaAccess.READ).iova()).isEqualTo(MIB + 0x8000);
  }

  @Test
  void aMappingThatIsRefusedLeavesNothingBehind() {
    Container container = Container.open(client);
    client.mapped.put(MIB, 0x1000L);

    assertThatThrownBy(() -> container.allocateAt(MIB, 0x1000, DmaAccess.READ))
        .hasMessageContaining("EEXIST");
    assertThat(client.memory().physicalMemory().blockCount()).isZero();
  }

  @Test
  void valuesOfAllWidthsAreLittleEndianAndUnsigned() {
    Region region = device().region(0);
    region.write32(0, 0x80ff_0102);
    region.write16(4, 0xfffe);
    region.write8(6, 0xfd);
    region.write64(8, 0x8000_0000_0000_0001L);

    assertThat(client.registers[0]).isEqualTo((byte) 2);
    assertThat(region.read32(0)).isEqualTo(0x80ff_0102);
    assertThat(region.read16(4)).isEqualTo(0xfffe);
    assertThat(region.read8(6)).isEqualTo(0xfd);
    assertThat(region.read64(8)).isEqualTo(0x8000_0000_0000_0001L);
  }

  @Test
  void aValueThatRunsOverTheEndOfTheRegionIsRefused() {
    Region region = device().region(3);

    assertThatThrownBy(() -> region.read32(14))
        .isInstanceOf(VfioException.class)
        .hasMessageContaining("EIO")
        .hasMessageContaining("region 3");
  }

  @Test
  void interruptsArriveUntilTheyAreClosed() throws InterruptedException {
    Device device = device();
    int filesBefore = client.openFiles();
    Interrupts interrupts = device.arm(VfioHeader.VFIO_PCI_MSIX_IRQ_INDEX, 3);

    interrupts.loopback(2);
    interrupts.loopback(2);

    assertThat(interrupts.await(2, Duration.ofSeconds(1))).isEqualTo(2);
    assertThat(interrupts.await(0, Duration.ZERO)).isZero();
    interrupts.close();
    assertThat(client.wired).isEmpty();
    assertThat(client.openFiles()).isEqualTo(filesBefore);
  }

  @Test
  void everythingClosesInAnyOrderAndMoreThanOnce() {
    Random random = new Random(7);
    for (int round = 0; round < 100; round++) {
      FakeClient fresh = new FakeClient();
      Container container = Container.open(fresh);
      Group group = Group.open(fresh, "12");
      Device device = group.open("0000:00:04.0");
      List<AutoCloseable> all =
          new ArrayList<>(
              List.of(
                  container,
                  group,
                  device,
                  container.allocate(4096, DmaAccess.READ_WRITE),
                  device.arm(0, 1)));
      if (round % 3 == 0) {
        all.add(fresh);
      }
      all.addAll(List.copyOf(all));
      Collections.shuffle(all, random);

      all.forEach(ClientLibraryTest::close);

      assertThat(fresh.openFiles()).isZero();
      assertThat(fresh.memory().physicalMemory().blockCount()).isZero();
    }
  }

  @Test
  void whatWasClosedIsNotTheNextFileOfThatNumber() {
    Device closed = device();
    closed.close();
    device();

    assertThatThrownBy(() -> closed.region(0)).hasMessageContaining("EBADF");
  }

  @Test
  void aGroupTellsItsStatus() {
    assertThat(Group.open(client, "1").status()).isEqualTo(new Group.Status(true, false));
  }

  private Device device() {
    try (Group group = Group.open(client, "12")) {
      return group.open("0000:00:04.0");
    }
  }

  private static void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new AssertionError(closeable + " did not close", e);
    }
  }
}
