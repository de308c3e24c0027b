package busbar.machine.internal.description;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * What must be unique or must exist across a whole description, with the place where it was said.
 */
final class Places {
  /** Address spaces that windows lie in. */
  enum Space {
    MEMORY,
    PORTS
  }

  private record Window(String owner, long start, long size) {}

  private record Member(Node node, OptionalInt group) {}

  private record Reference(Node node, String target) {}

  private final Refusals refusals;
  private final Map<String, Member> devices = new HashMap<>();
  private final Map<Integer, Map<String, Node>> groups = new HashMap<>();
  private final Map<String, Integer> groupOfMember = new HashMap<>();
  private final Map<Space, TreeMap<Long, Window>> windows = new HashMap<>();
  private final List<Reference> parents = new ArrayList<>();
  private final List<Reference> hostDrivers = new ArrayList<>();
  private final Set<String> bridges = new java.util.HashSet<>();
  private final Set<String> virtual = new java.util.HashSet<>();

  Places(Refusals refusals) {
    this.refusals = refusals;
  }

  void device(Node node, String name, OptionalInt group) {
    Member before = devices.put(name, new Member(node, group));
    if (before != null) {
      throw refusals.refuse(
          node, "%s stands here twice, first in line %d", name, before.node().line());
    }
  }

  /** A device that comes later: its group need not be in the list of groups. */
  void virtualDevice(Node node, String name, OptionalInt group) {
    device(node, name, group);
    virtual.add(name);
  }

  void bridge(String name) {
    bridges.add(name);
  }

  void parent(Node node, String name) {
    parents.add(new Reference(node, name));
  }

  void hostDriver(Node node, String name) {
    hostDrivers.add(new Reference(node, name));
  }

  void window(Node node, String owner, long start, long size, Space space) {
    TreeMap<Long, Window> taken = windows.computeIfAbsent(space, s -> new TreeMap<>());
    Map.Entry<Long, Window> below = taken.lowerEntry(start + size);
    if (below != null && below.getValue().start() + below.getValue().size() > start) {
      throw refusals.refuse(
          node,
          "the %s 0x%x-0x%x of %s overlap those of %s at 0x%x",
          space == Space.MEMORY ? "addresses" : "ports",
          start,
          start + size - 1,
          owner,
          below.getValue().owner(),
          below.getValue().start());
    }
    taken.put(start, new Window(owner, start, size));
  }

  void group(Node node, int id, List<Node> members) {
    Map<String, Node> byName = new HashMap<>();
    for (Node member : members) {
      String name = String.valueOf(member.value());
      byName.put(name, member);
      Integer other = groupOfMember.put(name, id);
      if (other != null) {
        throw refusals.refuse(member, "%s is in two groups, %d and %d", name, other, id);
      }
    }
    if (groups.put(id, byName) != null) {
      throw refusals.refuse(node, "group %d stands here twice", id);
    }
  }

  void checkParents() {
    for (Reference parent : parents) {
      if (!devices.containsKey(parent.target())) {
        throw refusals.refuse(parent.node(), "there is no bridge %s", parent.target());
      }
      if (!bridges.contains(parent.target())) {
        throw refusals.refuse(parent.node(), "%s is no bridge", parent.target());
      }
    }
  }

  void checkGroups(boolean noIommu) {
    groups.forEach(
        (id, members) ->
            members.forEach(
                (name, node) -> {
                  Member device = devices.get(name);
                  if (device == null) {
                    throw refusals.refuse(node, "group %d has an unknown member, %s", id, name);
                  }
                  if (device.group().isEmpty() || device.group().getAsInt() != id) {
                    throw refusals.refuse(
                        node,
                        "%s is a member of group %d, but names %s itself (line %d)",
                        name,
                        id,
                        device.group().isEmpty() ? "none" : device.group().getAsInt(),
                        device.node().line());
                  }
                }));
    devices.forEach(
        (name, device) -> {
          if (device.group().isEmpty()) {
            return;
          }
          int id = device.group().getAsInt();
          if (noIommu) {
            throw refusals.refuse(
                device.node(), "%s is in group %d, but the machine has no IOMMU", name, id);
          }
          boolean listed = groups.getOrDefault(id, Map.of()).containsKey(name);
          if (!listed && !virtual.contains(name)) {
            throw refusals.refuse(
                device.node(), "%s names group %d, which does not list it", name, id);
          }
        });
  }

  void checkHostDrivers(Set<String> known) {
    for (Reference driver : hostDrivers) {
      if (!known.contains(driver.target())) {
        throw refusals.refuse(
            driver.node(), "there is no host driver '%s' in hostDrivers", driver.target());
      }
    }
  }
}
