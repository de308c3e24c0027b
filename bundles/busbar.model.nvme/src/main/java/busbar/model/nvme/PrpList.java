package busbar.model.nvme;

import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Moves a command's data between the device and the pages that its PRP entries name (NVMe base
 * specification 1.4, section 4.3).
 */
final class PrpList {
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final DmaPort dma;
  private final int pageSize;

  PrpList(DmaPort dma, int pageSize) {
    this.dma = dma;
    this.pageSize = pageSize;
  }

  private enum Direction {
    TO_HOST,
    FROM_HOST
  }

  /** Gives data to the host; the status, 0 if all of it could be written. */
  int give(Command command, byte[] data) {
    return move(command, MemorySegment.ofArray(data), Direction.TO_HOST);
  }

  /** Takes data from the host; the status, 0 if all of it could be read. */
  int take(Command command, byte[] data) {
    return move(command, MemorySegment.ofArray(data), Direction.FROM_HOST);
  }

  private int move(Command command, MemorySegment data, Direction way) {
    if (command.dataPointer() != 0) {
      return Result.INVALID_FIELD;
    }
    long length = data.byteSize();
    long first = Math.min(length, pageSize - (command.prp1() & pageSize - 1));
    if ((command.prp1() & 3) != 0) {
      return Result.INVALID_PRP_OFFSET;
    }
    if (!transfer(command.prp1(), data, 0, first, way)) {
      return Result.DATA_TRANSFER_ERROR;
    }
    if (first == length) {
      return 0;
    }
    if (length - first <= pageSize) {
      if ((command.prp2() & pageSize - 1) != 0) {
        return Result.INVALID_PRP_OFFSET;
      }
      return transfer(command.prp2(), data, first, length - first, way)
          ? 0
          : Result.DATA_TRANSFER_ERROR;
    }
    return moveList(command.prp2(), data, first, way);
  }

  /** The last entry of a list's page leads to the next page of the list, if more is to come. */
  private int moveList(long list, MemorySegment data, long from, Direction way) {
    if ((list & 7) != 0) {
      return Result.INVALID_PRP_OFFSET;
    }
    long at = list;
    long done = from;
    MemorySegment entry = MemorySegment.ofArray(new byte[8]);
    while (done < data.byteSize()) {
      if (!dma.read(at, entry, 0, 8)) {
        return Result.DATA_TRANSFER_ERROR;
      }
      long address = entry.get(U64, 0);
      if ((address & pageSize - 1) != 0) {
        return Result.INVALID_PRP_OFFSET;
      }
      boolean lastOfPage = (at & pageSize - 1) == pageSize - 8;
      if (lastOfPage && data.byteSize() - done > pageSize) {
        at = address;
        continue;
      }
      long step = Math.min(pageSize, data.byteSize() - done);
      if (!transfer(address, data, done, step, way)) {
        return Result.DATA_TRANSFER_ERROR;
      }
      done += step;
      at += 8;
    }
    return 0;
  }

  private boolean transfer(long address, MemorySegment data, long at, long length, Direction way) {
    return way == Direction.TO_HOST
        ? dma.write(address, data, at, length)
        : dma.read(address, data, at, length);
  }
}
