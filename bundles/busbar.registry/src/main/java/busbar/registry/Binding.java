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
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
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
    Optional<MatchOps<D>> ops = as(MatchOps.class);
    return ops.isPresent() ? ops.get().matches(data, caller, text) : name.equals(text);
  }

  Optional<DeviceFeatureOps<D>> features() {
    return as(DeviceFeatureOps.class);
  }

  Optional<MigrationOps<D>> migration() {
    return as(MigrationOps.class);
  }

  Optional<DmaLoggingOps<D>> logging() {
    return as(DmaLoggingOps.class);
  }

  boolean takesUnmaps() {
    return driver.capability(DmaUnmapOps.class).isPresent();
  }

  void dmaUnmap(long iova, long length) {
    Optional<DmaUnmapOps<D>> ops = as(DmaUnmapOps.class);
    ops.ifPresent(listener -> listener.dmaUnmap(data, iova, length));
  }

  Optional<SriovOps<D>> sriov() {
    return as(SriovOps.class);
  }

  /** Whether its state can be carried. */
  boolean handsOver() {
    return handover().isPresent();
  }

  private Optional<HandoverOps<D>> handover() {
    return as(HandoverOps.class);
  }

  private HandoverOps<D> handing() {
    return handover().orElseThrow();
  }

  StateRecord save() {
    StateRecord state = handing().save(data);
    if (state == null) {
      throw Faults.lie(who(), "asked for its state", null);
    }
    return state;
  }

  void restore(StateRecord state) {
    handing().restore(data, state);
  }

  void resume() {
    handing().resume(data);
  }

  void forget() {
    handover().ifPresent(ops -> ops.forget(data));
  }

  private <T> Optional<T> as(Class<?> type) {
    return (Optional<T>) driver.capability(type);
  }
}
