package busbar.pci.migratable;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a function's state is written to. Each frame is checked when it is complete; one that is not
 * right spoils the stream, and the device takes nothing of it.
 *
 * <p>Everything happens under the migration's state lock. Memory grows with what was written.
 */
final class ResumingStream implements FileOps {
  private static final int MAX_IMAGE = 1 << 30;
  private static final int POLL_OUT = 4;
  private static final int POLL_HUP = 16;

  private final FunctionMigration migration;
  private final byte[] kind;
  private final byte[] frame = new byte[Frame.size(Frame.MAX_PAYLOAD)];
  private int inFrame;
  private byte[] image = {};
  private int size;
  private boolean begun;
  private boolean complete;
  private VfioException spoilt;
  private boolean ended;

  ResumingStream(FunctionMigration migration, String kind) {
    this.migration = migration;
    this.kind = kind.getBytes(StandardCharsets.UTF_8);
  }

  /** The device has taken the state, or never will. */
  void end() {
    ended = true;
    image = new byte[0];
  }

  /** Nothing was written yet. */
  void startAnew() {
    inFrame = 0;
    image = new byte[0];
    size = 0;
    begun = false;
    complete = false;
    spoilt = null;
  }

  /**
   * What was written.
   *
   * @throws VfioException {@code EINVAL} if that is not all, or not right
   */
  byte[] image() {
    if (spoilt != null) {
      throw Errno.EINVAL.because("the state of %s is spoilt: %s", migration.name(), why());
    }
    if (!complete) {
      throw Errno.EINVAL.because(
          "the state of %s is not complete, %d bytes of it have come", migration.name(), size);
    }
    return Arrays.copyOf(image, size);
  }

  private String why() {
    return spoilt.because();
  }

  @Override
  public String name() {
    return SavingStream.NAME;
  }

  @Override
  public int read(Caller caller, MemorySegment buffer) {
    throw Errno.EBADF.because("%s was opened for writing the state", name());
  }

  /** Takes bytes in pieces of any size, all of them or none. */
  @Override
  public int write(Caller caller, MemorySegment buffer) {
    migration.stateLock.lock();
    try {
      if (ended) {
        throw Errno.ENODEV.because("%s does not resume any more", migration.name());
      }
      if (spoilt != null) {
        throw Errno.EINVAL.because("the stream is spoilt: %s", why());
      }
      for (long at = 0; at < buffer.byteSize(); ) {
        at += take(buffer, at);
      }
      return (int) buffer.byteSize();
    } catch (VfioException e) {
      if (!ended && spoilt == null) {
        spoilt = e;
      }
      throw e;
    } finally {
      migration.stateLock.unlock();
    }
  }

  /** Takes bytes up to the end of the frame's prefix or of the frame; returns how many. */
  private int take(MemorySegment buffer, long at) {
    if (complete) {
      throw Errno.EINVAL.because("bytes follow the end of the state");
    }
    int wanted = inFrame < Frame.PREFIX ? Frame.PREFIX : Frame.size(payload());
    int count = (int) Math.min(wanted - inFrame, buffer.byteSize() - at);
    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at, frame, inFrame, count);
    inFrame += count;
    if (inFrame >= Frame.PREFIX) {
      int whole = Frame.size(checkedPayload());
      if (inFrame == whole) {
        frame(ByteBuffer.wrap(frame, 0, whole));
        inFrame = 0;
      }
    }
    return count;
  }

  private int payload() {
    return ByteBuffer.wrap(frame).getInt(1);
  }

  private int checkedPayload() {
    int payload = payload();
    if (payload < 0 || payload > Frame.MAX_PAYLOAD) {
      throw Errno.EINVAL.because(
          "a frame of %s bytes, the longest has %d",
          Integer.toUnsignedString(payload), Frame.MAX_PAYLOAD);
    }
    return payload;
  }

  private void frame(ByteBuffer whole) {
    int checked = whole.limit() - Frame.CHECKSUM;
    if (whole.getInt(checked) != Frame.checksum(frame, checked)) {
      throw Errno.EINVAL.because("the checksum of a frame is wrong after %d bytes", size);
    }
    byte type = whole.get();
    ByteBuffer payload = whole.slice(Frame.PREFIX, checked - Frame.PREFIX);
    if (!begun) {
      header(type, payload);
      begun = true;
      return;
    }
    switch (type) {
      case Frame.DATA -> data(payload);
      case Frame.END -> end(payload);
      default -> throw Errno.EINVAL.because("a frame of type 0x%02x has no place here", type);
    }
  }

  private void header(byte type, ByteBuffer payload) {
    if (type != Frame.HEADER || payload.remaining() < 10 || payload.getLong() != Frame.MAGIC) {
      throw Errno.EINVAL.because("this is no state of a PCI function");
    }
    short form = payload.getShort();
    if (form != Frame.FORM) {
      throw Errno.EINVAL.because("form %d of the stream, %d is known here", form, Frame.FORM);
    }
    byte[] of = new byte[payload.remaining()];
    payload.get(of);
    if (!Arrays.equals(of, kind)) {
      throw Errno.EINVAL.because(
          "the state is of a '%s', %s is a '%s'",
          new String(of, StandardCharsets.UTF_8),
          migration.name(),
          new String(kind, StandardCharsets.UTF_8));
    }
  }

  private void data(ByteBuffer payload) {
    int count = payload.remaining() - Long.BYTES;
    long offset = count > 0 ? payload.getLong() : -1;
    if (offset < 0 || offset > size || offset + count > MAX_IMAGE) {
      throw Errno.EINVAL.because("%d bytes at %d do not join the %d before", count, offset, size);
    }
    int to = (int) offset + count;
    if (to > image.length) {
      image = Arrays.copyOf(image, Math.max(to, (int) Math.min(MAX_IMAGE, image.length * 2L)));
    }
    payload.get(image, (int) offset, count);
    size = Math.max(size, to);
  }

  private void end(ByteBuffer payload) {
    if (payload.remaining() != Frame.END_PAYLOAD) {
      throw Errno.EINVAL.because("the end of the state has %d bytes", payload.remaining());
    }
    long total = payload.getLong();
    if (total < 0 || total > size) {
      throw Errno.EINVAL.because("the state has %d bytes, %d have come", total, size);
    }
    if (payload.getInt() != Frame.checksum(image, (int) total)) {
      throw Errno.EINVAL.because("the checksum of the state is wrong");
    }
    size = (int) total;
    complete = true;
  }

  @Override
  public int poll() {
    return ended ? POLL_OUT | POLL_HUP : POLL_OUT;
  }
}
