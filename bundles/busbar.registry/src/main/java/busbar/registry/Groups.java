package busbar.registry;

import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuGroup;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;

/**
 * The groups that have a node, who owns DMA of which IOMMU group, and the numbers of synthetic
 * ones.
 */
final class Groups {
  private static final System.Logger LOG = System.getLogger(Groups.class.getName());

  /**
   * Mediated groups are numbered from here: hardware numbers its own groups from 0, also later,
   * when virtual functions appear, and cannot know ours.
   */
  private static final int FIRST_EMULATED = 1024;

  /** Guards all below. Nothing is called with it but hardware's own look-ups. */
  private final Object groupsLock = new Object();

  private final Map<String, Group> nodes = new TreeMap<>();
  private final Map<IommuGroup, Group> byIommuGroup = new IdentityHashMap<>();
  private final Set<SyntheticGroup> synthetic = new HashSet<>();

  /** Numbers of synthetic groups, and of groups that have a node: to find a free one at once. */
  private final BitSet syntheticIds = new BitSet();

  private final BitSet nodeIds = new BitSet();
  private final List<Iommu> iommus = new ArrayList<>();

  /**
   * Identity counts for IOMMU groups, which have no equality of their own; entries go with them.
   */
  private final Map<IommuGroup, Ownership> owners = new WeakHashMap<>();

  Group byNode(String node) {
    synchronized (groupsLock) {
      return nodes.get(node);
    }
  }

  /** All that have a node: real ones first, by id. */
  List<Group> all() {
    synchronized (groupsLock) {
      List<Group> all = new ArrayList<>(nodes.values());
      all.sort(
          Comparator.comparing((Group group) -> group.type() != GroupType.IOMMU)
              .thenComparingInt(Group::id));
      return all;
    }
  }

  /** The group with a node that isolates an IOMMU group, or {@code null}. */
  Group of(IommuGroup iommuGroup) {
    synchronized (groupsLock) {
      return byIommuGroup.get(iommuGroup);
    }
  }

  Ownership ownership(IommuGroup iommuGroup) {
    synchronized (groupsLock) {
      return owners.computeIfAbsent(iommuGroup, Ownership::new);
    }
  }

  void add(Iommu iommu) {
    synchronized (groupsLock) {
      iommus.add(iommu);
      Set<Integer> real = realIds();
      for (SyntheticGroup group : List.copyOf(synthetic)) {
        if (group.groupType() == GroupType.EMULATED && real.contains(group.id())) {
          makeRoom(group);
        }
      }
    }
  }

  void remove(Iommu iommu) {
    synchronized (groupsLock) {
      iommus.remove(iommu);
    }
  }

  /** A mediated device was there before the IOMMU whose group has the same number. */
  private void makeRoom(SyntheticGroup clashing) {
    Group group = byIommuGroup.get(clashing);
    if (group != null && group.openFile().isPresent()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} is open and keeps a number of an IOMMU''s group",
          group);
      return;
    }
    if (group != null) {
      nodes.remove(group.node());
      nodeIds.clear(clashing.id());
    }
    syntheticIds.clear(clashing.id());
    clashing.renumber(nextFreeId(FIRST_EMULATED));
    syntheticIds.set(clashing.id());
    if (group != null) {
      nodes.put(group.node(), group);
      nodeIds.set(clashing.id());
    }
  }

  /** A group of its own for a device without one; {@link #discard} takes it back. */
  SyntheticGroup synthesize(GroupType type, String device) {
    synchronized (groupsLock) {
      int first = type == GroupType.EMULATED ? FIRST_EMULATED : 0;
      SyntheticGroup group = new SyntheticGroup(type, device, nextFreeId(first));
      synthetic.add(group);
      syntheticIds.set(group.id());
      return group;
    }
  }

  void discard(IommuGroup group) {
    synchronized (groupsLock) {
      if (group instanceof SyntheticGroup mine && synthetic.remove(mine)) {
        syntheticIds.clear(mine.id());
      }
    }
  }

  private int nextFreeId(int first) {
    BitSet taken = (BitSet) syntheticIds.clone();
    taken.or(nodeIds);
    realIds().forEach(taken::set);
    return taken.nextClearBit(first);
  }

  private Set<Integer> realIds() {
    Set<Integer> ids = new HashSet<>();
    for (Iommu iommu : iommus) {
      iommu.groups().forEach(group -> ids.add(group.id()));
    }
    return ids;
  }

  /** A device is registered: its group gets a node if it has none. */
  Group join(DeviceObject device, IommuGroup iommuGroup, GroupType type) {
    Ownership ownership = ownership(iommuGroup);
    synchronized (groupsLock) {
      Group group = byIommuGroup.get(iommuGroup);
      if (group == null) {
        group = new Group(type, iommuGroup, ownership);
        Group there = nodes.get(group.node());
        // a group of virtual functions appears later than the mediated devices of the start
        if (there != null && there.iommuGroup() instanceof SyntheticGroup clashing) {
          makeRoom(clashing);
        }
        if (there != null && !there.hasDevices()) {
          // its devices are gone with their machine; files on it live on without a node
          nodes.remove(there.node(), there);
        }
        if (nodes.containsKey(group.node())) {
          throw Errno.EBUSY.because("another %s exists", group);
        }
        nodes.put(group.node(), group);
        byIommuGroup.put(iommuGroup, group);
        nodeIds.set(group.id());
      }
      group.members++;
      return group;
    }
  }

  /** A device is let go; with the last one the node goes, and the group with it. */
  void leave(Group group) {
    synchronized (groupsLock) {
      if (--group.members > 0) {
        return;
      }
      byIommuGroup.remove(group.iommuGroup());
      if (nodes.remove(group.node(), group)) {
        nodeIds.clear(group.id());
      }
      discard(group.iommuGroup());
    }
    group.vanish();
  }
}
