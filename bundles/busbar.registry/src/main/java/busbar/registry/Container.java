package busbar.registry;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.Explanation.Finding;
import busbar.api.client.MmapRequest;
import busbar.api.device.GroupType;
import busbar.api.device.MappedRegion;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A container ({@code container.c}): groups that share one set of mappings in one backend.
 *
 * <p>It lives as long as its file is open or a group is in it.
 */
final class Container {
  private static final System.Logger LOG = System.getLogger(Container.class.getName());
  private static final long LOSE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final String name;
  private final String client;
  private final Containers containers;
  private final Backends backends;

  /**
   * Guards the list of groups and the choice of the backend. Held while a backend is opened, gets
   * or loses groups and is released: that is what serialises those calls for it.
   */
  final ReentrantLock groupsLock = new ReentrantLock();

  /** Newest first, as the kernel keeps them. */
  private final List<Group> groups = new CopyOnWriteArrayList<>();

  private volatile Attachment attachment;
  private volatile String lostBecause;
  private volatile List<Finding> lastMatching = List.of();
  private boolean fileOpen = true;

  Container(String name, String client, Containers containers, Backends backends) {
    this.name = name;
    this.client = client;
    this.containers = containers;
    this.backends = backends;
  }

  String name() {
    return name;
  }

  String client() {
    return client;
  }

  /** The groups, oldest first. */
  List<Group> groups() {
    return new ArrayList<>(groups).reversed();
  }

  /** What it chose, {@code null} if nothing. */
  Attachment attachment() {
    return attachment;
  }

  /** What the backends answered when it last chose. */
  List<Finding> lastMatching() {
    return lastMatching;
  }

  /**
   * The kind of the groups in it; all are unprotected or none is.
   *
   * @return {@code null} if it has none
   */
  GroupType groupType() {
    return groups.stream().findFirst().map(Group::type).orElse(null);
  }

  long checkExtension(ClientCaller caller, MemorySegment extension) {
    Attachment now = attachment;
    if (now != null) {
      return now.ioctl(caller, VfioHeader.VFIO_CHECK_EXTENSION, extension);
    }
    return Matching.checkExtension(backends, groupType(), caller, extension);
  }

  long setIommu(ClientCaller caller, long type) {
    Attachment chosen;
    List<Group> served;
    groupsLock.lock();
    try {
      if (groups.isEmpty()) {
        throw Errno.EINVAL.because("%s has no group yet", name);
      }
      if (attachment != null) {
        throw Errno.EINVAL.because("%s has chosen %s already", name, attachment.backend());
      }
      Matching matching = new Matching(this, groups, caller, type);
      try {
        attachment = matching.choose(backends);
        lostBecause = null;
      } finally {
        lastMatching = matching.findings();
        groups.forEach(group -> group.explainMatching(lastMatching));
      }
      chosen = attachment;
      served = groups();
      if (chosen.backend().hasDeparted() && giveBack(chosen)) {
        throw Errno.ENODEV.because("%s went away while %s chose it", chosen.backend(), name);
      }
    } finally {
      groupsLock.unlock();
    }
    served.forEach(group -> group.attachmentChanged(chosen));
    return 0;
  }

  /**
   * Takes a choice back whose backend went in the middle of it.
   *
   * @return {@code false} if it was seen in time, and waits for a successor as others do
   */
  private boolean giveBack(Attachment chosen) {
    if (!chosen.tryTurn(LOSE_NANOS)) {
      return false;
    }
    try {
      if (chosen.gate.isPaused()) {
        return false;
      }
      attachment = null;
      chosen.lose(chosen.backend() + " of " + name + " is gone", groups);
      return true;
    } finally {
      chosen.turn.unlock();
    }
  }

  long ioctl(ClientCaller caller, int command, MemorySegment argument) {
    return chosen().ioctl(caller, command, argument);
  }

  int read(ClientCaller caller, MemorySegment buffer) {
    return chosen().read(caller, buffer);
  }

  int write(ClientCaller caller, MemorySegment buffer) {
    return chosen().write(caller, buffer);
  }

  MappedRegion mmap(ClientCaller caller, MmapRequest request) {
    Attachment now = attachment;
    if (now == null) {
      throw Errno.ENODEV.because("%s has nothing to map", name);
    }
    return now.mmap(caller, request);
  }

  private Attachment chosen() {
    Attachment now = attachment;
    if (now != null) {
      return now;
    }
    String lost = lostBecause;
    throw lost != null
        ? Errno.ENODEV.because(lost)
        : Errno.EINVAL.because("%s has no IOMMU backend yet", name);
  }

  /**
   * Puts a group in. Called with the group's lock.
   *
   * @throws VfioException {@code EPERM}, {@code EBUSY} or what the backend says; the group is free
   *     then
   */
  void attach(Group group, ClientCaller caller) {
    if (group.type() == GroupType.NO_IOMMU && !caller.has(Capability.SYS_RAWIO)) {
      throw Errno.EPERM.because("%s is unprotected and needs SYS_RAWIO", group);
    }
    groupsLock.lock();
    try {
      GroupType mine = groupType();
      if (mine != null && (mine == GroupType.NO_IOMMU) != (group.type() == GroupType.NO_IOMMU)) {
        throw Errno.EPERM.because(
            "%s has %s, %s cannot join: unprotected and protected groups do not mix",
            name, groups.getFirst(), group);
      }
      group.ownership().claim(group);
      Attachment now = attachment;
      if (now != null) {
        try {
          now.attach(group.iommuGroup(), group.type());
        } catch (VfioException e) {
          group.ownership().release(group);
          throw e;
        }
      }
      groups.addFirst(group);
    } finally {
      groupsLock.unlock();
    }
  }

  /** Takes a group out; with the last one the backend goes. Called with the group's lock. */
  void detach(Group group) {
    groupsLock.lock();
    try {
      Attachment now = attachment;
      if (now != null) {
        if (groups.size() == 1) {
          now.leave();
        }
        now.detach(group.iommuGroup());
      }
      group.ownership().release(group);
      groups.remove(group);
      if (groups.isEmpty()) {
        lostBecause = null;
        if (now != null) {
          attachment = null;
          now.release(name);
        }
        forgetIfUnused();
      }
    } finally {
      groupsLock.unlock();
    }
  }

  /** The backend's service is gone: operations fail until the container chooses again. */
  void lose(BackendEntry<?> backend) {
    // one that is being chosen just now is seen to have departed by who chooses it
    if (!uses(backend) || !lockGroups(backend)) {
      return;
    }
    try {
      Attachment now = attachment;
      if (uses(backend)) {
        lostBecause = backend + " of " + name + " is gone; its mappings with it";
        attachment = null;
        now.lose(lostBecause, groups);
      }
    } finally {
      groupsLock.unlock();
    }
  }

  /**
   * No successor came for its backend. First calls are refused, then the gate is opened, then the
   * choice is forgotten: who waits at the gate may hold the lock of the groups.
   */
  void loseHeld(Attachment lost, String because, Runnable opening) {
    lost.refuse(because, groups);
    opening.run();
    if (!lockGroups(lost.backend())) {
      return;
    }
    try {
      if (attachment == lost) {
        lostBecause = because;
        attachment = null;
      }
    } finally {
      groupsLock.unlock();
    }
  }

  private boolean uses(BackendEntry<?> backend) {
    Attachment now = attachment;
    return now != null && now.backend() == backend;
  }

  /** A backend that hangs in a call with the lock must not keep the framework from removing it. */
  private boolean lockGroups(BackendEntry<?> backend) {
    boolean locked = Locks.tryLock(groupsLock, LOSE_NANOS);
    if (!locked) {
      LOG.log(System.Logger.Level.ERROR, "{0} goes while a call of {1} hangs in it", backend, name);
    }
    return locked;
  }

  /** The last descriptor is gone. */
  void fileClosed() {
    groupsLock.lock();
    try {
      fileOpen = false;
      forgetIfUnused();
    } finally {
      groupsLock.unlock();
    }
  }

  private void forgetIfUnused() {
    if (!fileOpen && groups.isEmpty()) {
      containers.forget(this);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
