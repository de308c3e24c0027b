package busbar.registry;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioRegionInfo;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One open device while it is moved, on behalf of an operator.
 *
 * @param <D> the driver's data
 */
record Mover<D>(Binding<D> binding, MigrationOps<D> ops, ClientCaller caller) {
  private static final System.Logger LOG = System.getLogger(Mover.class.getName());
  private static final int PIECE = 1 << 16;

  // Registers of a PCI function's header.
  private static final int COMMAND = 0x04;
  private static final int CACHE_LINE = 0x0c;
  private static final int LATENCY = 0x0d;
  private static final int FIRST_BAR = 0x10;
  private static final int LAST_BAR = 0x24;
  private static final int ROM_ADDRESS = 0x30;
  private static final int INTERRUPT_LINE = 0x3c;

  MigrationState state() {
    return ops.state(binding.data());
  }

  private Optional<FileOps> set(MigrationState target) {
    return ops.setState(binding.data(), caller, target);
  }

  void run() {
    set(MigrationState.RUNNING);
  }

  /** The whole state of the device, which has stopped then; or it goes on. */
  byte[] save() {
    MigrationState before = state();
    try {
      return stopAndCopy();
    } catch (RuntimeException e) {
      goBack(before);
      throw e;
    }
  }

  private byte[] stopAndCopy() {
    FileOps stream = opened(set(MigrationState.STOP_COPY));
    try {
      ByteArrayOutputStream data = new ByteArrayOutputStream();
      byte[] piece = new byte[PIECE];
      while (true) {
        int count = stream.read(caller, MemorySegment.ofArray(piece));
        if (count <= 0) {
          break;
        }
        data.write(piece, 0, count);
      }
      set(MigrationState.STOP);
      return data.toByteArray();
    } finally {
      stream.release();
    }
  }

  private FileOps opened(Optional<FileOps> stream) {
    return stream.orElseThrow(
        () -> Errno.EIO.because("%s opened no stream where one was due", binding.who()));
  }

  /** Takes a state, and stays stopped; or goes on with what it had. */
  void load(byte[] data) {
    MigrationState before = state();
    byte[] own = save();
    FileOps stream = opened(set(MigrationState.RESUMING));
    try {
      try {
        write(stream, data);
        set(MigrationState.STOP);
      } catch (VfioException e) {
        takeBack(stream, own, before);
        throw e;
      }
    } finally {
      stream.release();
    }
  }

  private void takeBack(FileOps stream, byte[] own, MigrationState before) {
    try {
      if (state() == MigrationState.RESUMING) {
        leaveRefused();
        write(stream, own);
        set(MigrationState.STOP);
      }
      set(before);
    } catch (VfioException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a state was refused, and the device stays in {0}: {1}",
          state(),
          e.getMessage());
    }
  }

  /** Who cannot leave {@code RESUMING} may have another state written. */
  private void leaveRefused() {
    try {
      set(MigrationState.STOP);
    } catch (VfioException e) {
      // as expected, the stream is empty again now
    }
  }

  private void write(FileOps stream, byte[] data) {
    for (int at = 0; at < data.length; ) {
      int piece = Math.min(PIECE, data.length - at);
      int done = stream.write(caller, MemorySegment.ofArray(data).asSlice(at, piece));
      if (done <= 0) {
        throw Errno.EIO.because("%s takes no more after %d bytes", binding.who(), at);
      }
      at += done;
    }
  }

  private void goBack(MigrationState before) {
    try {
      set(before);
    } catch (VfioException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a device does not go back to {0}: {1}",
          before,
          e.getMessage());
    }
  }

  /** Configuration space as the user sees it; empty for what is no PCI device. */
  Optional<byte[]> config() {
    Optional<VfioRegionInfo> region = configRegion();
    if (region.isEmpty()) {
      return Optional.empty();
    }
    byte[] config = new byte[(int) Math.min(region.get().size(), 4096)];
    int count = binding.read(caller, MemorySegment.ofArray(config), region.get().offset());
    return count == config.length ? Optional.of(config) : Optional.empty();
  }

  /**
   * Writes what a virtual machine monitor would: addresses, and last what turns decoding and DMA
   * on. Message capabilities come with the wiring of interrupts, which is the user's.
   */
  void setConfig(byte[] config) {
    Optional<VfioRegionInfo> region = configRegion();
    if (region.isEmpty() || config.length < 64) {
      return;
    }
    long at = region.get().offset();
    for (int bar = FIRST_BAR; bar <= LAST_BAR; bar += 4) {
      writeConfig(at, config, bar, 4);
    }
    writeConfig(at, config, ROM_ADDRESS, 4);
    writeConfig(at, config, CACHE_LINE, 1);
    writeConfig(at, config, LATENCY, 1);
    writeConfig(at, config, INTERRUPT_LINE, 1);
    writeConfig(at, config, COMMAND, 2);
  }

  private void writeConfig(long region, byte[] config, int offset, int size) {
    MemorySegment value = MemorySegment.ofArray(config).asSlice(offset, size);
    binding.write(caller, value, region + offset);
  }

  private Optional<VfioRegionInfo> configRegion() {
    MemorySegment info = MemorySegment.ofArray(new byte[(int) VfioDeviceInfo.SIZE]);
    new VfioDeviceInfo((int) VfioDeviceInfo.SIZE, 0, 0, 0, 0, 0).encode(info);
    binding.ioctl(caller, VfioHeader.VFIO_DEVICE_GET_INFO, info);
    if ((VfioDeviceInfo.decode(info).flags() & VfioHeader.VFIO_DEVICE_FLAGS_PCI) == 0) {
      return Optional.empty();
    }
    MemorySegment region = MemorySegment.ofArray(new byte[(int) VfioRegionInfo.SIZE]);
    new VfioRegionInfo(
            (int) VfioRegionInfo.SIZE, 0, VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX, 0, 0, 0)
        .encode(region);
    binding.ioctl(caller, VfioHeader.VFIO_DEVICE_GET_REGION_INFO, region);
    return Optional.of(VfioRegionInfo.decode(region));
  }
}
