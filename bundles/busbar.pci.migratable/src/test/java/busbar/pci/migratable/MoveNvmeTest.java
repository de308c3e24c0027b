package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSIX_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.device.MigrationState;
import busbar.api.pci.PciDevice;
import busbar.client.DeviceSession;
import busbar.client.DmaAccess;
import busbar.client.DmaBuffer;
import busbar.client.Interrupts;
import busbar.client.Migration;
import busbar.client.Region;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * An NVMe controller (NVM Express 1.4) with its queues and what is stored on it moves while a
 * client uses it, and the client goes on at the other host where it was.
 */
class MoveNvmeTest {
  private static final long MEMORY = 0x100000;
  private static final int ADMIN_SQ = 0;
  private static final int ADMIN_CQ = 0x1000;
  private static final int IO_SQ = 0x2000;
  private static final int IO_CQ = 0x3000;
  private static final int DATA = 0x4000;
  private static final int BLOCK = 512;

  private final Host from = new Host();
  private final Host to = new Host();

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  /** A driver of one controller: the places in its queues go with it from host to host. */
  private static final class Driver {
    private final Host host;
    private final Region registers;
    private final MemorySegment memory;
    private int adminAt;
    private int ioAt;

    Driver(Host host, DeviceSession session, DmaBuffer buffer) {
      this.host = host;
      this.registers = session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
      this.memory = buffer.memory();
    }

    Driver(Host host, DeviceSession session, DmaBuffer buffer, Driver before) {
      this(host, session, buffer);
      adminAt = before.adminAt;
      ioAt = before.ioAt;
      // the memory of the client moves too, which is the client's business
      memory.copyFrom(before.memory);
    }

    void enable() {
      registers.write32(0x24, 7 << 16 | 7);
      registers.write64(0x28, MEMORY + ADMIN_SQ);
      registers.write64(0x30, MEMORY + ADMIN_CQ);
      registers.write32(0x14, 0x460001);
      admin(5, IO_CQ, 7 << 16 | 1, 1 << 16 | 3);
      admin(1, IO_SQ, 7 << 16 | 1, 1 << 16 | 1);
    }

    private void command(int at, int opcode, int nsid, long address, int... dwords) {
      memory.asSlice(at, 64).fill((byte) 0);
      memory.set(ValueLayout.JAVA_INT, at, opcode);
      memory.set(ValueLayout.JAVA_INT, at + 4, nsid);
      memory.set(ValueLayout.JAVA_LONG, at + 24, MEMORY + address);
      for (int i = 0; i < dwords.length; i++) {
        memory.set(ValueLayout.JAVA_INT, at + 40 + 4L * i, dwords[i]);
      }
    }

    private void admin(int opcode, long address, int... dwords) {
      command(ADMIN_SQ + 64 * adminAt, opcode, 0, address, dwords);
      memory.set(ValueLayout.JAVA_INT, ADMIN_CQ + 16L * adminAt + 12, -1);
      final int done = adminAt;
      adminAt = (adminAt + 1) % 8;
      registers.write32(0x1000, adminAt);
      host.time.advance(1_000_000);
      assertThat(status(ADMIN_CQ, done)).isZero();
      registers.write32(0x1004, adminAt);
    }

    void queueIo(int opcode, int block, int blocks) {
      command(IO_SQ + 64 * ioAt, opcode, 1, DATA, block, 0, blocks - 1);
      memory.set(ValueLayout.JAVA_INT, IO_CQ + 16L * ioAt + 12, -1);
      ioAt = (ioAt + 1) % 8;
      registers.write32(0x1008, ioAt);
    }

    int finishIo() {
      host.time.advance(1_000_000);
      int status = status(IO_CQ, (ioAt + 7) % 8);
      registers.write32(0x100c, ioAt);
      return status;
    }

    private int status(int queue, int at) {
      return memory.get(ValueLayout.JAVA_INT, queue + 16L * at + 12) >>> 17;
    }

    byte[] data() {
      return memory.asSlice(DATA, BLOCK).toArray(ValueLayout.JAVA_BYTE);
    }

    void setData(byte[] bytes) {
      memory.asSlice(DATA, BLOCK).copyFrom(MemorySegment.ofArray(bytes));
    }
  }

  private static byte[] random(int seed) {
    byte[] bytes = new byte[BLOCK];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static DmaBuffer memory(DeviceSession session) {
    return session.container().allocateAt(MEMORY, 0x10000, DmaAccess.READ_WRITE);
  }

  @Test
  void aControllerMovesWithPreCopyAndTheDriverGoesOnWhereItWas() throws Exception {
    DeviceSession here = from.open(Host.NVME);
    DeviceSession there = to.open(Host.NVME);
    try (DmaBuffer source = memory(here);
        DmaBuffer target = memory(there);
        Interrupts vectors = there.device().arm(VFIO_PCI_MSIX_IRQ_INDEX, 2)) {
      Driver before = new Driver(from, here, source);
      before.enable();
      before.setData(random(1));
      before.queueIo(1, 100, 1);
      assertThat(before.finishIo()).isZero();

      ByteArrayOutputStream data = new ByteArrayOutputStream();
      Migration leaving = here.device().migration();
      assertThat(leaving.preCopy(data)).isPositive();
      assertThat(leaving.preCopy(data)).as("nothing has changed").isZero();
      before.setData(random(2));
      before.queueIo(1, 200, 1);
      assertThat(before.finishIo()).isZero();
      assertThat(leaving.preCopy(data)).isPositive();
      before.queueIo(2, 100, 1); // under way when it stops
      leaving.save(data);
      from.time.advance(1_000_000_000);
      assertThat(before.status(IO_CQ, (before.ioAt + 7) % 8)).as("not done here").isNotZero();

      Driver after = new Driver(to, there, target, before);
      Migration arriving = there.device().migration();
      arriving.restore(new ByteArrayInputStream(data.toByteArray()));
      arriving.set(MigrationState.RUNNING);
      assertThat(after.finishIo()).isZero();
      assertThat(after.data()).isEqualTo(random(1));
      assertThat(vectors.eventFd(1).take()).as("one command, one message").isEqualTo(1);
      after.queueIo(2, 200, 1);
      assertThat(after.finishIo()).isZero();
      assertThat(after.data()).isEqualTo(random(2));
      assertThat(vectors.eventFd(1).take()).isEqualTo(1);
    }
  }

  @Test
  void aResetEndsAMigrationAndTheControllerRuns() {
    DeviceSession here = from.open(Host.NVME);
    Migration migration = here.device().migration();
    for (MigrationState state : MigrationState.values()) {
      if (state != MigrationState.ERROR) {
        migration.set(state);
        here.device().reset();
        assertThat(migration.state()).isEqualTo(MigrationState.RUNNING);
      }
    }
    try (DmaBuffer buffer = memory(here)) {
      here.device().region(7).write16(4, 6);
      new Driver(from, here, buffer).enable();
    }
  }

  @Test
  void messagesThatWaitBehindAMaskComeOnTheOtherHost() throws Exception {
    DeviceSession here = from.open(Host.NVME);
    DeviceSession there = to.open(Host.NVME);
    try (DmaBuffer source = memory(here)) {
      Driver before = new Driver(from, here, source);
      before.enable();
      // armed with no vector open: what is sent waits in the pending bits
      from.function(Host.NVME).enableMessages(PciDevice.MessageKind.MSIX, 2);
      before.queueIo(1, 1, 1);
      assertThat(before.finishIo()).isZero();
      ByteArrayOutputStream data = new ByteArrayOutputStream();
      here.device().migration().save(data);
      from.function(Host.NVME).disableMessages();
      Migration arriving = there.device().migration();
      arriving.restore(new ByteArrayInputStream(data.toByteArray()));
      try (Interrupts vectors = there.device().arm(VFIO_PCI_MSIX_IRQ_INDEX, 2)) {
        arriving.set(MigrationState.RUNNING);
        assertThat(vectors.eventFd(1).peek()).isEqualTo(1);
        assertThat(vectors.eventFd(0).peek()).isZero();
      }
    }
  }
}
