package busbar.registry;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.Explanation.Finding;
import busbar.api.client.OpenMode;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A group with at least one VFIO device ({@code group.c}): one open file, at most one container,
 * and so many users of the container as devices of it are open.
 */
final class Group {
  private final GroupType type;
  private final IommuGroup iommuGroup;
  private final Ownership ownership;

  /**
   * Guards the open file, the container and its users; held while a container is joined or left.
   */
  private final ReentrantLock groupLock = new ReentrantLock();

  /** Those that can be opened, newest first, as the kernel keeps them. */
  private final List<DeviceObject> devices = new CopyOnWriteArrayList<>();

  private volatile GroupFile openFile;
  private volatile Container container;
  private volatile boolean vanished;
  private volatile List<Finding> lastMatching = List.of();

  /** 1 for the container itself and 1 for each open device. */
  private int containerUsers;

  /** Devices that are registered or not yet let go; guarded by the directory of groups. */
  int members;

  Group(GroupType type, IommuGroup iommuGroup, Ownership ownership) {
    this.type = type;
    this.iommuGroup = iommuGroup;
    this.ownership = ownership;
  }

  int id() {
    return iommuGroup.id();
  }

  GroupType type() {
    return type;
  }

  IommuGroup iommuGroup() {
    return iommuGroup;
  }

  Ownership ownership() {
    return ownership;
  }

  /** The node below {@code /dev/vfio}. */
  String node() {
    return type == GroupType.NO_IOMMU ? "noiommu-" + id() : Integer.toString(id());
  }

  Container container() {
    return container;
  }

  Optional<GroupFile> openFile() {
    return Optional.ofNullable(openFile);
  }

  void add(DeviceObject device) {
    devices.addFirst(device);
  }

  /** Whether a device of it can still be opened. */
  boolean hasDevices() {
    return !devices.isEmpty();
  }

  void withdraw(DeviceObject device) {
    devices.remove(device);
  }

  void explainMatching(List<Finding> findings) {
    lastMatching = findings;
  }

  List<Finding> lastMatching() {
    return lastMatching;
  }

  GroupFile open(OpenMode mode, ClientCaller caller) {
    groupLock.lock();
    try {
      if (vanished) {
        throw gone();
      }
      if (type == GroupType.NO_IOMMU && !caller.has(Capability.SYS_RAWIO)) {
        throw Errno.EPERM.because(
            "%s is unprotected, %s lacks SYS_RAWIO", this, caller.clientName());
      }
      if (openFile != null) {
        throw Errno.EBUSY.because("%s is open by %s", this, openFile.openedBy());
      }
      openFile = new GroupFile(mode, this, caller.clientName());
      return openFile;
    } finally {
      groupLock.unlock();
    }
  }

  /** The last reference to the file is gone: no device is open. */
  void fileClosed() {
    groupLock.lock();
    try {
      leaveContainer();
      openFile = null;
    } finally {
      groupLock.unlock();
    }
  }

  boolean hasContainer() {
    return container != null;
  }

  /** Why a container cannot have it; empty if it can. */
  Optional<String> notViable() {
    return hasContainer() ? Optional.empty() : ownership.culprit();
  }

  void checkPresent() {
    if (vanished) {
      throw gone();
    }
  }

  private VfioException gone() {
    return Errno.ENODEV.because("%s has no device any more", this);
  }

  void setContainer(OpenFile file, ClientCaller caller) {
    groupLock.lock();
    try {
      if (container != null) {
        throw Errno.EINVAL.because("%s is in %s already", this, container);
      }
      checkPresent();
      if (!(file instanceof ContainerFile target)) {
        throw Errno.EBADFD.because("%s is no container", file.description());
      }
      target.container().attach(this, caller);
      container = target.container();
      containerUsers = 1;
    } finally {
      groupLock.unlock();
    }
  }

  void unsetContainer() {
    groupLock.lock();
    try {
      if (container == null) {
        throw Errno.EINVAL.because("%s is in no container", this);
      }
      if (containerUsers != 1) {
        throw Errno.EBUSY.because("%s has %d devices open", this, containerUsers - 1);
      }
      leaveContainer();
    } finally {
      groupLock.unlock();
    }
  }

  private void leaveContainer() {
    Container left = container;
    if (left != null) {
      left.detach(this);
      container = null;
      containerUsers = 0;
    }
  }

  /**
   * The first open of a device uses the container: it and the group's file stay until {@link
   * #unuse}.
   *
   * @return what the container has chosen
   */
  Attachment use(ClientCaller caller) {
    groupLock.lock();
    try {
      checkHasContainer();
      Attachment attachment = container.attachment();
      if (attachment == null) {
        throw Errno.EINVAL.because("%s of %s has no IOMMU backend", container, this);
      }
      if (type == GroupType.NO_IOMMU && !caller.has(Capability.SYS_RAWIO)) {
        throw Errno.EPERM.because(
            "%s is unprotected, %s lacks SYS_RAWIO", this, caller.clientName());
      }
      if (!openFile.acquire()) {
        throw Errno.EBADF.because("%s is closed", this);
      }
      containerUsers++;
      return attachment;
    } finally {
      groupLock.unlock();
    }
  }

  void checkHasContainer() {
    if (container == null) {
      throw Errno.EINVAL.because("%s is in no container", this);
    }
  }

  void unuse() {
    GroupFile file;
    groupLock.lock();
    try {
      containerUsers--;
      file = openFile;
    } finally {
      groupLock.unlock();
    }
    file.release();
  }

  /** The device that a text means, held so that it cannot be unregistered. */
  DeviceObject find(ClientCaller caller, String text) {
    for (DeviceObject device : devices) {
      if (device.matches(caller, text) && device.acquire()) {
        return device;
      }
    }
    throw Errno.ENODEV.because("%s has no device %s", this, text);
  }

  /** The container chose, maybe again, while devices are open. */
  void attachmentChanged(Attachment attachment) {
    devices.forEach(device -> device.attachmentChanged(attachment));
  }

  /** The last device left: whoever has the file open finds nothing behind it. */
  void vanish() {
    groupLock.lock();
    try {
      vanished = true;
      leaveContainer();
    } finally {
      groupLock.unlock();
    }
  }

  @Override
  public String toString() {
    return "group " + node();
  }
}
