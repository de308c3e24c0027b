package busbar.registry;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.FeatureCheck;
import busbar.api.device.FeatureCheck.Verdict;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.uapi.VfioDeviceFeature;
import busbar.uapi.VfioDeviceFeatureMigDataSize;
import busbar.uapi.VfioDeviceFeatureMigState;
import busbar.uapi.VfioDeviceFeatureMigration;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** {@code VFIO_DEVICE_FEATURE}: what the core answers itself, and what it hands on. */
final class DeviceFeatures {
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int GET = VfioHeader.VFIO_DEVICE_FEATURE_GET;
  private static final int SET = VfioHeader.VFIO_DEVICE_FEATURE_SET;
  private static final int PROBE = VfioHeader.VFIO_DEVICE_FEATURE_PROBE;
  private static final int KNOWN_FLAGS = VfioHeader.VFIO_DEVICE_FEATURE_MASK | GET | SET | PROBE;

  private DeviceFeatures() {}

  static <D> long call(Binding<D> binding, Caller caller, MemorySegment argument) {
    Args.sized(argument, VfioDeviceFeature.MIN_ARGSZ);
    int flags = argument.get(U32, VfioDeviceFeature.OFFSET_FLAGS);
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw Errno.EINVAL.because("unknown feature flags 0x%x", flags & ~KNOWN_FLAGS);
    }
    if ((flags & PROBE) == 0 && (flags & GET) != 0 && (flags & SET) != 0) {
      throw Errno.EINVAL.because("a feature is asked to GET and to SET at once");
    }
    long payload = Args.argsz(argument) - VfioDeviceFeature.MIN_ARGSZ;
    long readable = argument.byteSize() - VfioDeviceFeature.MIN_ARGSZ;
    MemorySegment data = argument.asSlice(VfioDeviceFeature.MIN_ARGSZ, Math.min(payload, readable));
    return switch (FeatureCheck.index(flags)) {
      case VfioHeader.VFIO_DEVICE_FEATURE_MIGRATION -> migration(binding, flags, data, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE ->
          state(binding, caller, flags, data, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_MIG_DATA_SIZE -> dataSize(binding, flags, data, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 ->
          precopyInfo(binding, flags, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_START ->
          DmaLogging.start(binding, caller, flags, data, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP ->
          DmaLogging.stop(binding, flags, payload);
      case VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT ->
          DmaLogging.report(binding, caller, flags, data, payload);
      default -> other(binding, caller, flags, data, payload);
    };
  }

  private static <D> long other(
      Binding<D> binding, Caller caller, int flags, MemorySegment data, long payload) {
    DeviceFeatureOps<D> ops =
        binding.features().orElseThrow(() -> unknown(binding, FeatureCheck.index(flags)));
    return ops.deviceFeature(binding.data(), caller, flags, data, payload);
  }

  static VfioException unknown(Binding<?> binding, int feature) {
    return Errno.ENOTTY.because("%s has no feature %d", binding.who(), feature);
  }

  private static <D> Optional<MigrationOps<D>> migrationOf(Binding<D> binding) {
    return binding.migration().filter(ops -> ops.migrationFlags(binding.data()) != 0);
  }

  private static <D> MigrationOps<D> needMigration(Binding<D> binding, int flags) {
    return migrationOf(binding).orElseThrow(() -> unknown(binding, FeatureCheck.index(flags)));
  }

  private static <D> long migration(
      Binding<D> binding, int flags, MemorySegment data, long payload) {
    MigrationOps<D> ops = needMigration(binding, flags);
    if (FeatureCheck.check(flags, payload, GET, VfioDeviceFeatureMigration.SIZE) == Verdict.GO_ON) {
      Args.struct(data, VfioDeviceFeatureMigration.SIZE)
          .set(U64, 0, ops.migrationFlags(binding.data()));
    }
    return 0;
  }

  private static <D> long dataSize(
      Binding<D> binding, int flags, MemorySegment data, long payload) {
    MigrationOps<D> ops = needMigration(binding, flags);
    if (FeatureCheck.check(flags, payload, GET, VfioDeviceFeatureMigDataSize.SIZE)
        == Verdict.GO_ON) {
      long size = ops.dataSize(binding.data());
      Args.struct(data, VfioDeviceFeatureMigDataSize.SIZE).set(U64, 0, size);
    }
    return 0;
  }

  private static <D> long precopyInfo(Binding<D> binding, int flags, long payload) {
    Optional<MigrationOps<D>> ops =
        migrationOf(binding)
            .filter(
                found ->
                    (found.migrationFlags(binding.data()) & VfioHeader.VFIO_MIGRATION_PRE_COPY)
                        != 0);
    if (ops.isEmpty()) {
      throw Errno.EINVAL.because("%s has no pre-copy", binding.who());
    }
    if (FeatureCheck.check(flags, payload, SET, 0) == Verdict.GO_ON) {
      ops.get().enablePrecopyInfoV2(binding.data());
    }
    return 0;
  }

  private static <D> long state(
      Binding<D> binding, Caller caller, int flags, MemorySegment data, long payload) {
    MigrationOps<D> ops = needMigration(binding, flags);
    if (FeatureCheck.check(flags, payload, SET | GET, VfioDeviceFeatureMigState.SIZE)
        == Verdict.PROBED) {
      return 0;
    }
    MemorySegment struct = Args.struct(data, VfioDeviceFeatureMigState.SIZE);
    if ((flags & GET) != 0) {
      answer(struct, ops.state(binding.data()).ordinal(), -1);
      return 0;
    }
    int wanted = struct.get(U32, VfioDeviceFeatureMigState.OFFSET_DEVICE_STATE);
    Optional<FileOps> stream;
    try {
      stream = ops.setState(binding.data(), caller, stateOf(wanted));
    } catch (VfioException e) {
      // the kernel writes the struct back also then, without a stream
      answer(struct, wanted, -1);
      throw e;
    }
    answer(struct, wanted, stream.isPresent() ? caller.install(stream.get()) : -1);
    return 0;
  }

  private static void answer(MemorySegment struct, int state, int dataFd) {
    Args.putU32(struct, VfioDeviceFeatureMigState.OFFSET_DEVICE_STATE, state);
    Args.putU32(struct, VfioDeviceFeatureMigState.OFFSET_DATA_FD, dataFd);
  }

  private static MigrationState stateOf(int number) {
    MigrationState[] all = MigrationState.values();
    if (number < 0 || number >= all.length) {
      throw Errno.EINVAL.because("there is no migration state %d", Integer.toUnsignedLong(number));
    }
    return all[number];
  }
}
