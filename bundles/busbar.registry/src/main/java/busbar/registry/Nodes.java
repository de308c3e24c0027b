package busbar.registry;

import busbar.api.Errno;
import busbar.api.client.OpenMode;

/** The nodes below {@code /dev/vfio}: what a path opens. */
final class Nodes {
  private static final String FOLDER = "/dev/vfio/";

  private final Containers containers;
  private final Groups groups;

  Nodes(Containers containers, Groups groups) {
    this.containers = containers;
    this.groups = groups;
  }

  OpenFile open(String path, OpenMode mode, ClientCaller caller) {
    if (path.equals(FOLDER + "vfio")) {
      return new ContainerFile(mode, containers.create(caller.clientName()));
    }
    if (path.startsWith(FOLDER)) {
      Group group = groups.byNode(path.substring(FOLDER.length()));
      if (group != null) {
        return group.open(mode, caller);
      }
    }
    throw Errno.ENOENT.because("there is no node %s", path);
  }
}
