package busbar.registry;

import busbar.api.Caller;
import busbar.api.client.MmapRequest;
import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.DmaLoggingOps;
import busbar.api.device.DmaUnmapOps;
import busbar.api.device.MappedRegion;
import busbar.api.device.MatchOps;
import busbar.api.device.MigrationOps;
import busbar.api.device.SriovOps;
import busbar.api.device.VfioBusDriver;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A driver and its data of one device: what stands behind an open device and can be exchanged.
 *
 * <p>A driver implements its optional interfaces for the same {@code D} as its table, which the
 * casts below rely on.
 *
 * @param <D> the driver's data
 */
@SuppressWarnings("unchecked")
record Binding<D>(DriverEntry entry, VfioBusDriver<D> driver, D data) {
  String who() {
    return entry.toString();
  }

  void open(Caller caller) {
    driver.open(data, caller);
  }

  void release() {
    driver.release(data);
  }

  void remove() {
    driver.remove(data);
  }

  int read(Caller caller, MemorySegment buffer, long offset) {
    return driver.read(data, caller, buffer, offset);
  }

  int write(Caller caller, MemorySegment buffer, long offset) {
    return driver.write(data, caller, buffer, offset);
  }

  long ioctl(Caller caller, int command, MemorySegment argument) {
    return driver.ioctl(data, caller, command, argument);
  }

  MappedRegion mmap(Caller caller, MmapRequest request) {
    return driver.mmap(data, caller, request);
  }

  void request(int count) {
    driver.request(data, count);
  }

  /** Whether a text of {@code GROUP_GET_DEVICE_FD} means the device. */
  boolean matches(Caller caller, String name, String text) {
    return driver instanceof MatchOps<?> ops
        ? ((MatchOps<D>) ops).matches(data, caller, text)
        : name.equals(text);
  }

  Optional<DeviceFeatureOps<D>> features() {
    return driver instanceof DeviceFeatureOps<?> ops
        ? Optional.of((DeviceFeatureOps<D>) ops)
        : Optional.empty();
  }

  Optional<MigrationOps<D>> migration() {
    return driver instanceof MigrationOps<?> ops
        ? Optional.of((MigrationOps<D>) ops)
        : Optional.empty();
  }

  Optional<DmaLoggingOps<D>> logging() {
    return driver instanceof DmaLoggingOps<?> ops
        ? Optional.of((DmaLoggingOps<D>) ops)
        : Optional.empty();
  }

  boolean takesUnmaps() {
    return driver instanceof DmaUnmapOps<?>;
  }

  void dmaUnmap(long iova, long length) {
    if (driver instanceof DmaUnmapOps<?> ops) {
      ((DmaUnmapOps<D>) ops).dmaUnmap(data, iova, length);
    }
  }

  Optional<SriovOps<D>> sriov() {
    return driver instanceof SriovOps<?> ops ? Optional.of((SriovOps<D>) ops) : Optional.empty();
  }
}
