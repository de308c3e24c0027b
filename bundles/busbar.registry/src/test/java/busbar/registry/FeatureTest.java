package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.client.VfioClient;
import busbar.api.device.MigrationState;
import busbar.api.device.MigrationStates;
import busbar.uapi.VfioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** FEATURE as the core takes it apart; order of errors as recorded in traces 152, 153 and 326. */
class FeatureTest {
  private static final int GET = 1 << 16;
  private static final int SET = 1 << 17;
  private static final int PROBE = 1 << 18;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final MigratingDriver driver = new MigratingDriver();
  private int plain;
  private int device;

  FeatureTest() {
    Rig.Opened opened = rig.openA();
    plain = opened.device();
    rig.registry.addDriver(driver, 0);
    rig.bus.plug("d", rig.iommu.group(4));
    int group = client.openGroup(4);
    rig.setContainer(group, opened.container());
    device = rig.device(group, "d");
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private static MemorySegment argument(int flags, long... payload) {
    MemorySegment argument = Arena.ofAuto().allocate(8 + payload.length * 8L, 8);
    argument.set(U32, 0, (int) argument.byteSize());
    argument.set(U32, 4, flags);
    for (int i = 0; i < payload.length; i++) {
      argument.set(U64, 8 + i * 8L, payload[i]);
    }
    return argument;
  }

  private long call(int fd, MemorySegment argument) {
    return client.ioctl(fd, VfioHeader.VFIO_DEVICE_FEATURE, argument);
  }

  private Errno errno(int fd, MemorySegment argument) {
    return Rig.errno(() -> call(fd, argument));
  }

  @Test
  void theHeaderIsCheckedFirst() {
    for (int argsz : new int[] {0, 7}) {
      MemorySegment argument = argument(PROBE);
      argument.set(U32, 0, argsz);
      assertThat(errno(plain, argument)).isEqualTo(Errno.EINVAL);
    }
    assertThat(errno(plain, MemorySegment.NULL)).isEqualTo(Errno.EFAULT);
    assertThat(errno(plain, argument(PROBE | 0x80000))).isEqualTo(Errno.EINVAL);
    assertThat(errno(plain, argument(GET | SET))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aDriverWithoutFeaturesHasNone() {
    for (int flags : new int[] {0, PROBE | GET | SET, GET, SET}) {
      for (int feature : new int[] {0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 13, 99}) {
        assertThat(errno(plain, argument(flags == (GET | SET) ? GET : flags | feature)))
            .as("feature %d flags %x", feature, flags)
            .isEqualTo(Errno.ENOTTY);
      }
    }
    assertThat(errno(plain, argument(SET | 12))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void unknownFeaturesAreTheDrivers() {
    assertThat(call(device, argument(SET | 3))).isZero();
    assertThat(errno(device, argument(GET | 3))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(SET | 4))).isEqualTo(Errno.ENOTTY);
  }

  @Test
  void theMigrationFlagsAreRead() {
    MemorySegment argument = argument(GET | 1, -1);
    call(device, argument);
    assertThat(argument.get(U64, 8)).isEqualTo(MigrationStates.FLAG_STOP_COPY);
    assertThat(call(device, argument(GET | PROBE | 1))).isZero();
    assertThat(errno(device, argument(SET | 1, 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(1, 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(GET | 1))).as("no payload").isEqualTo(Errno.EINVAL);
    MemorySegment lie = argument(GET | 1);
    lie.set(U32, 0, 16);
    assertThat(errno(device, lie)).as("payload not there").isEqualTo(Errno.EFAULT);
    driver.flags = 0;
    assertThat(errno(device, argument(GET | 1, 0))).isEqualTo(Errno.ENOTTY);
  }

  @Test
  void theMigrationStateIsReadAndSet() {
    MemorySegment argument = argument(GET | 2, 0);
    call(device, argument);
    assertThat(argument.get(U32, 8)).isEqualTo(MigrationState.RUNNING.ordinal());
    assertThat(argument.get(U32, 12)).isEqualTo(-1);
    argument = argument(SET | 2, MigrationState.STOP.ordinal());
    call(device, argument);
    assertThat(argument.get(U32, 8)).isEqualTo(MigrationState.STOP.ordinal());
    assertThat(argument.get(U32, 12)).isEqualTo(-1);
    MemorySegment unknown = argument(SET | 2, 0x63);
    assertThat(errno(device, unknown)).isEqualTo(Errno.EINVAL);
    assertThat(unknown.get(U32, 8)).as("written back all the same").isEqualTo(0x63);
    assertThat(unknown.get(U32, 12)).isEqualTo(-1);
    assertThat(driver.state).isEqualTo(MigrationState.STOP);
    MemorySegment blocked = argument(SET | 2, MigrationState.PRE_COPY.ordinal());
    assertThat(errno(device, blocked)).isEqualTo(Errno.EINVAL);
    assertThat(blocked.get(U32, 12)).isEqualTo(-1);
  }

  @Test
  void aStreamBecomesAFileOfTheClient() {
    driver.state = MigrationState.STOP;
    MemorySegment argument = argument(SET | 2, MigrationState.STOP_COPY.ordinal());
    call(device, argument);
    int stream = argument.get(U32, 12);
    assertThat(client.file(stream).description()).isEqualTo("stream");
    assertThat(client.read(stream, Rig.struct(0))).isZero();
    assertThat(Rig.errno(() -> client.write(stream, Rig.struct(0)))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.pread(stream, Rig.struct(0), 0))).isEqualTo(Errno.ESPIPE);
    int copy = client.dup(stream);
    client.close(stream);
    assertThat(driver.streamsReleased).isZero();
    client.close(copy);
    assertThat(driver.streamsReleased).isEqualTo(1);
  }

  @Test
  void aResetBringsTheDeviceBackToRunning() {
    driver.state = MigrationState.ERROR;
    MemorySegment stuck = argument(SET | 2, MigrationState.RUNNING.ordinal());
    assertThat(errno(device, stuck)).isEqualTo(Errno.EINVAL);
    rig.reset(device);
    MemorySegment now = argument(GET | 2, 0);
    call(device, now);
    assertThat(now.get(U32, 8)).isEqualTo(MigrationState.RUNNING.ordinal());
  }

  @Test
  void theDataSizeAndPrecopyInfo() {
    MemorySegment size = argument(GET | 9, 0);
    call(device, size);
    assertThat(size.get(U64, 8)).isEqualTo(60);
    assertThat(errno(device, argument(SET | 12))).isEqualTo(Errno.EINVAL);
    driver.flags |= MigrationStates.FLAG_PRE_COPY;
    assertThat(call(device, argument(SET | PROBE | 12))).isZero();
    assertThat(driver.reinit).isFalse();
    assertThat(call(device, argument(SET | 12))).isZero();
    assertThat(driver.reinit).isTrue();
    assertThat(errno(device, argument(GET | 12))).isEqualTo(Errno.EINVAL);
  }

  private MemorySegment logging(long pageSize, long count, long... ranges) {
    long vaddr = client.memory().allocate(4096);
    client.memory().write(vaddr, MemorySegment.ofArray(ranges));
    return argument(SET | 6, pageSize, count, vaddr);
  }

  @Test
  void loggingChecksItsRanges() {
    assertThat(errno(device, logging(4096, 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, logging(4096, 257))).isEqualTo(Errno.E2BIG);
    assertThat(errno(device, argument(SET | 6, 4096, 1, 0x10))).isEqualTo(Errno.EFAULT);
    assertThat(errno(device, logging(4096, 1, 0x100, 4096))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, logging(4096, 1, 0, 100))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, logging(4096, 1, -4096, 8192))).isEqualTo(Errno.EOVERFLOW);
    assertThat(errno(device, logging(4096, 2, 0, 8192, 4096, 4096))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(SET | 6, 0, 0))).isEqualTo(Errno.EINVAL);
    MemorySegment good = logging(4096, 2, 0, 4096, 8192, 4096);
    assertThat(call(device, good)).isZero();
    assertThat(good.get(U64, 8)).as("the page size in force").isEqualTo(8192);
    assertThat(call(device, argument(SET | 7))).isZero();
    assertThat(driver.logged).containsExactly("start 2 4096", "stop");
  }

  @Test
  void aReportAddsBitsToTheUsersBitmap() {
    long bitmap = client.memory().allocate(4096);
    client.memory().write(bitmap, MemorySegment.ofArray(new byte[] {1, 0, 0}));
    assertThat(call(device, argument(GET | 8, 0x10000, 16 * 4096, 4096, bitmap))).isZero();
    byte[] bits = new byte[3];
    client.memory().read(bitmap, MemorySegment.ofArray(bits));
    assertThat(bits).as(Arrays.toString(bits)).containsExactly(3, 6, 0);
    assertThat(errno(device, argument(GET | 8, 0, 4096, 2048, bitmap))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(GET | 8, 0, 4096, 12288, bitmap))).isEqualTo(Errno.EINVAL);
    assertThat(errno(device, argument(GET | 8, -4096, 8192, 4096, bitmap)))
        .isEqualTo(Errno.EOVERFLOW);
    assertThat(errno(device, argument(GET | 8, 0, 65536, 4096, 0x10))).isEqualTo(Errno.EFAULT);
  }

  @Test
  void bindingAGroupsDeviceToAnIommufdIsRefused() {
    assertThat(
            Rig.errno(
                () -> client.ioctl(device, VfioHeader.VFIO_DEVICE_BIND_IOMMUFD, Rig.struct())))
        .isEqualTo(Errno.EINVAL);
    assertThat(
            Rig.errno(
                () -> client.ioctl(device, VfioHeader.VFIO_DEVICE_ATTACH_IOMMUFD_PT, Rig.struct())))
        .isEqualTo(Errno.ENOTTY);
  }
}
