package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.device.MigrationState;
import busbar.client.Device;
import busbar.client.DeviceSession;
import busbar.client.DmaAccess;
import busbar.client.DmaBuffer;
import busbar.client.DmaLog;
import busbar.client.Interrupts;
import busbar.client.Migration;
import busbar.client.Region;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The edu device (QEMU's docs/specs/edu) moves from one host to another in the middle of it. */
class MoveEduTest {
  private static final long FACTORIAL = 0x08;
  private static final long STATUS = 0x20;
  private static final long INTERRUPT_STATUS = 0x24;
  private static final long RAISE = 0x60;
  private static final long ACKNOWLEDGE = 0x64;
  private static final long DMA_SOURCE = 0x80;
  private static final long DMA_DESTINATION = 0x88;
  private static final long DMA_COUNT = 0x90;
  private static final long DMA_COMMAND = 0x98;
  private static final long BUFFER = 0x40000;
  private static final long IOVA = 0x100000;
  private static final long SECOND = 1_000_000_000;

  private final Host from = new Host();
  private final Host to = new Host();

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  private static Region registers(DeviceSession session) {
    return session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
  }

  private static void move(Device source, Device target) throws Exception {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    source.migration().save(data);
    target.migration().restore(new ByteArrayInputStream(data.toByteArray()));
    target.migration().set(MigrationState.RUNNING);
  }

  private static void command(Region edu, long source, long destination, long count, int command) {
    edu.write64(DMA_SOURCE, source);
    edu.write64(DMA_DESTINATION, destination);
    edu.write64(DMA_COUNT, count);
    edu.write64(DMA_COMMAND, command);
  }

  @Test
  void aFactorialIsFinishedOnTheOtherHostAndInterruptsThereOnce() throws Exception {
    DeviceSession here = from.open(Host.EDU);
    registers(here).write32(STATUS, 0x80);
    registers(here).write32(FACTORIAL, 10);
    try (DeviceSession there = to.open(Host.EDU);
        Interrupts before = here.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1);
        Interrupts after = there.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      move(here.device(), there.device());
      from.time.advance(SECOND);
      assertThat(before.eventFd(0).peek()).isZero();
      assertThat(registers(there).read32(STATUS) & 1).isEqualTo(1);
      to.time.advance(SECOND);
      assertThat(registers(there).read32(STATUS) & 1).isZero();
      assertThat(registers(there).read32(FACTORIAL)).isEqualTo(3_628_800);
      assertThat(registers(there).read32(INTERRUPT_STATUS)).isEqualTo(1);
      assertThat(after.eventFd(0).peek()).isEqualTo(1);
    }
  }

  @Test
  void dmaUnderWayIsDoneOnTheOtherHostAndNotOnThisOne() throws Exception {
    byte[] bytes = new byte[4096];
    new Random(4).nextBytes(bytes);
    DeviceSession here = from.open(Host.EDU);
    DeviceSession there = to.open(Host.EDU);
    try (DmaBuffer source = here.container().allocateAt(IOVA, 8192, DmaAccess.READ_WRITE);
        DmaBuffer target = there.container().allocateAt(IOVA, 8192, DmaAccess.READ_WRITE);
        Interrupts msi = there.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, source.memory(), 0, 4096);
      command(registers(here), IOVA, BUFFER, 4096, 1);
      from.time.advance(SECOND);
      command(registers(here), BUFFER, IOVA + 4096, 4096, 7);
      move(here.device(), there.device());
      from.time.advance(SECOND);
      assertThat(source.memory().asSlice(4096).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      assertThat(registers(there).read64(DMA_COMMAND) & 1).isEqualTo(1);
      to.time.advance(SECOND);
      assertThat(registers(there).read64(DMA_COMMAND) & 1).isZero();
      assertThat(target.memory().asSlice(4096).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
      assertThat(msi.eventFd(0).peek()).isEqualTo(1);
    }
  }

  @Test
  void anInterruptLineThatIsHighIsHighOnTheOtherHost() throws Exception {
    DeviceSession here = from.open(Host.EDU);
    registers(here).write32(RAISE, 4);
    DeviceSession there = to.open(Host.EDU);
    try (Interrupts line = there.device().arm(VFIO_PCI_INTX_IRQ_INDEX, 1)) {
      move(here.device(), there.device());
      assertThat(line.eventFd(0).peek()).isEqualTo(1);
      registers(there).write32(ACKNOWLEDGE, 4);
      line.unmask(0);
      assertThat(line.eventFd(0).peek()).as("after the acknowledgement").isEqualTo(1);
    }
  }

  @Test
  void aQuietDeviceTakesOrdersAndDoesThemLater() {
    DeviceSession session = from.open(Host.EDU);
    Migration migration = session.device().migration();
    migration.set(MigrationState.RUNNING_P2P);
    registers(session).write32(FACTORIAL, 5);
    from.time.advance(SECOND);
    assertThat(registers(session).read32(STATUS) & 1).isEqualTo(1);
    migration.set(MigrationState.RUNNING);
    from.time.advance(SECOND);
    assertThat(registers(session).read32(FACTORIAL)).isEqualTo(120);
  }

  @Test
  void aStoppedDeviceAnswersNothingAndKeepsItsState() {
    DeviceSession session = from.open(Host.EDU);
    Migration migration = session.device().migration();
    registers(session).write32(0x04, 0x1234);
    migration.set(MigrationState.STOP);
    assertThat(registers(session).read32(0x04)).isEqualTo(-1);
    registers(session).write32(0x04, 0);
    migration.set(MigrationState.RUNNING);
    assertThat(registers(session).read32(0x04)).isEqualTo(~0x1234);
  }

  @Test
  void whoOpensItNextFindsItRunning() {
    try (DeviceSession session = from.open(Host.EDU)) {
      session.device().migration().set(MigrationState.STOP);
    }
    DeviceSession next = from.open(Host.EDU);
    assertThat(next.device().migration().state()).isEqualTo(MigrationState.RUNNING);
    registers(next).write32(FACTORIAL, 3);
    from.time.advance(SECOND);
    assertThat(registers(next).read32(FACTORIAL)).isEqualTo(6);
  }

  @Test
  void aStateThatIsDamagedLeavesTheTargetAsItWas() throws Exception {
    DeviceSession here = from.open(Host.EDU);
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    here.device().migration().save(data);
    byte[] damaged = data.toByteArray();
    damaged[damaged.length / 2] ^= 1;
    DeviceSession first = to.open(Host.EDU);
    Device target = first.device();
    target.region(VFIO_PCI_BAR0_REGION_INDEX).write32(0x04, 7);
    Migration migration = target.migration();
    assertThatThrownBy(() -> migration.restore(new ByteArrayInputStream(damaged)))
        .hasMessageStartingWith("EINVAL");
    assertThat(migration.state()).isEqualTo(MigrationState.RESUMING);
    assertThatThrownBy(() -> migration.set(MigrationState.RUNNING))
        .hasMessageStartingWith("EINVAL");
    assertThat(migration.state()).isEqualTo(MigrationState.RESUMING);
    first.close();
    DeviceSession next = to.open(Host.EDU);
    assertThat(registers(next).read32(0x04)).as("what was there before").isEqualTo(~7);
    next.device().migration().restore(new ByteArrayInputStream(data.toByteArray()));
  }

  @Test
  void theDeviceLogsThePagesThatItWrites() {
    DeviceSession session = from.open(Host.EDU);
    Region edu = registers(session);
    try (DmaBuffer memory = session.container().allocateAt(IOVA, 1 << 20, DmaAccess.READ_WRITE)) {
      DmaLog log = session.device().logDma(List.of(new DmaLog.Range(IOVA, memory.size())), 4096);
      assertThat(log.pageSize()).isEqualTo(4096);
      command(edu, BUFFER, IOVA + 5 * 4096 - 8, 16, 3);
      from.time.advance(SECOND);
      command(edu, BUFFER, IOVA + 200 * 4096, 4096, 3);
      from.time.advance(SECOND);
      command(edu, IOVA + 9 * 4096, BUFFER, 4096, 1);
      from.time.advance(SECOND);
      assertThat(log.report(IOVA, memory.size(), 4096))
          .isEqualTo(BitSet.valueOf(new long[] {48, 0, 0, 1 << 8}));
      assertThat(log.report(IOVA, memory.size(), 4096)).isEqualTo(new BitSet());
      log.close();
      assertThatThrownBy(() -> log.report(IOVA, memory.size(), 4096))
          .hasMessageStartingWith("EINVAL");
    }
  }

  @Test
  void vfioPciItselfHasNoMigration() {
    Device device = from.open(Host.EDU, "vfio-pci").device();
    assertThatThrownBy(device::migration).hasMessageStartingWith("ENOTTY");
    assertThatThrownBy(() -> device.logDma(List.of(new DmaLog.Range(0, 4096)), 4096))
        .hasMessageStartingWith("ENOTTY");
  }
}
