package busbar.pci.migratable;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.bus.BusDevice;
import busbar.api.client.MmapRequest;
import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.DmaLoggingOps;
import busbar.api.device.MappedRegion;
import busbar.api.device.MatchOps;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.api.device.SriovOps;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.pci.PciDevice;
import busbar.api.pci.VfioPciCore;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code migratable-vfio-pci}: all that {@code vfio-pci} does, done by its core, and migration for
 * functions whose hardware can be brought to rest and read out. It takes what it is told to take by
 * {@code driver_override}, as the kernel's variant drivers do.
 */
@Component(service = VfioBusDriver.class, property = VfioBusDriver.BUS + "=pci")
public final class MigratableDriver
    implements VfioBusDriver<MigratableFunction>,
        MatchOps<MigratableFunction>,
        DeviceFeatureOps<MigratableFunction>,
        SriovOps<MigratableFunction>,
        HandoverOps<MigratableFunction>,
        MigrationOps<MigratableFunction>,
        DmaLoggingOps<MigratableFunction> {
  private static final String NAME = "migratable-vfio-pci";

  /** The core makes its data and takes no other: the type of it is nobody else's business. */
  private final VfioPciCore<Object> core;

  @Activate
  @SuppressWarnings("unchecked")
  public MigratableDriver(@Reference VfioPciCore<?> core) {
    this.core = (VfioPciCore<Object>) core;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public int bid(BusDevice device) {
    return 0;
  }

  /** {@code EINVAL} if the hardware cannot migrate: {@code vfio-pci} is for such a function. */
  @Override
  public MigratableFunction probe(BusDevice device, VfioDevice vfio) {
    if (!(device instanceof PciDevice function) || function.migration().isEmpty()) {
      throw Errno.EINVAL.because(
          "the hardware of %s has no migration, vfio-pci takes it without", device.name());
    }
    return new MigratableFunction(
        core.probe(device, vfio), new FunctionMigration(function.name(), function::migration));
  }

  @Override
  public void remove(MigratableFunction function) {
    core.remove(function.core());
  }

  @Override
  public boolean matches(MigratableFunction function, Caller caller, String text) {
    return core.matches(function.core(), caller, text);
  }

  @Override
  public void open(MigratableFunction function, Caller caller) {
    core.open(function.core(), caller);
    function.migration().opened();
  }

  @Override
  public void release(MigratableFunction function) {
    // a device that was stopped stays so until the core has cut it off
    core.release(function.core());
    function.migration().closed();
  }

  @Override
  public int read(MigratableFunction function, Caller caller, MemorySegment buffer, long offset) {
    return core.read(function.core(), caller, buffer, offset);
  }

  @Override
  public int write(MigratableFunction function, Caller caller, MemorySegment buffer, long offset) {
    return core.write(function.core(), caller, buffer, offset);
  }

  @Override
  public MappedRegion mmap(MigratableFunction function, Caller caller, MmapRequest request) {
    return core.mmap(function.core(), caller, request);
  }

  @Override
  public long ioctl(
      MigratableFunction function, Caller caller, int command, MemorySegment argument) {
    return core.ioctl(function.core(), caller, command, argument);
  }

  @Override
  public long deviceFeature(
      MigratableFunction function, Caller caller, int flags, MemorySegment data, long payloadSize) {
    return core.deviceFeature(function.core(), caller, flags, data, payloadSize);
  }

  @Override
  public void request(MigratableFunction function, int count) {
    core.request(function.core(), count);
  }

  @Override
  public int configureVirtualFunctions(MigratableFunction function, int count) {
    return core.configureVirtualFunctions(function.core(), count);
  }

  // Migration.

  @Override
  public long migrationFlags(MigratableFunction function) {
    return function.migration().flags();
  }

  @Override
  public Optional<FileOps> setState(
      MigratableFunction function, Caller caller, MigrationState target) {
    return function.migration().setState(target);
  }

  @Override
  public MigrationState state(MigratableFunction function) {
    return function.migration().state();
  }

  @Override
  public long dataSize(MigratableFunction function) {
    return function.migration().dataSize();
  }

  @Override
  public void enablePrecopyInfoV2(MigratableFunction function) {
    function.migration().enablePrecopyInfoV2();
  }

  @Override
  public void resetDone(MigratableFunction function) {
    function.migration().wasReset();
  }

  @Override
  public long loggingStart(MigratableFunction function, List<Range> ranges, long pageSize) {
    return function.migration().hardware().startLogging(ranges, pageSize);
  }

  @Override
  public void loggingStop(MigratableFunction function) {
    function.migration().hardware().stopLogging();
  }

  @Override
  public void readAndClear(MigratableFunction function, long iova, long length, DirtySink sink) {
    function.migration().hardware().reportWritten(iova, length, sink);
  }

  // Swap: the state is the core's, so that vfio-pci and this driver can stand in for each other.

  @Override
  public String stateKind() {
    return core.stateKind();
  }

  @Override
  public int stateVersion() {
    return core.stateVersion();
  }

  /** {@code EBUSY} in the middle of a migration: {@code vfio-pci} could not go on with it. */
  @Override
  public StateRecord save(MigratableFunction function) {
    function.migration().checkIdle();
    return core.save(function.core());
  }

  @Override
  public void restore(MigratableFunction fresh, StateRecord state) {
    core.restore(fresh.core(), state);
    fresh.migration().takenOver();
  }

  @Override
  public void resume(MigratableFunction function) {
    core.resume(function.core());
    function.migration().takenOver();
  }

  @Override
  public void forget(MigratableFunction function) {
    core.forget(function.core());
  }
}
