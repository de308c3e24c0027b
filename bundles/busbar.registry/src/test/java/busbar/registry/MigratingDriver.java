package busbar.registry;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.DmaLoggingOps;
import busbar.api.device.FeatureCheck;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.api.device.MigrationStates;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A driver whose devices migrate, log and have feature 3. */
final class MigratingDriver extends FakeDriver
    implements MigrationOps<FakeDriver.Data>,
        DmaLoggingOps<FakeDriver.Data>,
        DeviceFeatureOps<FakeDriver.Data> {
  final List<String> logged = new CopyOnWriteArrayList<>();
  volatile MigrationState state = MigrationState.RUNNING;
  volatile long flags = MigrationStates.FLAG_STOP_COPY;
  volatile boolean reinit;
  volatile int streamsReleased;

  MigratingDriver() {
    super("migrating", "fake", 100);
  }

  @Override
  public long migrationFlags(Data device) {
    return flags;
  }

  @Override
  public Optional<FileOps> setState(Data device, Caller caller, MigrationState target) {
    MigrationStates.next(flags, state, target);
    state = target;
    if (target != MigrationState.STOP_COPY) {
      return Optional.empty();
    }
    return Optional.of(
        new FileOps() {
          @Override
          public String name() {
            return "stream";
          }

          @Override
          public int read(Caller reader, MemorySegment buffer) {
            return 0;
          }

          @Override
          public void release() {
            streamsReleased++;
          }
        });
  }

  @Override
  public MigrationState state(Data device) {
    return state;
  }

  @Override
  public void resetDone(Data device) {
    state = MigrationState.RUNNING;
  }

  @Override
  public long dataSize(Data device) {
    return 60;
  }

  @Override
  public void enablePrecopyInfoV2(Data device) {
    reinit = true;
  }

  @Override
  public long loggingStart(Data device, List<Range> ranges, long pageSize) {
    logged.add("start " + ranges.size() + " " + pageSize);
    return 8192;
  }

  @Override
  public void loggingStop(Data device) {
    logged.add("stop");
  }

  @Override
  public void readAndClear(Data device, long iova, long length, DirtySink sink) {
    sink.dirty(iova + 4096, 4096);
    sink.dirty(iova + 9 * 4096, 2 * 4096);
  }

  @Override
  public long deviceFeature(
      Data device, Caller caller, int flagsWord, MemorySegment payload, long payloadSize) {
    if (FeatureCheck.index(flagsWord) != 3) {
      throw Errno.ENOTTY.because("no feature %d", FeatureCheck.index(flagsWord));
    }
    FeatureCheck.check(flagsWord, payloadSize, 1 << 17, 0);
    return 0;
  }
}
