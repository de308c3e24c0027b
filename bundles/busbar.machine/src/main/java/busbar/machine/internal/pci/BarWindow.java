package busbar.machine.internal.pci;

import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciResource;
import busbar.machine.internal.model.ModelSlot;
import java.lang.foreign.MemorySegment;

/** A BAR at its assigned address: table and pending bits of MSI-X, else the model's registers. */
final class BarWindow implements MmioWindow {
  private static final int WIDEST_PORT = 4;

  private final FunctionHardware function;
  private final PciResource resource;
  private final int region;
  private final MessageHardware messages;
  private final boolean hasTable;

  BarWindow(FunctionHardware function, PciResource resource, MessageHardware messages) {
    this.function = function;
    this.resource = resource;
    this.region = resource.index();
    this.messages = messages;
    this.hasTable = messages.table() != null && messages.table().inBar(region);
  }

  @Override
  public long physical() {
    return resource.start();
  }

  @Override
  public long size() {
    return resource.size();
  }

  boolean isMemory() {
    return resource.isMemory();
  }

  @Override
  public long load(long offset, int width) {
    if (!function.decodes(resource)) {
      return ones(width);
    }
    if (hasTable && messages.table().inTable(region, offset)) {
      return messages.table().readTable(offset, width);
    }
    if (hasTable && messages.table().inPending(region, offset)) {
      return messages.table().readPending(offset, width);
    }
    if (function.migration().isStopped()) {
      return ones(width);
    }
    ModelSlot slot = function.slot();
    if (width > WIDEST_PORT && resource.isIo()) {
      return slot.read(region, offset, 4) & 0xffff_ffffL | slot.read(region, offset + 4, 4) << 32;
    }
    return slot.read(region, offset, width);
  }

  @Override
  public void store(long offset, int width, long value) {
    if (!function.decodes(resource)) {
      return;
    }
    if (hasTable && messages.table().inTable(region, offset)) {
      messages.sendPendingMsix(messages.table().writeTable(offset, width, value));
      return;
    }
    if (hasTable && messages.table().inPending(region, offset)
        || function.migration().isStopped()) {
      return;
    }
    ModelSlot slot = function.slot();
    if (width > WIDEST_PORT && resource.isIo()) {
      slot.write(region, offset, 4, value & 0xffff_ffffL);
      slot.write(region, offset + 4, 4, value >>> 32);
    } else {
      slot.write(region, offset, width, value);
    }
  }

  @Override
  public MemorySegment memory() {
    return hasTable ? null : function.slot().memory(region);
  }

  static long ones(int width) {
    return width == 8 ? -1 : (1L << 8 * width) - 1;
  }
}
