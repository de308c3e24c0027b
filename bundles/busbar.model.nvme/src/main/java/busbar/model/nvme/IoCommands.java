package busbar.model.nvme;

import java.util.Arrays;

/** The NVM command set on the one namespace (NVMe base specification 1.4, section 6). */
final class IoCommands {
  static final int LONGEST_TRANSFER = 1 << 19;

  private static final int FLUSH = 0x00;
  private static final int WRITE = 0x01;
  private static final int READ = 0x02;
  private static final int COMPARE = 0x05;
  private static final int WRITE_ZEROES = 0x08;
  private static final int DATASET_MANAGEMENT = 0x09;

  private static final int EVERY_NAMESPACE = -1;
  private static final int RANGE = 16;
  private static final int DEALLOCATE = 4;

  private final Namespace namespace;

  IoCommands(Namespace namespace) {
    this.namespace = namespace;
  }

  Result execute(Command command, PrpList memory) {
    boolean every = command.opcode() == FLUSH && command.namespace() == EVERY_NAMESPACE;
    if (command.namespace() != 1 && !every) {
      return Result.failed(Result.INVALID_NAMESPACE);
    }
    return switch (command.opcode()) {
      case FLUSH -> Result.SUCCESS;
      case WRITE, READ, COMPARE, WRITE_ZEROES -> onBlocks(command, memory);
      case DATASET_MANAGEMENT -> manage(command, memory);
      default -> Result.failed(Result.INVALID_OPCODE);
    };
  }

  private Result onBlocks(Command command, PrpList memory) {
    long first = command.d10and11();
    long count = (command.d12() & 0xffff) + 1L;
    long length = count << Namespace.BLOCK_SHIFT;
    if (!namespace.contains(first, count)) {
      return Result.failed(Result.LBA_OUT_OF_RANGE);
    }
    long offset = first << Namespace.BLOCK_SHIFT;
    if (command.opcode() == WRITE_ZEROES) {
      namespace.zero(offset, length);
      return Result.SUCCESS;
    }
    if (length > LONGEST_TRANSFER) {
      return Result.failed(Result.INVALID_FIELD);
    }
    byte[] data = new byte[(int) length];
    if (command.opcode() == READ) {
      namespace.read(offset, data);
      return ended(memory.give(command, data));
    }
    int status = memory.take(command, data);
    if (status == 0 && command.opcode() == WRITE) {
      namespace.write(offset, data);
    } else if (status == 0) {
      byte[] stored = new byte[data.length];
      namespace.read(offset, stored);
      status = Arrays.equals(stored, data) ? 0 : Result.COMPARE_FAILURE;
    }
    return ended(status);
  }

  private Result manage(Command command, PrpList memory) {
    if ((command.d11() & DEALLOCATE) == 0) {
      return Result.SUCCESS;
    }
    int count = (command.d10() & 0xff) + 1;
    byte[] ranges = new byte[count * RANGE];
    int status = memory.take(command, ranges);
    for (int i = 0; status == 0 && i < count; i++) {
      long blocks = Le.get(ranges, i * RANGE + 4, 4);
      long first = Le.get(ranges, i * RANGE + 8, 8);
      if (!namespace.contains(first, blocks)) {
        status = Result.LBA_OUT_OF_RANGE;
      } else {
        namespace.zero(first << Namespace.BLOCK_SHIFT, blocks << Namespace.BLOCK_SHIFT);
      }
    }
    return ended(status);
  }

  private static Result ended(int status) {
    return status == 0 ? Result.SUCCESS : Result.failed(status);
  }
}
