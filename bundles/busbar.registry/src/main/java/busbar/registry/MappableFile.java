package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.device.MappedRegion;
import busbar.api.memory.MemoryFaultException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A file with a driver behind it that says where a mapping leads. */
abstract class MappableFile extends OpenFile {
  private final List<MappingImpl> mappings = new CopyOnWriteArrayList<>();

  MappableFile(OpenMode mode) {
    super(mode);
  }

  /** Who is to blame for what a mapping does. */
  abstract String culprit();

  /**
   * Asks the driver.
   *
   * @throws VfioException as it says
   */
  abstract MappedRegion region(ClientCaller caller, MmapRequest request);

  @Override
  final MappingImpl map(ClientImpl client, MmapRequest request) {
    MappedRegion region = region(client.caller(), request);
    if (region == null) {
      throw Faults.lie(culprit(), "asked to map " + description(), null);
    }
    if (!acquire()) {
      throw Errno.EBADF.because("%s is closed", description());
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

  /** Runs an action inside the gate, or at once if that has ended. */
  final void inside(Runnable action) {
    int at;
    try {
      at = gate.enter();
    } catch (VfioException e) {
      action.run();
      return;
    }
    try {
      action.run();
    } finally {
      gate.exit(at);
    }
  }

  final void addMapping(MappingImpl mapping) {
    mappings.add(mapping);
  }

  final void removeMapping(MappingImpl mapping) {
    mappings.remove(mapping);
  }

  /** Finds the window for a first access, on behalf of a mapping. */
  final MappingImpl.Found fault(MappingImpl mapping, long offset) {
    int at;
    try {
      at = gate.enter();
    } catch (VfioException e) {
      throw MemoryFaultException.busError("%s", e.because());
    }
    try {
      MappingImpl.Found window = mapping.ask(offset);
      if (window == null) {
        throw Faults.lie(culprit(), "asked for the window of " + description(), null);
      }
      return window;
    } catch (MemoryFaultException e) {
      throw e;
    } catch (Throwable t) {
      throw MemoryFaultException.busError(
          "%s", Faults.of(t, culprit(), "mapping " + description()).because());
    } finally {
      gate.exit(at);
    }
  }

  /** Where each mapping is to lead if another driver stands behind the file. */
  final Stream<MappingImpl.Move> moves(Binding<?> to) {
    return mappings.stream().map(mapping -> mapping.move(to));
  }

  /** Revokes every mapping. */
  final void zap() {
    mappings.forEach(MappingImpl::revoke);
  }
}
