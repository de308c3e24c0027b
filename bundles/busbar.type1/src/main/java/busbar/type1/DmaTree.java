package busbar.type1;

import java.util.List;

/**
 * The mappings of a container by address, never overlapping: a red-black tree whose nodes are the
 * mappings themselves (Cormen et al., Introduction to Algorithms, chapter 13). Guarded by the
 * container's lock.
 */
final class DmaTree {
  private DmaMapping root;
  private int size;

  /** A tree of mappings that are in order of their addresses, in linear time. */
  static DmaTree ofSorted(List<DmaMapping> sorted) {
    DmaTree tree = new DmaTree();
    tree.size = sorted.size();
    // all levels are full but the deepest: its nodes are red, all others black
    int deepest = Integer.SIZE - Integer.numberOfLeadingZeros(sorted.size()) - 1;
    tree.root = build(sorted, 0, sorted.size(), 0, deepest);
    if (tree.root != null) {
      tree.root.setRed(false);
    }
    return tree;
  }

  private static DmaMapping build(
      List<DmaMapping> sorted, int from, int to, int level, int deepest) {
    if (from == to) {
      return null;
    }
    int middle = from + to >>> 1;
    DmaMapping mapping = sorted.get(middle);
    adopt(mapping, build(sorted, from, middle, level + 1, deepest), true);
    adopt(mapping, build(sorted, middle + 1, to, level + 1, deepest), false);
    mapping.setRed(level == deepest);
    return mapping;
  }

  /** Takes all mappings of a tree that is not used any more. */
  void takeOver(DmaTree other) {
    root = other.root;
    size = other.size;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return root == null;
  }

  /**
   * The lowest mapping that has a byte in the range.
   *
   * @param first its first address
   * @param last its last address
   * @return {@code null} if there is none
   */
  DmaMapping firstOverlapping(long first, long last) {
    DmaMapping found = null;
    for (DmaMapping at = root; at != null; ) {
      if (Long.compareUnsigned(at.last(), first) >= 0) {
        found = at;
        if (Long.compareUnsigned(at.iova, first) <= 0) {
          break;
        }
        at = at.left;
      } else {
        at = at.right;
      }
    }
    return found == null || Long.compareUnsigned(found.iova, last) > 0 ? null : found;
  }

  /** The mapping that holds the address, or {@code null}. */
  DmaMapping at(long iova) {
    return firstOverlapping(iova, iova);
  }

  DmaMapping first() {
    return root == null ? null : lowest(root);
  }

  /** The mapping with the next higher address, or {@code null}. */
  DmaMapping next(DmaMapping mapping) {
    if (mapping.right != null) {
      return lowest(mapping.right);
    }
    DmaMapping child = mapping;
    DmaMapping up = mapping.parent;
    while (up != null && child == up.right) {
      child = up;
      up = up.parent;
    }
    return up;
  }

  private static DmaMapping lowest(DmaMapping from) {
    DmaMapping at = from;
    while (at.left != null) {
      at = at.left;
    }
    return at;
  }

  /** Adds a mapping that overlaps none. */
  void insert(DmaMapping added) {
    DmaMapping parent = null;
    boolean below = false;
    for (DmaMapping at = root; at != null; at = below ? at.left : at.right) {
      parent = at;
      below = Long.compareUnsigned(added.iova, at.iova) < 0;
    }
    added.parent = parent;
    added.left = null;
    added.right = null;
    if (parent == null) {
      root = added;
    } else if (below) {
      parent.left = added;
    } else {
      parent.right = added;
    }
    size++;
    added.setRed(true);
    balanceAfterInsert(added);
  }

  private void balanceAfterInsert(DmaMapping added) {
    DmaMapping at = added;
    while (at != root && at.parent.isRed()) {
      DmaMapping parent = at.parent;
      DmaMapping grandparent = parent.parent;
      boolean onLeft = parent == grandparent.left;
      DmaMapping uncle = onLeft ? grandparent.right : grandparent.left;
      if (isRed(uncle)) {
        parent.setRed(false);
        uncle.setRed(false);
        grandparent.setRed(true);
        at = grandparent;
        continue;
      }
      if (at == (onLeft ? parent.right : parent.left)) {
        rotate(parent, onLeft);
        parent = at;
      }
      parent.setRed(false);
      grandparent.setRed(true);
      rotate(grandparent, !onLeft);
      break;
    }
    root.setRed(false);
  }

  /** Takes out a mapping that is in the tree. */
  void remove(DmaMapping removed) {
    size--;
    DmaMapping hole; // what moved up, perhaps nothing, and under whom
    DmaMapping holeParent;
    boolean blackIsMissing;
    if (removed.left != null && removed.right != null) {
      DmaMapping heir = lowest(removed.right);
      blackIsMissing = !heir.isRed();
      hole = heir.right;
      if (heir.parent == removed) {
        holeParent = heir;
      } else {
        holeParent = heir.parent;
        replace(heir, hole);
        adopt(heir, removed.right, false);
      }
      replace(removed, heir);
      adopt(heir, removed.left, true);
      heir.setRed(removed.isRed());
    } else {
      blackIsMissing = !removed.isRed();
      hole = removed.left != null ? removed.left : removed.right;
      holeParent = removed.parent;
      replace(removed, hole);
    }
    removed.parent = null;
    removed.left = null;
    removed.right = null;
    if (blackIsMissing) {
      balanceAfterRemove(hole, holeParent);
    }
  }

  private void balanceAfterRemove(DmaMapping hole, DmaMapping holeParent) {
    DmaMapping at = hole;
    DmaMapping parent = holeParent;
    while (at != root && !isRed(at)) {
      boolean onLeft = at == parent.left;
      DmaMapping sibling = onLeft ? parent.right : parent.left;
      if (sibling.isRed()) {
        sibling.setRed(false);
        parent.setRed(true);
        rotate(parent, onLeft);
        sibling = onLeft ? parent.right : parent.left;
      }
      DmaMapping far = onLeft ? sibling.right : sibling.left;
      DmaMapping near = onLeft ? sibling.left : sibling.right;
      if (!isRed(far) && !isRed(near)) {
        sibling.setRed(true);
        at = parent;
        parent = at.parent;
        continue;
      }
      if (!isRed(far)) {
        near.setRed(false);
        sibling.setRed(true);
        rotate(sibling, !onLeft);
        sibling = near;
        far = onLeft ? sibling.right : sibling.left;
      }
      sibling.setRed(parent.isRed());
      parent.setRed(false);
      far.setRed(false);
      rotate(parent, onLeft);
      at = root;
    }
    if (at != null) {
      at.setRed(false);
    }
  }

  /** Forgets all mappings; they keep what they know of each other. */
  void clear() {
    root = null;
    size = 0;
  }

  private static boolean isRed(DmaMapping mapping) {
    return mapping != null && mapping.isRed();
  }

  private void replace(DmaMapping old, DmaMapping with) {
    DmaMapping parent = old.parent;
    if (parent == null) {
      root = with;
    } else if (parent.left == old) {
      parent.left = with;
    } else {
      parent.right = with;
    }
    if (with != null) {
      with.parent = parent;
    }
  }

  private static void adopt(DmaMapping parent, DmaMapping child, boolean onLeft) {
    if (onLeft) {
      parent.left = child;
    } else {
      parent.right = child;
    }
    if (child != null) {
      child.parent = parent;
    }
  }

  /** Turns a mapping down to the left, its right child takes its place; or the other way round. */
  private void rotate(DmaMapping down, boolean toLeft) {
    DmaMapping up = toLeft ? down.right : down.left;
    adopt(down, toLeft ? up.left : up.right, !toLeft);
    replace(down, up);
    adopt(up, down, toLeft);
  }
}
