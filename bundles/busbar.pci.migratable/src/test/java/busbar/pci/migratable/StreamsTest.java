package busbar.pci.migratable;

import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;
import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.uapi.VfioPrecopyInfo;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What goes through the files, in pieces of any size, whole and damaged. */
class StreamsTest {
  private static FunctionMigration on(FakeHardware hardware) {
    return new FunctionMigration("fake", () -> Optional.of(hardware));
  }

  private static FakeHardware filled(int size, long seed) {
    byte[] state = new byte[size];
    new Random(seed).nextBytes(state);
    return new FakeHardware(state);
  }

  static byte[] readAll(FileOps stream, int piece) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[piece];
    while (true) {
      int count = stream.read(null, MemorySegment.ofArray(buffer));
      if (count == 0) {
        return all.toByteArray();
      }
      all.write(buffer, 0, count);
    }
  }

  private static void writeAll(FileOps stream, byte[] bytes, int piece) {
    for (int at = 0; at < bytes.length; at += piece) {
      byte[] part = Arrays.copyOfRange(bytes, at, Math.min(at + piece, bytes.length));
      assertThat(stream.write(null, MemorySegment.ofArray(part))).isEqualTo(part.length);
    }
  }

  @Property(tries = 60)
  void aStateArrivesInPiecesOfAnySize(
      @ForAll @IntRange(min = 1, max = 200_000) int size,
      @ForAll @IntRange(min = 1, max = 70_000) int out,
      @ForAll @IntRange(min = 1, max = 70_000) int in) {
    FakeHardware from = filled(size, size);
    FakeHardware to = new FakeHardware(new byte[size]);
    FunctionMigration source = on(from);
    final long estimate = source.dataSize();
    int smallest = size > 20_000 ? 64 : 1;
    byte[] data = readAll(source.setState(STOP_COPY).orElseThrow(), Math.max(out, smallest));
    assertThat(data).hasSize((int) estimate);
    FunctionMigration target = on(to);
    writeAll(target.setState(RESUMING).orElseThrow(), data, Math.max(in, smallest));
    target.setState(RUNNING);
    assertThat(to.state).isEqualTo(from.state);
  }

  @Property(tries = 100)
  void preCopyTellsChangesAndTheEndTellsTheRest(@ForAll long seed) {
    Random random = new Random(seed);
    FakeHardware from = filled(1 + random.nextInt(40_000), seed);
    FunctionMigration source = on(from);
    FileOps stream = source.setState(PRE_COPY).orElseThrow();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 + random.nextInt(9000)];
    for (int step = 0; step < 20; step++) {
      if (random.nextInt(3) == 0) {
        from.state = change(from.state, random);
      }
      try {
        data.write(buffer, 0, stream.read(null, MemorySegment.ofArray(buffer)));
      } catch (VfioException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOMSG);
      }
    }
    assertThat(source.setState(STOP_COPY)).isEmpty();
    data.writeBytes(readAll(stream, buffer.length));
    FakeHardware to = new FakeHardware(new byte[from.state.length]);
    FunctionMigration target = on(to);
    writeAll(target.setState(RESUMING).orElseThrow(), data.toByteArray(), 5000);
    target.setState(STOP);
    assertThat(to.state).isEqualTo(from.state);
  }

  /** Another byte, or another length. */
  private static byte[] change(byte[] state, Random random) {
    byte[] changed =
        random.nextInt(4) == 0 ? Arrays.copyOf(state, 1 + random.nextInt(40_000)) : state.clone();
    changed[random.nextInt(changed.length)]++;
    return changed;
  }

  @Property(tries = 150)
  void aDamagedStateIsRefusedAndNothingOfItTaken(@ForAll long seed) {
    Random random = new Random(seed);
    FakeHardware from = filled(9000, seed);
    byte[] data = readAll(on(from).setState(STOP_COPY).orElseThrow(), 4096);
    byte[] damaged =
        random.nextBoolean() ? Arrays.copyOf(data, random.nextInt(data.length)) : data.clone();
    if (damaged.length == data.length) {
      damaged[random.nextInt(data.length)] ^= (byte) (1 << random.nextInt(8));
    }
    FakeHardware to = new FakeHardware(new byte[9000]);
    FunctionMigration target = on(to);
    FileOps stream = target.setState(RESUMING).orElseThrow();
    try {
      writeAll(stream, damaged, 1 + random.nextInt(5000));
    } catch (VfioException e) {
      assertThat(e.errno()).isEqualTo(Errno.EINVAL);
      assertThatThrownBy(() -> stream.write(null, MemorySegment.ofArray(new byte[1])))
          .hasMessageStartingWith("EINVAL");
    }
    assertThatThrownBy(() -> target.setState(STOP))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    assertThat(target.state()).isEqualTo(RESUMING);
    assertThat(to.state).containsOnly(0);
  }

  @Property(tries = 300)
  void anyBytesAreRefusedWithAnErrno(@ForAll byte[] bytes) {
    FunctionMigration target = on(new FakeHardware(new byte[4]));
    FileOps stream = target.setState(RESUMING).orElseThrow();
    try {
      stream.write(null, MemorySegment.ofArray(bytes));
    } catch (VfioException e) {
      assertThat(e.errno()).isEqualTo(Errno.EINVAL);
    }
    assertThatThrownBy(() -> target.setState(STOP)).isInstanceOf(VfioException.class);
  }

  @Example
  void aStreamOfAnotherKindOfDeviceIsRefusedAtItsFirstFrame() {
    FunctionMigration target = on(new FakeHardware(new byte[4]));
    FileOps stream = target.setState(RESUMING).orElseThrow();
    byte[] header = Frame.header("8086:10d3 e1000e".getBytes());
    assertThatThrownBy(() -> stream.write(null, MemorySegment.ofArray(header)))
        .hasMessageContaining("8086:10d3 e1000e")
        .hasMessageStartingWith("EINVAL");
  }

  @Example
  void bytesAfterTheEndAreRefused() {
    FakeHardware from = filled(10, 1);
    byte[] data = readAll(on(from).setState(STOP_COPY).orElseThrow(), 100);
    FileOps stream = on(new FakeHardware(new byte[10])).setState(RESUMING).orElseThrow();
    writeAll(stream, data, 1000);
    assertThatThrownBy(() -> stream.write(null, MemorySegment.ofArray(new byte[1])))
        .hasMessageStartingWith("EINVAL");
  }

  @Example
  void aFrameWithAHoleBeforeItIsRefused() {
    FileOps stream = on(new FakeHardware(new byte[10])).setState(RESUMING).orElseThrow();
    writeAll(stream, Frame.header("1234:0001 fake".getBytes()), 100);
    byte[] image = new byte[100];
    assertThatThrownBy(() -> stream.write(null, MemorySegment.ofArray(Frame.data(image, 50, 60))))
        .hasMessageStartingWith("EINVAL");
  }

  @Example
  void precopyInfoCountsWhatIsLeft() {
    FakeHardware from = filled(8192, 7);
    FunctionMigration source = on(from);
    FileOps stream = source.setState(PRE_COPY).orElseThrow();
    VfioPrecopyInfo first = info(stream, 5);
    assertThat(first.initialBytes()).isGreaterThan(8192);
    assertThat(first.dirtyBytes()).isZero();
    assertThat(first.flags()).as("flags before the second version come back").isEqualTo(5);
    byte[] all = new byte[(int) first.initialBytes()];
    assertThat(stream.read(null, MemorySegment.ofArray(all))).isEqualTo(all.length);
    assertThat(info(stream, 0).initialBytes()).isZero();
    assertThat(stream.poll()).isZero();
    assertThatThrownBy(() -> stream.read(null, MemorySegment.ofArray(all)))
        .hasMessageStartingWith("ENOMSG");
    from.state[5000]++;
    source.enablePrecopyInfoV2();
    VfioPrecopyInfo later = info(stream, 5);
    assertThat(later.dirtyBytes()).isEqualTo(Frame.size(8 + 4096));
    assertThat(later.flags()).isZero();
    source.setState(STOP_COPY);
    assertThatThrownBy(() -> info(stream, 0)).hasMessageStartingWith("EINVAL");
    assertThat(readAll(stream, 64)).hasSize(Frame.size(8 + 4096) + Frame.size(12));
  }

  private static VfioPrecopyInfo info(FileOps stream, int flags) {
    MemorySegment argument = MemorySegment.ofArray(new byte[24]);
    new VfioPrecopyInfo(24, flags, -1, -1).encode(argument);
    stream.ioctl(null, VFIO_MIG_GET_PRECOPY_INFO, argument);
    return VfioPrecopyInfo.decode(argument);
  }

  @Example
  void theStreamsRefuseWhatTheyAreNotFor() {
    FunctionMigration source = on(filled(10, 1));
    FileOps saving = source.setState(STOP_COPY).orElseThrow();
    MemorySegment buffer = MemorySegment.ofArray(new byte[24]);
    assertThatThrownBy(() -> saving.write(null, buffer)).hasMessageStartingWith("EBADF");
    assertThatThrownBy(() -> saving.ioctl(null, 1, buffer)).hasMessageStartingWith("ENOTTY");
    MemorySegment small = MemorySegment.ofArray(new byte[24]);
    new VfioPrecopyInfo(23, 0, 0, 0).encode(small);
    assertThatThrownBy(() -> saving.ioctl(null, VFIO_MIG_GET_PRECOPY_INFO, small))
        .hasMessageStartingWith("EINVAL");
    assertThatThrownBy(() -> saving.ioctl(null, VFIO_MIG_GET_PRECOPY_INFO, small.asSlice(0, 12)))
        .hasMessageStartingWith("EFAULT");
    FileOps resuming = on(filled(10, 1)).setState(RESUMING).orElseThrow();
    assertThatThrownBy(() -> resuming.read(null, buffer)).hasMessageStartingWith("EBADF");
    assertThatThrownBy(() -> resuming.ioctl(null, VFIO_MIG_GET_PRECOPY_INFO, buffer))
        .hasMessageStartingWith("ENOTTY");
  }
}
