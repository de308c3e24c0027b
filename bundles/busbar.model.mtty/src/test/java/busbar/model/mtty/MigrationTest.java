package busbar.model.mtty;

import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.PRE_COPY_P2P;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;
import static busbar.model.mtty.Card.errnoOf;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.device.MigrationState;
import busbar.uapi.VfioPrecopyInfo;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MigrationTest {
  private static final String HEADER = "4e2c3e8c89099d7e01000000000000000100000000000000";

  private final Card card = new Card(1);

  private FileOps open(Card owner, MigrationState state) {
    return owner.parent.setState(owner.mtty, owner, state).orElseThrow();
  }

  private void go(Card owner, MigrationState state) {
    assertThat(owner.parent.setState(owner.mtty, owner, state)).isEmpty();
  }

  private static byte[] read(Card owner, FileOps stream, int count) {
    byte[] bytes = new byte[count];
    int got = stream.read(owner, MemorySegment.ofArray(bytes));
    return Arrays.copyOf(bytes, got);
  }

  private static int write(Card owner, FileOps stream, byte[] bytes) {
    return stream.write(owner, MemorySegment.ofArray(bytes));
  }

  private byte[] saved(Card owner) {
    byte[] state = read(owner, open(owner, STOP_COPY), 1000);
    go(owner, RUNNING);
    return state;
  }

  @Test
  void theRecordedCardCanEverythingAndHasSixtyBytes() {
    assertThat(card.parent.migrationFlags(card.mtty)).isEqualTo(7);
    assertThat(card.parent.state(card.mtty)).isEqualTo(RUNNING);
    assertThat(card.parent.dataSize(card.mtty)).isEqualTo(0x3c);
    assertThat(new Card(2).parent.dataSize(new Card(2).mtty)).isEqualTo(96);
    go(card, STOP);
    assertThat(card.parent.state(card.mtty)).isEqualTo(STOP);
    go(card, RUNNING);
  }

  @Test
  void theStreamIsTheSamplesStructOnTheWire() {
    card.write(1, 7, 0x5a);
    card.write(1, 0, 0x41);
    String registers = "000000000000005a";
    String fifo = "41" + "00".repeat(15) + "010001";
    String rest = "0000" + "00" + "0000" + "00" + "10" + "0000";
    String port = registers + fifo + rest;
    assertThat(HexFormat.of().formatHex(saved(card))).isEqualTo(HEADER + port);
  }

  @Property(seed = "20261122", tries = 50)
  void bytesAndRegistersArriveHoweverTheStreamIsCut(
      @ForAll @IntRange(min = 1, max = 70) int readSize,
      @ForAll @IntRange(min = 1, max = 70) int writeSize) {
    Card source = new Card(2);
    source.write(1, 7, 0x33);
    source.write(1, Card.bar(1), 0x41);
    source.write(1, Card.bar(1), 0x42);
    Card target = new Card(2);
    FileOps from = open(source, STOP_COPY);
    FileOps to = open(target, RESUMING);
    for (byte[] piece = read(source, from, readSize); piece.length > 0; ) {
      for (int at = 0; at < piece.length; at += writeSize) {
        byte[] part = Arrays.copyOfRange(piece, at, Math.min(piece.length, at + writeSize));
        assertThat(write(target, to, part)).isEqualTo(part.length);
      }
      piece = read(source, from, readSize);
    }
    go(target, RUNNING);
    assertThat(target.read(1, 7)).isEqualTo(0x33);
    assertThat(target.read(1, Card.bar(1))).isEqualTo(0x41);
    assertThat(target.read(1, Card.bar(1))).isEqualTo(0x42);
    assertThat(errnoOf(() -> write(target, to, new byte[1]))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void aHeaderThatDoesNotFitFailsTheWriteThatCompletesIt() {
    byte[] single = saved(card);
    Card dual = new Card(2);
    FileOps stream = open(dual, RESUMING);
    assertThat(write(dual, stream, Arrays.copyOf(single, 23))).isEqualTo(23);
    assertThat(errnoOf(() -> write(dual, stream, new byte[] {single[23]}))).isEqualTo(Errno.EFAULT);

    for (int at : new int[] {0, 7, 8, 12, 16, 20}) {
      byte[] wrong = single.clone();
      wrong[at] ^= 1;
      Card other = new Card(1);
      FileOps to = open(other, RESUMING);
      assertThat(errnoOf(() -> write(other, to, wrong))).as("byte %d", at).isEqualTo(Errno.EFAULT);
    }
  }

  @Test
  void tooLittleCannotBeLoadedAndTooMuchNotBeWritten() {
    byte[] state = saved(card);
    Card target = new Card(1);
    FileOps stream = open(target, RESUMING);
    write(target, stream, Arrays.copyOf(state, 59));
    assertThat(errnoOf(() -> target.parent.setState(target.mtty, target, STOP)))
        .isEqualTo(Errno.EINVAL);
    assertThat(target.parent.state(target.mtty)).isEqualTo(RESUMING);
    assertThat(errnoOf(() -> write(target, stream, new byte[2]))).isEqualTo(Errno.ENOMEM);
    write(target, stream, new byte[] {state[59]});
    go(target, STOP);
  }

  @Test
  void indexesOutsideTheFifoAreNotLoaded() {
    byte[] state = saved(card);
    state[24 + 24] = 16;
    Card target = new Card(1);
    write(target, open(target, RESUMING), state);
    assertThat(errnoOf(() -> target.parent.setState(target.mtty, target, STOP)))
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void preCopyShowsTheHeaderFirstAndTheSameStreamGoesOn() {
    FileOps stream = open(card, PRE_COPY);
    assertThat(precopyInfo(stream, 0)).isEqualTo(new VfioPrecopyInfo(24, 0, 24, 0));
    assertThat(read(card, stream, 10)).hasSize(10);
    assertThat(precopyInfo(stream, 0).initialBytes()).isEqualTo(14);
    assertThat(read(card, stream, 100)).hasSize(14);
    assertThat(read(card, stream, 100)).isEmpty();
    go(card, PRE_COPY_P2P);
    go(card, STOP_COPY);
    assertThat(read(card, stream, 100)).hasSize(36);
    assertThat(errnoOf(() -> precopyInfo(stream, 0))).isEqualTo(Errno.EINVAL);
    go(card, STOP);
    assertThat(errnoOf(() -> read(card, stream, 1))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void precopyFlagsComeBackUntilTheSecondVersionIsAskedFor() {
    FileOps stream = open(card, PRE_COPY);
    assertThat(precopyInfo(stream, 0x5).flags()).isEqualTo(0x5);
    card.parent.enablePrecopyInfoV2(card.mtty);
    assertThat(precopyInfo(stream, 0x5).flags()).isZero();
  }

  @Test
  void precopyInfoChecksItsArgument() {
    FileOps stream = open(card, PRE_COPY);
    assertThat(errnoOf(() -> stream.ioctl(card, 0x3b64, Card.struct(24)))).isEqualTo(Errno.ENOTTY);
    MemorySegment small = Card.struct(24);
    Args.putU32(small, 0, 23);
    assertThat(errnoOf(() -> stream.ioctl(card, VFIO_MIG_GET_PRECOPY_INFO, small)))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> stream.ioctl(card, VFIO_MIG_GET_PRECOPY_INFO, Card.struct(16))))
        .isEqualTo(Errno.EFAULT);
  }

  private VfioPrecopyInfo precopyInfo(FileOps stream, int flags) {
    MemorySegment info = Card.struct(24);
    Args.putU32(info, VfioPrecopyInfo.OFFSET_FLAGS, flags);
    stream.ioctl(card, VFIO_MIG_GET_PRECOPY_INFO, info);
    return VfioPrecopyInfo.decode(info);
  }

  @Test
  void aResetEndsTheMigrationAndKeepsThePorts() {
    card.write(1, 7, 0x12);
    FileOps stream = open(card, STOP_COPY);
    card.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL);
    assertThat(card.parent.state(card.mtty)).isEqualTo(RUNNING);
    assertThat(errnoOf(() -> read(card, stream, 1))).isEqualTo(Errno.ENODEV);
    assertThat(card.read(1, 7)).isEqualTo(0x12);
  }

  @Test
  void closingTheCardEndsTheStreamAndKeepsTheState() {
    FileOps stream = open(card, STOP_COPY);
    card.parent.release(card.mtty);
    assertThat(errnoOf(() -> read(card, stream, 1))).isEqualTo(Errno.ENODEV);
    assertThat(card.parent.state(card.mtty)).isEqualTo(STOP_COPY);
  }

  @Test
  void streamsGoOneWayOnly() {
    FileOps saving = open(card, STOP_COPY);
    assertThat(errnoOf(() -> write(card, saving, new byte[1]))).isEqualTo(Errno.EBADF);
    go(card, STOP);
    FileOps resuming = open(card, RESUMING);
    assertThat(errnoOf(() -> read(card, resuming, 1))).isEqualTo(Errno.EBADF);
  }
}
