package busbar.model.mtty;

import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.uapi.VfioPrecopyInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What the card's state is read from. Its own monitor guards it. */
final class SavingStream implements FileOps {
  private final MttyMigration migration;
  private final byte[] data;
  private int filled;
  private int position;
  private boolean ended;

  /** Starts with the header; the ports follow when the card has stopped. */
  SavingStream(MttyMigration migration, int ports) {
    this.migration = migration;
    this.data = new byte[MttyImage.size(ports)];
    append(MttyImage.header(ports));
  }

  private void append(byte[] bytes) {
    System.arraycopy(bytes, 0, data, filled, bytes.length);
    filled += bytes.length;
  }

  synchronized void fill(List<byte[]> ports) {
    ports.forEach(this::append);
  }

  /** The card left the states that the stream belongs to. */
  synchronized void end() {
    ended = true;
  }

  @Override
  public String name() {
    return "anon_inode:mtty_mig";
  }

  @Override
  public synchronized int read(Caller caller, MemorySegment buffer) {
    checkNotEnded();
    int count = (int) Math.min(filled - position, buffer.byteSize());
    MemorySegment.copy(MemorySegment.ofArray(data), position, buffer, 0, count);
    position += count;
    return count;
  }

  @Override
  public int write(Caller caller, MemorySegment buffer) {
    throw Errno.EBADF.because("%s was opened for reading the state", name());
  }

  @Override
  public long ioctl(Caller caller, int command, MemorySegment argument) {
    if (command != VFIO_MIG_GET_PRECOPY_INFO) {
      throw Errno.ENOTTY.because("%s has no ioctl 0x%x", name(), command);
    }
    Args.sized(argument, VfioPrecopyInfo.MIN_ARGSZ);
    migration.whilePreCopying(() -> precopyInfo(argument));
    return 0;
  }

  private synchronized void precopyInfo(MemorySegment argument) {
    checkNotEnded();
    VfioPrecopyInfo asked = VfioPrecopyInfo.decode(argument);
    // the flags came back as they were given before the client asked for the second version
    int flags = migration.precopyInfoV2() ? 0 : asked.flags();
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioPrecopyInfo.SIZE]);
    new VfioPrecopyInfo(asked.argsz(), flags, filled - position, 0).encode(answer);
    Args.copyOut(argument, answer);
  }

  private void checkNotEnded() {
    if (ended) {
      throw Errno.ENODEV.because("the card has left the migration that %s belongs to", name());
    }
  }
}
