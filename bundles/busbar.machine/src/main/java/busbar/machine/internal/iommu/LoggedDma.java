package busbar.machine.internal.iommu;

import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;

/** A device's way to memory, with a log of what it writes while somebody wants one. */
public final class LoggedDma implements DmaPort {
  private final DmaPort port;
  private volatile WriteLog log;

  public LoggedDma(DmaPort port) {
    this.port = port;
  }

  /** The log from now on, {@code null} for none. */
  public void setLog(WriteLog log) {
    this.log = log;
  }

  /** {@code null} if nothing is logged. */
  public WriteLog log() {
    return log;
  }

  @Override
  public boolean read(long iova, MemorySegment target, long targetOffset, long length) {
    return port.read(iova, target, targetOffset, length);
  }

  @Override
  public boolean write(long iova, MemorySegment source, long sourceOffset, long length) {
    boolean all = port.write(iova, source, sourceOffset, length);
    // After the bytes: who is told of a page finds in it what was logged, or is told again.
    WriteLog now = log;
    if (now != null) {
      now.written(iova, length);
    }
    return all;
  }
}
