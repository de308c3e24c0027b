package busbar.pci;

import static busbar.pci.PciRegs.PCI_COMMAND_MEMORY;

import busbar.api.Errno;
import busbar.api.device.VfioDevice;
import busbar.api.memory.MemoryFaultException;
import java.util.concurrent.locks.StampedLock;

/**
 * Decides whether the BARs can be reached, and keeps everybody out while a reset or a change of
 * power makes them unreachable.
 *
 * <p>Accesses take the memory lock shared, one compare-and-swap on a word that belongs to this
 * device alone. Whoever changes the device takes it exclusively and may zap the user's mappings in
 * it: {@link VfioDevice#zap} waits for accesses under way, never for faults, which wait here. Lock
 * order: set lock, low power lock, config lock, interrupt gate, memory lock, command lock.
 */
final class MemoryGate {
  /** What happens to the user's mappings when the gate closes. */
  enum Mappings {
    KEEP,
    ZAP
  }

  private final StampedLock memoryLock = new StampedLock();
  private final VfioDevice vfio;
  private final CommandRegister command;

  /** What follows is written with the lock held exclusively and read with it held at all. */
  private boolean decodes;

  private boolean lowPower;

  MemoryGate(VfioDevice vfio, CommandRegister command) {
    this.vfio = vfio;
    this.command = command;
  }

  /** Lets an access in; {@link #exit} must follow. */
  long enter() {
    return memoryLock.readLock();
  }

  /**
   * Lets an access in unless the gate is closed now; for callers that must not wait, and for those
   * that may be inside already.
   *
   * @return 0 if it is closed
   */
  long tryEnter() {
    return memoryLock.tryReadLock();
  }

  void exit(long stamp) {
    memoryLock.unlockRead(stamp);
  }

  /** Whether memory is decoded and the function awake; inside the gate. */
  boolean decodes() {
    return decodes;
  }

  /**
   * Refuses an access to memory that is not decoded; inside the gate.
   *
   * @throws busbar.api.VfioException {@code EIO}
   */
  void checkDecodes() {
    if (!decodes) {
      throw Errno.EIO.because("memory decoding of %s is off or the function sleeps", vfio.name());
    }
  }

  /**
   * Refuses an access through a mapping; as {@link #checkDecodes}.
   *
   * @throws MemoryFaultException {@code SIGBUS}
   */
  void checkMapped() {
    long stamp = enter();
    try {
      if (!decodes || lowPower) {
        throw MemoryFaultException.busError(
            "memory decoding of %s is off or the function sleeps", vfio.name());
      }
    } finally {
      exit(stamp);
    }
  }

  /** Runs with the gate closed: no access is under way and none begins. */
  void exclusively(Mappings mappings, Runnable change) {
    long stamp = memoryLock.writeLock();
    try {
      if (mappings == Mappings.ZAP) {
        vfio.zap();
      }
      change.run();
    } finally {
      memoryLock.unlockWrite(stamp);
    }
  }

  /**
   * As {@link #exclusively} with a zap, but in two steps and without waiting, for resets of several
   * devices, which could wait for each other.
   *
   * @return what {@link #reopen} takes, 0 if the gate is in use
   */
  long tryClose() {
    long stamp = memoryLock.tryWriteLock();
    if (stamp != 0) {
      vfio.zap();
    }
    return stamp;
  }

  void reopen(long stamp) {
    memoryLock.unlockWrite(stamp);
  }

  /**
   * Runs with the gate closed and memory decoding on in hardware, as message tables and ROMs need.
   */
  void decoding(Runnable work) {
    exclusively(
        Mappings.KEEP,
        () -> {
          boolean wasOff = (command.read() & PCI_COMMAND_MEMORY) == 0;
          if (wasOff) {
            command.set(PCI_COMMAND_MEMORY);
          }
          try {
            work.run();
          } finally {
            if (wasOff) {
              command.clear(PCI_COMMAND_MEMORY);
            }
          }
        });
  }

  /** Whether memory is decoded from now on; with the gate closed. */
  void setDecodes(boolean decodes) {
    this.decodes = decodes;
  }

  /** Whether mappings fault because the user put the device to sleep; with the gate closed. */
  void setLowPower(boolean lowPower) {
    this.lowPower = lowPower;
  }
}
