package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.Errno;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciResource;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Configuration space as the user of an open device sees it: hardware, with some bits taken from a
 * shadow copy and most of them out of reach ({@code vfio_pci_config.c}).
 *
 * <p>The config lock guards the shadow; an access is split into aligned pieces of at most four
 * bytes that stay in one capability, and each piece takes the lock for itself.
 */
final class ConfigSpace {
  private final PciCoreDevice core;
  private final PciDevice device;
  private final Interrupts irqs;
  private final byte[] shadow;
  private final Capability[] owners;
  private final int[] realBars = new int[PCI_STD_NUM_BARS + 1];
  private final ReentrantLock configLock = new ReentrantLock();
  private boolean barsDirty = true;

  /**
   * Starts with what the function's real configuration says; a successor gets the shadow by {@link
   * #restore}.
   */
  ConfigSpace(PciCoreDevice core, Interrupts irqs, Layout layout) {
    this.core = core;
    this.device = core.device;
    this.irqs = irqs;
    shadow = layout.shadow();
    owners = layout.owners();
    for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
      realBars[bar] = LittleEndian.get(shadow, PCI_BASE_ADDRESS_0 + 4 * bar, 4);
    }
    realBars[PCI_ROM_RESOURCE] = LittleEndian.get(shadow, PCI_ROM_ADDRESS, 4);
    if (core.isVirtualFunction()) {
      LittleEndian.put(shadow, PCI_VENDOR_ID, 2, core.ids.vendor());
      LittleEndian.put(shadow, PCI_DEVICE_ID, 2, core.ids.device());
      setShadow(PCI_COMMAND, 2, shadow(PCI_COMMAND, 2) | PCI_COMMAND_MEMORY);
    }
    if (core.isVirtualFunction() || !irqs.intxUsable()) {
      shadow[PCI_INTERRUPT_PIN] = 0;
    }
  }

  PciCoreDevice core() {
    return core;
  }

  PciDevice device() {
    return device;
  }

  Interrupts irqs() {
    return irqs;
  }

  int size() {
    return shadow.length;
  }

  /** Whether the user sees an interrupt pin. */
  boolean hasPin() {
    return shadow[PCI_INTERRUPT_PIN] != 0;
  }

  /** Whether the user turned memory decoding on; a virtual function's is not its own. */
  boolean memoryEnabled() {
    return core.isVirtualFunction() || (shadow(PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) != 0;
  }

  /**
   * Reads.
   *
   * @param offset in the region
   * @throws busbar.api.VfioException {@code EFAULT} if any byte lies beyond the end
   */
  int read(MemorySegment buffer, long offset) {
    int count = checkRange(buffer, offset);
    for (int done = 0; done < count; ) {
      int position = (int) offset + done;
      int width = piece(position, count - done);
      LittleEndian.put(buffer, done, width, readPiece(position, width));
      done += width;
    }
    return count;
  }

  /** Writes; as {@link #read}. Bits that are out of reach stay, without an error. */
  int write(MemorySegment buffer, long offset) {
    int count = checkRange(buffer, offset);
    for (int done = 0; done < count; ) {
      int position = (int) offset + done;
      int width = piece(position, count - done);
      writePiece(position, width, (int) LittleEndian.get(buffer, done, width));
      done += width;
    }
    return count;
  }

  private int checkRange(MemorySegment buffer, long offset) {
    if (offset >= shadow.length || buffer.byteSize() > shadow.length - offset) {
      throw Errno.EFAULT.because(
          "%d bytes at 0x%x are beyond the %d bytes of configuration space of %s",
          buffer.byteSize(), offset, shadow.length, device.name());
    }
    return (int) buffer.byteSize();
  }

  private int piece(int position, int left) {
    Capability owner = owners[position];
    int room = 1;
    while ((position + room) % 4 != 0
        && position + room < owners.length
        && owners[position + room] == owner) {
      room++;
    }
    int most = Math.min(left, room);
    if (most >= 4) {
      return 4;
    }
    return most >= 2 && position % 2 == 0 ? 2 : 1;
  }

  private int readPiece(int position, int width) {
    Capability owner = owners[position];
    if (owner == null) {
      return device.readConfig(position, width);
    }
    configLock.lock();
    try {
      if (owner.start() == 0 && isBar(position)) {
        settleBars();
      }
      int virtual = owner.permissions().virtual(position - owner.start(), width);
      int value = shadow(position, width) & virtual;
      if (virtual != LittleEndian.mask(width)) {
        value |= device.readConfig(position, width) & ~virtual;
      }
      if (position == PCI_COMMAND && core.isVirtualFunction()) {
        value |= shadow(PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
      }
      return value;
    } finally {
      configLock.unlock();
    }
  }

  private void writePiece(int position, int width, int value) {
    Capability owner = owners[position];
    if (owner == null || owner.permissions().isRaw()) {
      device.writeConfig(position, width, value);
      return;
    }
    configLock.lock();
    try {
      int offset = position - owner.start();
      if (owner.writes() == null) {
        writeBits(owner, offset, width, value);
      } else {
        owner.writes().write(this, owner, offset, width, value);
      }
    } finally {
      configLock.unlock();
    }
  }

  /** Writes the bits that are writable, virtual ones to the shadow and others to hardware. */
  void writeBits(Capability capability, int offset, int width, int value) {
    int position = capability.start() + offset;
    int writable = capability.permissions().writable(offset, width);
    int virtual = capability.permissions().virtual(offset, width);
    int toShadow = writable & virtual;
    if (toShadow != 0) {
      setShadow(position, width, shadow(position, width) & ~toShadow | value & toShadow);
    }
    int toHardware = writable & ~virtual;
    if (toHardware == LittleEndian.mask(width)) {
      device.writeConfig(position, width, value);
    } else if (toHardware != 0) {
      synchronized (core.command) {
        int old = device.readConfig(position, width);
        device.writeConfig(position, width, old & ~toHardware | value & toHardware);
      }
    }
  }

  /** The shadow copy at a position of configuration space, unsigned. */
  int shadow(int position, int width) {
    return LittleEndian.get(shadow, position, width);
  }

  void setShadow(int position, int width, int value) {
    LittleEndian.put(shadow, position, width, value);
  }

  static boolean isBar(int position) {
    return position >= PCI_BASE_ADDRESS_0 && position < PCI_BASE_ADDRESS_0 + 4 * PCI_STD_NUM_BARS
        || position >= PCI_ROM_ADDRESS && position < PCI_ROM_ADDRESS + 4;
  }

  /** A BAR was written: its fixed bits are put right when somebody looks. */
  void barsWritten() {
    barsDirty = true;
  }

  /**
   * Makes the shadow's BARs look like registers: address bits below the size are 0, type bits set.
   */
  private void settleBars() {
    if (!barsDirty) {
      return;
    }
    int bar = 0;
    while (bar < PCI_STD_NUM_BARS) {
      bar += settleBar(bar);
    }
    int rom =
        resource(PCI_ROM_RESOURCE)
            .map(resource -> (int) -resource.size() | PCI_ROM_ADDRESS_ENABLE)
            .orElse(0);
    setShadow(PCI_ROM_ADDRESS, 4, shadow(PCI_ROM_ADDRESS, 4) & rom);
    barsDirty = false;
  }

  /** Settles one BAR; returns how many registers it takes. */
  private int settleBar(int bar) {
    int at = PCI_BASE_ADDRESS_0 + 4 * bar;
    Optional<PciResource> resource = resource(bar);
    if (resource.isEmpty()) {
      setShadow(at, 4, 0);
      return 1;
    }
    long mask = -resource.get().size();
    setShadow(at, 4, shadow(at, 4) & (int) mask | typeBits(resource.get()));
    if (!resource.get().isMemory() || !resource.get().is64Bit()) {
      return 1;
    }
    setShadow(at + 4, 4, shadow(at + 4, 4) & (int) (mask >>> 32));
    return 2;
  }

  /** A resource that the host assigned; what it did not is not there for the user. */
  private Optional<PciResource> resource(int index) {
    return device.resource(index).filter(resource -> resource.start() != 0);
  }

  private static int typeBits(PciResource resource) {
    if (resource.isIo()) {
      return PCI_BASE_ADDRESS_SPACE_IO;
    }
    return (resource.isPrefetchable() ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0)
        | (resource.is64Bit() ? PCI_BASE_ADDRESS_MEM_TYPE_64 : 0);
  }

  /** Whether hardware's BARs are not what they were: a reset went by unnoticed. */
  boolean barsLost() {
    if (core.isVirtualFunction()) {
      return false;
    }
    for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
      if (device.readConfig(PCI_BASE_ADDRESS_0 + 4 * bar, 4) != realBars[bar]) {
        return true;
      }
    }
    return false;
  }

  /** Puts hardware's BARs back after such a reset. */
  void restoreBars() {
    if (core.isVirtualFunction()) {
      return;
    }
    for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
      device.writeConfig(PCI_BASE_ADDRESS_0 + 4 * bar, 4, realBars[bar]);
    }
    device.writeConfig(PCI_ROM_ADDRESS, 4, realBars[PCI_ROM_RESOURCE]);
    if (irqs.isIntxBroken()) {
      core.command.set(PCI_COMMAND_INTX_DISABLE);
    }
  }

  StateRecord save() {
    byte[] real = new byte[4 * realBars.length];
    for (int i = 0; i < realBars.length; i++) {
      LittleEndian.put(real, 4 * i, 4, realBars[i]);
    }
    return new StateRecord(
        "vfio-pci config", 1, Map.of("shadow", shadow.clone(), "realBars", real));
  }

  void restore(StateRecord state) {
    byte[] saved = state.get("shadow", byte[].class);
    byte[] real = state.get("realBars", byte[].class);
    if (saved.length != shadow.length || real.length != 4 * realBars.length) {
      throw Errno.EINVAL.because(
          "the state has %d bytes of configuration space, %s has %d",
          saved.length, device.name(), shadow.length);
    }
    System.arraycopy(saved, 0, shadow, 0, saved.length);
    for (int i = 0; i < realBars.length; i++) {
      realBars[i] = LittleEndian.get(real, 4 * i, 4);
    }
    barsDirty = true;
  }
}
