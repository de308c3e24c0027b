package busbar.load;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.client.Container;
import busbar.client.DmaAccess;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Maps and unmaps pages, and sees that they are mapped and are not. */
final class MappingWork implements Work {
  private static final long BASE = 0x800_0000;
  private static final long PAGE = 4096;
  private static final int SLOTS = 64;
  private static final int KEPT = 8;

  private final List<Card> cards;
  private final List<Deque<Long>> mapped = List.of(new ArrayDeque<>(), new ArrayDeque<>());
  private final long[] vaddrs = new long[2];
  private final Tally tally;
  private int rounds;

  MappingWork(Card edu, Card mtty, Tally tally) {
    this.cards = List.of(edu, mtty);
    this.tally = tally;
    for (int i = 0; i < cards.size(); i++) {
      vaddrs[i] = cards.get(i).session.client().memory().allocate(PAGE * KEPT);
    }
  }

  @Override
  public String name() {
    return "mappings";
  }

  @Override
  public void round() {
    int which = rounds++ & 1;
    Container container = cards.get(which).session.container();
    Deque<Long> here = mapped.get(which);
    long at = (rounds >>> 1) % SLOTS;
    long iova = BASE + at * PAGE;
    container.map(vaddrs[which] + at % KEPT * PAGE, iova, PAGE, DmaAccess.READ_WRITE);
    here.add(iova);
    refused(container, vaddrs[which], iova);
    tally.operations.add(2);
    if (here.size() > KEPT) {
      unmap(container, here.remove());
    }
  }

  private void refused(Container container, long vaddr, long iova) {
    try {
      container.map(vaddr, iova, PAGE, DmaAccess.READ_WRITE);
      tally.failed("mapping", new IllegalStateException("0x%x twice".formatted(iova)));
    } catch (VfioException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  private void unmap(Container container, long iova) {
    long bytes = container.unmap(iova, PAGE);
    long again = container.unmap(iova, PAGE);
    if (bytes != PAGE || again != 0) {
      tally.failed(
          "unmapping",
          new IllegalStateException(
              "%d bytes at 0x%x, then another %d".formatted(bytes, iova, again)));
    }
    tally.operations.add(2);
  }

  /** Takes back what is mapped still. */
  void end() {
    for (int which = 0; which < cards.size(); which++) {
      Container container = cards.get(which).session.container();
      mapped.get(which).forEach(iova -> unmap(container, iova));
      mapped.get(which).clear();
    }
  }
}
