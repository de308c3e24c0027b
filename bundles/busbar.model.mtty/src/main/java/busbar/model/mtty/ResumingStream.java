package busbar.model.mtty;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What a card's state is written to. Its own monitor guards it. */
final class ResumingStream implements FileOps {
  private final int ports;
  private final byte[] data;
  private int filled;
  private boolean ended;

  ResumingStream(int ports) {
    this.ports = ports;
    this.data = new byte[MttyImage.size(ports)];
  }

  /** The card has taken the state, or never will. */
  synchronized void end() {
    ended = true;
    filled = 0;
  }

  /** The ports that were written; {@code EINVAL} if the state is not complete. */
  synchronized List<byte[]> complete() {
    if (filled < data.length) {
      throw Errno.EINVAL.because("%d of the %d bytes of the state have come", filled, data.length);
    }
    return MttyImage.ports(data, ports);
  }

  @Override
  public String name() {
    return "anon_inode:mtty_mig";
  }

  @Override
  public int read(Caller caller, MemorySegment buffer) {
    throw Errno.EBADF.because("%s was opened for writing the state", name());
  }

  /**
   * Takes bytes in pieces of any size. The piece that completes the header fails if the header does
   * not fit the card; as in the sample it is taken all the same.
   */
  @Override
  public synchronized int write(Caller caller, MemorySegment buffer) {
    long size = buffer.byteSize();
    if (size > data.length - filled) {
      throw Errno.ENOMEM.because(
          "%d bytes more than the %d that the state of the card has",
          size - (data.length - filled), data.length);
    }
    if (ended) {
      throw Errno.ENODEV.because("the card does not resume any more");
    }
    MemorySegment.copy(buffer, 0, MemorySegment.ofArray(data), filled, size);
    boolean completesHeader =
        filled < MttyImage.HEADER_SIZE && filled + size >= MttyImage.HEADER_SIZE;
    filled += (int) size;
    if (completesHeader) {
      MttyImage.checkHeader(data, ports);
    }
    return (int) size;
  }
}
