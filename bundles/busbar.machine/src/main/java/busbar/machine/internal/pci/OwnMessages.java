package busbar.machine.internal.pci;

import busbar.machine.internal.iommu.DeviceDma;
import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Messages that a function writes by DMA of its own, as any function can. */
record OwnMessages(FunctionHardware function) implements DeviceDma.Messages {
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public long base() {
    return function.board().messages().base();
  }

  @Override
  public long size() {
    return function.board().messages().size();
  }

  @Override
  public boolean deliver(long address, int data) {
    return function.board().messages().deliver(function.sender(), address, data);
  }

  /** Sends a message: a write like any other one of the device. */
  static void write(DmaPort dma, long address, int data) {
    MemorySegment buffer = MemorySegment.ofArray(new byte[4]);
    buffer.set(LE32, 0, data);
    dma.write(address, buffer, 0, 4);
  }
}
