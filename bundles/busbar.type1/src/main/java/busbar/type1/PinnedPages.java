package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.memory.PhysicalMemory;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The pages of one mapping that mediated devices have pinned, each with a use count. */
final class PinnedPages {
  /** One page; {@code uses} is at least 1. */
  static final class Page {
    final long iova;
    final long physical;
    int uses;

    Page(long iova, long physical, int uses) {
      this.iova = iova;
      this.physical = physical;
      this.uses = uses;
    }
  }

  private final Map<Long, Page> pages = new HashMap<>();

  Page at(long iova) {
    return pages.get(iova);
  }

  void add(Page page) {
    pages.put(page.iova, page);
  }

  void remove(Page page) {
    pages.remove(page.iova);
  }

  boolean isEmpty() {
    return pages.isEmpty();
  }

  /** Distinct pages. */
  int count() {
    return pages.size();
  }

  Collection<Page> all() {
    return pages.values();
  }

  /** Distinct pages in a range. */
  long countIn(long iova, long size) {
    long count = 0;
    for (Page page : pages.values()) {
      if (Long.compareUnsigned(page.iova - iova, size) < 0) {
        count++;
      }
    }
    return count;
  }

  /** Lets go of all pages, whatever their use count. */
  void unpinAll(PhysicalMemory memory) {
    for (Page page : pages.values()) {
      memory.unpin(page.physical, PAGE);
    }
    pages.clear();
  }
}
