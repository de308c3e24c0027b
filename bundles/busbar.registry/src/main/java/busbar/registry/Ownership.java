package busbar.registry;

import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who does DMA in an IOMMU group: drivers of the host, or one VFIO group for its user, never both.
 *
 * <p>Named holders make a refusal name its culprit.
 */
final class Ownership {
  private final IommuGroup group;

  /** Guards the holders; calls the hardware only. */
  private final Object ownersLock = new Object();

  /** Host driver by device. */
  private final Map<String, String> hosts = new LinkedHashMap<>();

  private Group user;

  Ownership(IommuGroup group) {
    this.group = group;
  }

  /**
   * A user's group takes DMA over; it is blocked until a backend attaches a domain.
   *
   * @throws busbar.api.VfioException {@code EPERM} if anybody owns it, {@code EBUSY} if a foreign
   *     domain is attached
   */
  void claim(Group claimant) {
    synchronized (ownersLock) {
      culprit()
          .ifPresent(
              because -> {
                throw Errno.EPERM.because(because);
              });
      if (group.domain().isPresent()) {
        throw Errno.EBUSY.because("group %d: a domain that is not VFIO's is attached", group.id());
      }
      group.setOwner(IommuGroup.Owner.USER);
      user = claimant;
    }
  }

  /** Gives DMA back to the host; nothing if the group does not own it. */
  void release(Group claimant) {
    synchronized (ownersLock) {
      if (user == claimant) {
        user = null;
        group.setOwner(IommuGroup.Owner.HOST);
      }
    }
  }

  /** A host driver that does DMA takes a device; {@code EBUSY} while a user owns the group. */
  void enterHost(String device, String driver) {
    synchronized (ownersLock) {
      if (user != null) {
        throw Errno.EBUSY.because(
            "group %d: a user owns it, %s cannot have %s", group.id(), driver, device);
      }
      hosts.put(device, driver);
    }
  }

  void leaveHost(String device) {
    synchronized (ownersLock) {
      hosts.remove(device);
    }
  }

  /** Why nobody can claim the group; empty if somebody can. */
  Optional<String> culprit() {
    synchronized (ownersLock) {
      if (!hosts.isEmpty()) {
        Map.Entry<String, String> first = hosts.entrySet().iterator().next();
        return Optional.of(
            "group " + group.id() + ": " + first.getKey() + " is bound to " + first.getValue());
      }
      return user == null
          ? Optional.empty()
          : Optional.of("group " + group.id() + ": another user owns it");
    }
  }
}
