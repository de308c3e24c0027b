package busbar.machine.internal.iommu;

import busbar.api.memory.PhysicalMemory;
import busbar.api.time.Timing;
import java.util.function.BooleanSupplier;

/**
 * Where a device's DMA starts and what it can reach.
 *
 * @param device its name on its bus
 * @param messages takes writes to the interrupt controller
 * @param busMaster whether the device may send requests now
 * @param scope told of DMA that leaves memory
 */
public record DmaPath(
    String device,
    PhysicalMemory memory,
    DeviceDma.Messages messages,
    BooleanSupplier busMaster,
    Timing timing,
    CallScope scope) {
  /** The way of a device that nothing isolates. */
  public DeviceDma toPhysicalMemory() {
    return new DeviceDma(device, null, memory, messages, busMaster, timing, scope);
  }
}
