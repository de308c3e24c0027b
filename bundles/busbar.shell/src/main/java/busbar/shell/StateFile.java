package busbar.shell;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateCodec;
import busbar.api.state.StateRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A device's state in a file: {@code "BUSBAR\r\n"}, u32 form (1), u32 CRC-32C of the rest, and the
 * record as {@link StateCodec} writes it. Big-endian.
 */
final class StateFile {
  private static final long MAGIC = 0x4255534241520d0aL;
  private static final int FORM = 1;
  private static final int HEADER = 16;
  private static final long LONGEST = Integer.MAX_VALUE - 64;

  private StateFile() {}

  /**
   * Whether a file could be written there.
   *
   * @throws VfioException {@code EEXIST}, {@code ENOENT}
   */
  static void checkFree(Path file) {
    if (Files.exists(file)) {
      throw Errno.EEXIST.because("%s is there already", file);
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw Errno.ENOENT.because("there is no folder %s", folder);
    }
  }

  /** Writes a new file, or none; returns how many bytes. */
  static long write(Path file, StateRecord state) {
    byte[] payload = StateCodec.encode(state);
    ByteBuffer all = ByteBuffer.allocate(HEADER + payload.length);
    all.putLong(MAGIC).putInt(FORM).putInt(checksum(payload)).put(payload);
    try {
      Files.write(file, all.array(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return all.capacity();
    } catch (FileAlreadyExistsException e) {
      throw Errno.EEXIST.because("%s is there already", file);
    } catch (IOException e) {
      delete(file);
      throw new VfioException(Errno.EIO, file + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // the half of a file that is left has a wrong checksum
    }
  }

  /**
   * Reads one.
   *
   * @throws VfioException {@code ENOENT} if there is none, {@code EINVAL} if it is no such file or
   *     is damaged, {@code EFBIG}, {@code EIO}
   */
  static StateRecord read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > LONGEST) {
        throw Errno.EFBIG.because("%s is larger than any state", file);
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw Errno.ENOENT.because("there is no file %s", file);
    } catch (IOException e) {
      throw new VfioException(Errno.EIO, file + " cannot be read: " + e.getMessage(), e);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEADER || in.getLong() != MAGIC) {
      throw Errno.EINVAL.because("%s holds no state of a device", file);
    }
    int form = in.getInt();
    if (form != FORM) {
      throw Errno.EINVAL.because("%s has form %d, %d is known here", file, form, FORM);
    }
    int expected = in.getInt();
    byte[] payload = new byte[in.remaining()];
    in.get(payload);
    if (checksum(payload) != expected) {
      throw Errno.EINVAL.because("%s is damaged: its checksum is wrong", file);
    }
    return StateCodec.decode(payload);
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
