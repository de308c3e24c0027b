package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_GET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_MIGRATION;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_MIG_DATA_SIZE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_SET;
import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.api.device.MigrationState;
import busbar.api.device.MigrationStates;
import busbar.uapi.VfioDeviceFeatureMigDataSize;
import busbar.uapi.VfioDeviceFeatureMigState;
import busbar.uapi.VfioDeviceFeatureMigration;
import busbar.uapi.VfioPrecopyInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The migration of an open device. It remembers the data stream that the device gave last; one
 * object for a device is enough, and one thread at a time.
 *
 * <p>Calls that the driver refuses are its {@link VfioException}; {@link #state} then says where
 * the device is. Out of {@code ERROR} leads {@link Device#reset()} alone.
 */
public final class Migration implements AutoCloseable {
  private static final int PIECE = 1 << 16;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Device device;
  private final VfioClient client;
  private final long flags;
  private Handle stream;

  /** {@code ENOTTY} if the device has no migration. */
  Migration(Device device, VfioClient client) {
    this.device = device;
    this.client = client;
    MemorySegment answer =
        device.feature(
            VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION,
            new byte[(int) VfioDeviceFeatureMigration.SIZE]);
    flags = answer.get(U64, 0);
  }

  /** {@code VFIO_MIGRATION_*} bits. */
  public long flags() {
    return flags;
  }

  /** Whether the device has the state. */
  public boolean supports(MigrationState state) {
    return MigrationStates.supports(flags, state);
  }

  public MigrationState state() {
    MemorySegment answer =
        device.feature(
            VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
            new byte[(int) VfioDeviceFeatureMigState.SIZE]);
    return MigrationState.values()[answer.get(U32, VfioDeviceFeatureMigState.OFFSET_DEVICE_STATE)];
  }

  /** Goes to a state; a stream that it opens is the one for reading or writing from now on. */
  public void set(MigrationState target) {
    byte[] wanted = new byte[(int) VfioDeviceFeatureMigState.SIZE];
    MemorySegment.ofArray(wanted)
        .set(U32, VfioDeviceFeatureMigState.OFFSET_DEVICE_STATE, target.ordinal());
    MemorySegment answer =
        device.feature(VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, wanted);
    int fd = answer.get(U32, VfioDeviceFeatureMigState.OFFSET_DATA_FD);
    if (fd >= 0) {
      close();
      stream = new Handle(client, fd);
    }
  }

  /** An estimate of what {@code STOP_COPY} would give now, in bytes. */
  public long dataSize() {
    return device
        .feature(
            VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE,
            new byte[(int) VfioDeviceFeatureMigDataSize.SIZE])
        .get(U64, 0);
  }

  /**
   * What a pre-copy still has.
   *
   * @param initialBytes of what the target should have before the device stops
   * @param dirtyBytes that changed since they were read
   */
  public record Left(long initialBytes, long dirtyBytes) {}

  /** {@code VFIO_MIG_GET_PRECOPY_INFO}; {@code EINVAL} outside the pre-copy states. */
  public Left left() {
    MemorySegment argument = Argument.of(VfioPrecopyInfo.SIZE);
    needStream().ioctl(VFIO_MIG_GET_PRECOPY_INFO, argument);
    VfioPrecopyInfo info = VfioPrecopyInfo.decode(argument);
    return new Left(info.initialBytes(), info.dirtyBytes());
  }

  /**
   * Copies what is there now while the device runs, and enters {@code PRE_COPY} first if it has to.
   * To be called again as long as it pays; {@link #save} then copies the rest.
   *
   * @return how many bytes were copied, 0 if nothing has changed
   */
  public long preCopy(OutputStream out) throws IOException {
    MigrationState now = state();
    if (now != MigrationState.PRE_COPY && now != MigrationState.PRE_COPY_P2P) {
      set(MigrationState.PRE_COPY);
    }
    Left left = left();
    return copy(out, left.initialBytes() + left.dirtyBytes());
  }

  /** Stops the device and copies its state, or the rest of it; leaves it in {@code STOP}. */
  public void save(OutputStream out) throws IOException {
    set(MigrationState.STOP_COPY);
    copy(out, Long.MAX_VALUE);
    set(MigrationState.STOP);
    close();
  }

  private long copy(OutputStream out, long most) throws IOException {
    byte[] piece = new byte[PIECE];
    long done = 0;
    try {
      while (done < most) {
        int wanted = (int) Math.min(piece.length, most - done);
        int count = needStream().read(MemorySegment.ofArray(piece).asSlice(0, wanted));
        if (count == 0) {
          break;
        }
        out.write(piece, 0, count);
        done += count;
      }
    } catch (VfioException e) {
      if (e.errno() != Errno.ENOMSG) {
        throw e;
      }
    }
    return done;
  }

  /**
   * Stops the device and gives it a state; leaves it in {@code STOP}.
   *
   * @throws VfioException {@code EINVAL} if the state does not fit; the device then is in {@code
   *     RESUMING} with nothing of it taken, and a reset brings it back
   */
  public void restore(InputStream in) throws IOException {
    set(MigrationState.RESUMING);
    byte[] piece = new byte[PIECE];
    for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
      for (int done = 0; done < count; ) {
        done += needStream().write(MemorySegment.ofArray(piece).asSlice(done, count - done));
      }
    }
    set(MigrationState.STOP);
    close();
  }

  private VfioFile needStream() {
    if (stream == null) {
      throw Errno.EBADF.because("%s has given no migration stream", device.name());
    }
    return stream.file();
  }

  /** Closes the stream, if there is one; the device stays in its state. */
  @Override
  public void close() {
    if (stream != null) {
      stream.close();
      stream = null;
    }
  }
}
