package busbar.registry;

import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.device.MappedRegion;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;

/** A device, opened through its group. Its gate stands before every call of the driver. */
final class DeviceFile extends MappableFile {
  private final DeviceObject device;

  DeviceFile(DeviceObject device) {
    super(OpenMode.READ_WRITE);
    this.device = device;
  }

  DeviceObject device() {
    return device;
  }

  @Override
  String description() {
    return device.toString();
  }

  @Override
  int readAt(ClientCaller caller, MemorySegment buffer, long offset) {
    Binding<?> now = device.binding();
    int done;
    try {
      done = now.read(caller, buffer, offset);
    } catch (Throwable t) {
      throw Faults.of(t, buffer, now.who(), "reading " + device.name());
    }
    if (done < 0 || done > buffer.byteSize()) {
      throw Faults.lie(now.who(), "reading " + buffer.byteSize() + " bytes", done);
    }
    return done;
  }

  @Override
  int writeAt(ClientCaller caller, MemorySegment buffer, long offset) {
    Binding<?> now = device.binding();
    int done;
    try {
      done = now.write(caller, buffer, offset);
    } catch (Throwable t) {
      throw Faults.of(t, buffer, now.who(), "writing " + device.name());
    }
    if (done < 0 || done > buffer.byteSize()) {
      throw Faults.lie(now.who(), "writing " + buffer.byteSize() + " bytes", done);
    }
    return done;
  }

  @Override
  long command(ClientCaller caller, int command, MemorySegment argument) {
    Binding<?> now = device.binding();
    if (command == VfioHeader.VFIO_DEVICE_BIND_IOMMUFD) {
      throw Errno.EINVAL.because("%s was opened through its group", device);
    }
    long result;
    try {
      result =
          command == VfioHeader.VFIO_DEVICE_FEATURE
              ? DeviceFeatures.call(now, caller, argument)
              : now.ioctl(caller, command, argument);
    } catch (Throwable t) {
      throw Faults.of(
          t,
          argument,
          now.who(),
          "in ioctl 0x" + Integer.toHexString(command) + " of " + device.name());
    }
    if (result < 0) {
      throw Faults.lie(now.who(), "asked for ioctl 0x" + Integer.toHexString(command), result);
    }
    if (command == VfioHeader.VFIO_DEVICE_RESET) {
      resetDone(now);
    }
    return result;
  }

  /** A reset brings a device back from whatever migration had made of it. */
  private <D> void resetDone(Binding<D> now) {
    now.migration()
        .ifPresent(
            ops ->
                Faults.swallow(
                    now.who(),
                    "told of the reset of " + device.name(),
                    () -> ops.resetDone(now.data())));
  }

  @Override
  String culprit() {
    return device.binding().who();
  }

  @Override
  MappedRegion region(ClientCaller caller, MmapRequest request) {
    Binding<?> now = device.binding();
    try {
      return now.mmap(caller, request);
    } catch (Throwable t) {
      throw Faults.of(t, now.who(), "mapping " + device.name());
    }
  }

  /** The driver goes: from now on every call is {@code ENODEV}. */
  void kill(String because, Runnable drained) {
    gate.end(() -> Errno.ENODEV.because(because), drained);
  }

  @Override
  void ended() {
    device.fileEnded();
  }

  @Override
  void dispose() {
    device.close(this);
  }
}
