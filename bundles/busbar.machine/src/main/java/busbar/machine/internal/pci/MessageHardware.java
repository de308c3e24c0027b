package busbar.machine.internal.pci;

import busbar.api.pci.PciDevice.MessageKind;
import busbar.machine.internal.irq.MessageController.Message;
import java.util.List;

/** The device's side of message interrupts: capability registers, table, masks, pending bits. */
final class MessageHardware {
  private static final int MSI_ENABLE = 0x0001;
  private static final int MSI_WIDE = 0x0080;
  private static final int MSI_MASKS = 0x0100;
  private static final int MSIX_ENABLE = 0x8000;
  private static final int MSIX_MASK_ALL = 0x4000;

  /** Sends a message on its way: a write of 4 bytes by the device. */
  interface Sender {
    void send(long address, int data);
  }

  private final ConfigSpace config;
  private final int msi;
  private final int msix;
  private final MsixTable table;
  private final Sender sender;

  MessageHardware(ConfigSpace config, Capabilities capabilities, Sender sender) {
    this.config = config;
    this.msi = capabilities.find(Capabilities.MSI);
    this.msix = capabilities.find(Capabilities.MSIX);
    this.table = msix == 0 ? null : new MsixTable(config, msix);
    this.sender = sender;
  }

  /** {@code null} if the function has no MSI-X. */
  MsixTable table() {
    return table;
  }

  int vectors(MessageKind kind) {
    if (kind == MessageKind.MSIX) {
      return msix == 0 ? 0 : table.vectors();
    }
    return msi == 0 ? 0 : 1 << (config.read(msi + 2, 2) >> 1 & 7);
  }

  boolean isEnabled() {
    return isMsixOn() || isMsiOn();
  }

  private boolean isMsixOn() {
    return msix != 0 && (config.read(msix + 2, 2) & MSIX_ENABLE) != 0;
  }

  private boolean isMsiOn() {
    return msi != 0 && (config.read(msi + 2, 2) & MSI_ENABLE) != 0;
  }

  /** The device sends a vector. */
  boolean raise(int vector) {
    if (isMsixOn()) {
      if (vector >= 0 && vector < table.vectors()) {
        raiseMsix(vector);
      }
      return true;
    }
    if (isMsiOn()) {
      raiseMsi(vector);
      return true;
    }
    return false;
  }

  private void raiseMsix(int vector) {
    if (isHeld(vector)) {
      table.setPending(vector);
      // It may have been unmasked between the look and the bit.
      if (isHeld(vector) || !table.takePending(vector)) {
        return;
      }
    }
    sender.send(table.address(vector), table.data(vector));
  }

  private boolean isHeld(int vector) {
    return (config.read(msix + 2, 2) & MSIX_MASK_ALL) != 0 || table.isMasked(vector);
  }

  private void raiseMsi(int vector) {
    int control = config.read(msi + 2, 2);
    int enabled = 1 << (control >> 4 & 7);
    int number = vector & enabled - 1;
    if ((control & MSI_MASKS) != 0 && (config.read(msiMask(), 4) >> number & 1) != 0) {
      config.setBits(msiMask() + 4, 1 << number, true);
      return;
    }
    sendMsi(number);
  }

  private void sendMsi(int number) {
    int control = config.read(msi + 2, 2);
    boolean wide = (control & MSI_WIDE) != 0;
    long address = config.read(msi + 4, 4) & 0xffff_ffffL;
    if (wide) {
      address |= (long) config.read(msi + 8, 4) << 32;
    }
    int low = (1 << (control >> 4 & 7)) - 1;
    int data = config.read(msi + (wide ? 12 : 8), 2) & ~low | number;
    sender.send(address, data);
  }

  private int msiMask() {
    return msi + ((config.read(msi + 2, 2) & MSI_WIDE) != 0 ? 16 : 12);
  }

  /**
   * Software wrote a capability or a vector was unmasked: what is pending and free now goes out.
   */
  void sendPending() {
    if (isMsixOn()) {
      for (int vector = 0; vector < table.vectors(); vector++) {
        sendPendingMsix(vector);
      }
    } else if (isMsiOn() && (config.read(msi + 2, 2) & MSI_MASKS) != 0) {
      int free = config.read(msiMask() + 4, 4) & ~config.read(msiMask(), 4);
      for (int number = 0; free != 0 && number < 32; number++) {
        if ((free >> number & 1) != 0) {
          config.setBits(msiMask() + 4, 1 << number, false);
          sendMsi(number);
        }
      }
    }
  }

  /** As {@link #sendPending}, one vector of MSI-X. */
  void sendPendingMsix(int vector) {
    if (vector < table.vectors() && isMsixOn() && !isHeld(vector) && table.takePending(vector)) {
      sender.send(table.address(vector), table.data(vector));
    }
  }

  /** The vectors of MSI-X that wait to be unmasked. */
  List<Integer> pending() {
    return table == null ? List.of() : table.pendingVectors();
  }

  /** A vector of MSI-X waits: it goes out once it can. */
  void setPending(int vector) {
    table.setPending(vector);
    sendPendingMsix(vector);
  }

  /** Whether a write to configuration space touches a capability of messages. */
  boolean concerns(int offset) {
    return msi != 0 && offset >= msi && offset < msi + 24
        || msix != 0 && offset >= msix && offset < msix + 4;
  }

  /** Turns MSI on, every vector masked where the function can mask. */
  void enableMsi(Message message, int count) {
    writeMsi(message, count);
    if ((config.read(msi + 2, 2) & MSI_MASKS) != 0) {
      config.set(msiMask(), 4, -1 >>> 32 - vectors(MessageKind.MSI));
    }
    config.setBits(msi + 2, MSI_ENABLE, true);
  }

  void writeMsi(Message message, int count) {
    int control = config.read(msi + 2, 2);
    int log = 31 - Integer.numberOfLeadingZeros(Math.max(1, count * 2 - 1));
    boolean wide = (control & MSI_WIDE) != 0;
    config.set(msi + 4, 4, (int) message.address());
    if (wide) {
      config.set(msi + 8, 4, (int) (message.address() >>> 32));
    }
    config.set(msi + (wide ? 12 : 8), 2, message.data());
    config.set(msi + 2, 2, control & ~0x70 | log << 4);
  }

  void enableMsix() {
    config.setBits(msix + 2, MSIX_MASK_ALL, true);
    config.setBits(msix + 2, MSIX_ENABLE, true);
  }

  void unmaskFunction() {
    config.setBits(msix + 2, MSIX_MASK_ALL, false);
    sendPending();
  }

  void disable(MessageKind kind) {
    if (kind == MessageKind.MSIX) {
      config.setBits(msix + 2, MSIX_ENABLE, false);
    } else {
      config.setBits(msi + 2, MSI_ENABLE, false);
      config.setBits(msi + 2, 0x70, false);
      if ((config.read(msi + 2, 2) & MSI_MASKS) != 0) {
        config.set(msiMask(), 4, 0);
      }
    }
  }

  /** Masks or unmasks a vector; what was pending goes out. */
  void setVectorMasked(MessageKind kind, int vector, boolean masked) {
    if (kind == MessageKind.MSIX) {
      table.setMasked(vector, masked);
      if (!masked) {
        sendPendingMsix(vector);
      }
    } else if ((config.read(msi + 2, 2) & MSI_MASKS) != 0) {
      config.setBits(msiMask(), 1 << vector, masked);
      if (!masked) {
        sendPending();
      }
    }
  }

  /** The function was reset; the capability's registers were by their own rules. */
  void reset() {
    if (table != null) {
      table.reset();
    }
  }
}
