package busbar.model.mtty;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PCI;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_AUTOMASKED;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_MASKABLE;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_NORESIZE;
import static busbar.uapi.VfioHeader.VFIO_PCI_BAR5_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_REGIONS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.MigrationState;
import busbar.api.mdev.NaturalAccess;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioIrqSet;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One serial card. The device file has a region at every multiple of 1 TiB: BARs, ROM,
 * configuration space, VGA. Any thread.
 */
final class Mtty implements NaturalAccess.Load, NaturalAccess.Store {
  static final String STATE_KIND = "mtty";
  private static final int REGION_SHIFT = 40;
  private static final long REGION_MASK = (1L << REGION_SHIFT) - 1;

  /** The registers decode the low 16 bits of an offset. */
  private static final int DECODED = 0xffff;

  private final Object opsLock = new Object();
  private final String uuid;

  /** How many of the two ports the card shows; both are there. */
  private final int shown;

  // all guarded by opsLock
  private final MttyConfigSpace config;
  private final MttyInterrupts interrupts = new MttyInterrupts();
  private final SerialPort[] ports;

  /**
   * 0 until somebody asked for the device info, then what that said: the sample remembers it so.
   */
  private int knownIrqs;

  private final MttyMigration migration = new MttyMigration(this);

  Mtty(String uuid, int shown) {
    this.uuid = uuid;
    this.shown = shown;
    this.config = new MttyConfigSpace(shown);
    this.ports =
        new SerialPort[] {new SerialPort(interrupts::trigger), new SerialPort(interrupts::trigger)};
  }

  int shownPorts() {
    return shown;
  }

  MttyMigration migration() {
    return migration;
  }

  @Override
  public int load(long position, int width) {
    long region = position >>> REGION_SHIFT;
    long offset = position & REGION_MASK;
    synchronized (opsLock) {
      if (region == VFIO_PCI_CONFIG_REGION_INDEX) {
        return config.read(offset, width);
      }
      if (region > VFIO_PCI_BAR5_REGION_INDEX) {
        throw noRegion(position);
      }
      return region < ports.length ? ports[(int) region].read((int) offset & DECODED) : 0;
    }
  }

  @Override
  public void store(long position, int width, int value) {
    long region = position >>> REGION_SHIFT;
    int offset = (int) (position & REGION_MASK) & DECODED;
    synchronized (opsLock) {
      if (region == VFIO_PCI_CONFIG_REGION_INDEX) {
        config.write(offset, value);
      } else if (region > VFIO_PCI_BAR5_REGION_INDEX) {
        throw noRegion(position);
      } else if (region < ports.length) {
        ports[(int) region].write(offset, value);
      }
    }
  }

  private RuntimeException noRegion(long position) {
    return Errno.EFAULT.because(
        "0x%x lies in no region of %s that can be accessed", position, uuid);
  }

  void deviceInfo(MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_FLAGS, VFIO_DEVICE_FLAGS_PCI);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_REGIONS, VFIO_PCI_NUM_REGIONS);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_IRQS, VFIO_PCI_NUM_IRQS);
    synchronized (opsLock) {
      knownIrqs = VFIO_PCI_NUM_IRQS;
    }
  }

  void regionInfo(MemorySegment argument) {
    VfioRegionInfo asked = VfioRegionInfo.decode(Args.sized(argument, VfioRegionInfo.MIN_ARGSZ));
    int index = asked.index();
    if (Integer.compareUnsigned(index, VFIO_PCI_NUM_REGIONS) >= 0) {
      throw Errno.EINVAL.because("%s has no region %d", uuid, Integer.toUnsignedLong(index));
    }
    long size = index < shown ? MttyConfigSpace.BAR_SIZE : 0;
    if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
      size = MttyConfigSpace.SIZE;
    }
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioRegionInfo.SIZE]);
    new VfioRegionInfo(
            asked.argsz(),
            VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
            index,
            asked.capOffset(),
            size,
            (long) index << REGION_SHIFT)
        .encode(answer);
    Args.copyOut(argument, answer);
  }

  void irqInfo(MemorySegment argument) {
    int index = VfioIrqInfo.decode(Args.sized(argument, VfioIrqInfo.MIN_ARGSZ)).index();
    if (Integer.compareUnsigned(index, knownIrqs()) >= 0) {
      throw Errno.EINVAL.because(
          "%s knows of %d interrupt indexes, not of %d",
          uuid, knownIrqs(), Integer.toUnsignedLong(index));
    }
    int flags =
        switch (index) {
          case VFIO_PCI_INTX_IRQ_INDEX -> VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
          case VFIO_PCI_MSI_IRQ_INDEX -> VFIO_IRQ_INFO_NORESIZE;
          default -> throw Errno.EINVAL.because("%s has INTx and MSI, not index %d", uuid, index);
        };
    Args.putU32(argument, VfioIrqInfo.OFFSET_FLAGS, flags | VFIO_IRQ_INFO_EVENTFD);
    Args.putU32(argument, VfioIrqInfo.OFFSET_COUNT, 1);
  }

  void setIrqs(Caller caller, MemorySegment argument) {
    VfioIrqSet call = VfioIrqSet.decode(Args.struct(argument, VfioIrqSet.SIZE));
    long dataSize = IrqSetCheck.dataSize(call, knownIrqs());
    MemorySegment data =
        Args.struct(argument, VfioIrqSet.OFFSET_DATA + dataSize)
            .asSlice(VfioIrqSet.OFFSET_DATA, dataSize);
    synchronized (opsLock) {
      interrupts.set(caller, call, data);
    }
  }

  private int knownIrqs() {
    synchronized (opsLock) {
      return knownIrqs;
    }
  }

  /** The last user closed: interrupts and streams end, everything else stays for the next one. */
  void close() {
    migration.endStreams();
    forgetWiring();
  }

  /** A successor has the card. */
  void forget() {
    migration.endStreams();
    forgetWiring();
  }

  private void forgetWiring() {
    synchronized (opsLock) {
      interrupts.unwire();
    }
  }

  /** The state of the ports that the card shows, in their order. */
  List<byte[]> portImages() {
    List<byte[]> images = new ArrayList<>();
    synchronized (opsLock) {
      for (int i = 0; i < shown; i++) {
        images.add(ports[i].image());
      }
    }
    return images;
  }

  /**
   * Takes over what {@link #portImages} gave; nothing is changed if one of them is not possible.
   */
  void restorePorts(List<byte[]> images) {
    images.forEach(SerialPort::check);
    synchronized (opsLock) {
      for (int i = 0; i < images.size(); i++) {
        ports[i].restore(images.get(i));
      }
    }
  }

  /** All that a successor of the driver needs. */
  StateRecord save(int version) {
    Map<String, Object> values = new HashMap<>();
    values.put("shown", (long) shown);
    values.put("migration", migration.stateForSuccessor().name());
    values.put("precopyInfoV2", migration.precopyInfoV2());
    synchronized (opsLock) {
      values.put("ports", List.of(ports[0].image(), ports[1].image()));
      values.put("config", config.image());
      values.put("knownIrqs", (long) knownIrqs);
      values.put("interruptIndex", (long) interrupts.index());
      values.put("interruptMasked", interrupts.masked());
      if (interrupts.eventFd() != null) {
        values.put("interrupt", interrupts.eventFd());
      }
    }
    return new StateRecord(STATE_KIND, version, values);
  }

  /**
   * Takes over from {@link #save}; {@code EINVAL} and unchanged if the record does not fit the
   * card.
   */
  void restore(StateRecord record, int newestVersion) {
    StateRecord state = record.expect(STATE_KIND, newestVersion);
    if (state.number("shown") != shown) {
      throw Errno.EINVAL.because(
          "%s has %d ports, the state is of a card with %d", uuid, shown, state.number("shown"));
    }
    List<byte[]> images = state.list("ports", byte[].class);
    if (images.size() != ports.length) {
      throw Errno.EINVAL.because("the state of %s has %d ports, not 2", uuid, images.size());
    }
    images.forEach(SerialPort::check);
    byte[] configImage = state.get("config", byte[].class);
    MttyConfigSpace.check(configImage);
    long irqs = state.number("knownIrqs");
    EventFd eventFd = state.optional("interrupt", EventFd.class).orElse(null);
    long index = state.number("interruptIndex");
    if (irqs != 0 && irqs != VFIO_PCI_NUM_IRQS || !MttyInterrupts.canBe(index, eventFd)) {
      throw Errno.EINVAL.because(
          "the state of %s knows %d interrupt indexes and uses %d", uuid, irqs, index);
    }
    boolean masked = state.get("interruptMasked", Boolean.class);
    migration.restore(
        state.choice("migration", MigrationState.class), state.get("precopyInfoV2", Boolean.class));
    synchronized (opsLock) {
      config.restore(configImage);
      knownIrqs = (int) irqs;
      interrupts.restore((int) index, eventFd, masked);
      for (int i = 0; i < ports.length; i++) {
        ports[i].restore(images.get(i));
      }
    }
  }

  @Override
  public String toString() {
    return uuid;
  }
}
