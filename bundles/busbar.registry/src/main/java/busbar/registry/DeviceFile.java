package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.device.MappedRegion;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MmioWindow;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A device, opened through its group. Its gate stands before every call of the driver. */
final class DeviceFile extends OpenFile {
  private final DeviceObject device;
  private final List<MappingImpl> mappings = new CopyOnWriteArrayList<>();

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
      throw Faults.of(t, now.who(), "reading " + device.name());
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
      throw Faults.of(t, now.who(), "writing " + device.name());
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
          t, now.who(), "in ioctl 0x" + Integer.toHexString(command) + " of " + device.name());
    }
    if (result < 0) {
      throw Faults.lie(now.who(), "asked for ioctl 0x" + Integer.toHexString(command), result);
    }
    return result;
  }

  @Override
  MappingImpl map(ClientImpl client, MmapRequest request) {
    Binding<?> now = device.binding();
    MappedRegion region;
    try {
      region = now.mmap(client.caller(), request);
    } catch (Throwable t) {
      throw Faults.of(t, now.who(), "mapping " + device.name());
    }
    if (region == null) {
      throw Faults.lie(now.who(), "asked to map " + device.name(), null);
    }
    if (!acquire()) {
      throw Errno.EBADF.because("%s is closed", device);
    }
    MappingImpl mapping;
    try {
      mapping = new MappingImpl(client, this, region, request);
    } catch (RuntimeException | Error e) {
      release();
      throw e;
    }
    mappings.add(mapping);
    client.adopt(mapping);
    return mapping;
  }

  void addMapping(MappingImpl mapping) {
    mappings.add(mapping);
  }

  void removeMapping(MappingImpl mapping) {
    mappings.remove(mapping);
  }

  /** Finds the window for a first access, on behalf of a mapping. */
  MmioWindow fault(MappedRegion region, long offset) {
    int at;
    try {
      at = gate.enter();
    } catch (VfioException e) {
      throw MemoryFaultException.busError("%s", e.because());
    }
    try {
      MmioWindow window = region.fault(offset);
      if (window == null) {
        throw MemoryFaultException.busError("%s gives no window", device.binding().who());
      }
      return window;
    } catch (MemoryFaultException e) {
      throw e;
    } catch (Throwable t) {
      throw MemoryFaultException.busError(
          "%s", Faults.of(t, device.binding().who(), "mapping " + device.name()).because());
    } finally {
      gate.exit(at);
    }
  }

  /** Revokes every mapping. */
  void zap() {
    mappings.forEach(MappingImpl::revoke);
  }

  /** The driver goes: from now on every call is {@code ENODEV}. */
  void kill(String because, Runnable drained) {
    gate.end(() -> Errno.ENODEV.because(because), drained);
  }

  @Override
  void dispose() {
    device.close(this);
  }
}
