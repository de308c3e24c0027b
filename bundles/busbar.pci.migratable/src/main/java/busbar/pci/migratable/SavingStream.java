package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.uapi.VfioPrecopyInfo;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * What a function's state is read from: a first picture, blocks of it that have changed since, and
 * the end once the device has stopped.
 *
 * <p>Everything happens under the migration's state lock.
 */
final class SavingStream implements FileOps {
  static final String NAME = "anon_inode:[migratable-vfio-pci]";
  private static final int BLOCK = 4096;
  private static final int POLL_IN = 1;
  private static final int POLL_HUP = 16;

  private final FunctionMigration migration;
  private final Deque<byte[]> frames = new ArrayDeque<>();
  private int inFirst;

  /** Bytes of the first picture, and others, that wait to be read. */
  private long initialLeft;

  private long changedLeft;

  /** What the reader has, once it has read all that waits. */
  private byte[] told = {};

  private boolean finished;
  private boolean ended;

  /** Starts with a picture of the device, which need not have stopped. */
  SavingStream(FunctionMigration migration, String kind, byte[] image) {
    this.migration = migration;
    byte[] header = Frame.header(kind.getBytes(StandardCharsets.UTF_8));
    frames.add(header);
    initialLeft = header.length + tell(image);
  }

  /** What {@link #finish} makes of an image without a picture before it, in bytes. */
  static long sizeOf(String kind, int image) {
    int whole = image / Frame.MAX_DATA;
    int rest = image % Frame.MAX_DATA;
    return Frame.size(10 + kind.getBytes(StandardCharsets.UTF_8).length)
        + (long) whole * Frame.size(Frame.MAX_PAYLOAD)
        + (rest == 0 ? 0 : Frame.size(Long.BYTES + rest))
        + Frame.size(Frame.END_PAYLOAD);
  }

  /** The device has stopped and this is its state: tells what is new in it, and that it is all. */
  void finish(byte[] image) {
    changedLeft += tell(image);
    byte[] end = Frame.end(image);
    frames.add(end);
    changedLeft += end.length;
    finished = true;
  }

  /** The device left the states that the stream belongs to. */
  void end() {
    ended = true;
    frames.clear();
    told = new byte[0];
  }

  /** Queues the blocks that the reader has otherwise or not at all; returns their bytes. */
  private long tell(byte[] image) {
    long bytes = 0;
    int at = 0;
    while (at < image.length) {
      int to = at;
      while (to < image.length && to - at < Frame.MAX_DATA && differs(image, to)) {
        to = Math.min(to + BLOCK, image.length);
      }
      if (to == at) {
        at = Math.min(at + BLOCK, image.length);
      } else {
        byte[] frame = Frame.data(image, at, to);
        frames.add(frame);
        bytes += frame.length;
        at = to;
      }
    }
    told = image;
    return bytes;
  }

  private boolean differs(byte[] image, int block) {
    int to = Math.min(block + BLOCK, image.length);
    return to > told.length || !Arrays.equals(image, block, to, told, block, to);
  }

  /** While the device runs on, there may be news once all is read. */
  private void lookAgain() {
    if (frames.isEmpty() && migration.isPreCopying()) {
      changedLeft += tell(migration.hardware().save());
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  /** {@code ENOMSG} if there is nothing new, but the device runs on. */
  @Override
  public int read(Caller caller, MemorySegment buffer) {
    migration.stateLock.lock();
    try {
      checkNotEnded();
      lookAgain();
      if (frames.isEmpty() && !finished && buffer.byteSize() > 0) {
        throw Errno.ENOMSG.because("%s has not changed since", migration.name());
      }
      int done = 0;
      while (done < buffer.byteSize() && !frames.isEmpty()) {
        done += take(buffer, done);
      }
      long initial = Math.min(initialLeft, done);
      initialLeft -= initial;
      changedLeft -= done - initial;
      return done;
    } finally {
      migration.stateLock.unlock();
    }
  }

  private int take(MemorySegment buffer, int at) {
    byte[] first = frames.getFirst();
    int count = (int) Math.min(first.length - inFirst, buffer.byteSize() - at);
    MemorySegment.copy(MemorySegment.ofArray(first), inFirst, buffer, at, count);
    inFirst += count;
    if (inFirst == first.length) {
      frames.removeFirst();
      inFirst = 0;
    }
    return count;
  }

  private void checkNotEnded() {
    if (ended) {
      throw Errno.ENODEV.because("%s has left the migration of this stream", migration.name());
    }
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
    migration.stateLock.lock();
    try {
      if (!migration.isPreCopying()) {
        throw Errno.EINVAL.because(
            "%s is %s, this is asked before the copy", migration.name(), migration.stateNow());
      }
      checkNotEnded();
      precopyInfo(argument);
    } finally {
      migration.stateLock.unlock();
    }
    return 0;
  }

  private void precopyInfo(MemorySegment argument) {
    lookAgain();
    VfioPrecopyInfo asked = VfioPrecopyInfo.decode(argument);
    // the flags came back as they were given before the client asked for the second version
    int flags = migration.hasPrecopyInfoV2() ? 0 : asked.flags();
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioPrecopyInfo.SIZE]);
    new VfioPrecopyInfo(asked.argsz(), flags, initialLeft, changedLeft).encode(answer);
    Args.copyOut(argument, answer);
  }

  @Override
  public int poll() {
    migration.stateLock.lock();
    try {
      if (ended) {
        return POLL_IN | POLL_HUP;
      }
      return finished || !frames.isEmpty() ? POLL_IN : 0;
    } finally {
      migration.stateLock.unlock();
    }
  }
}
