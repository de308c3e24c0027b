package busbar.load;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.client.Container;
import busbar.client.DmaAccess;
import java.util.ArrayDeque;
import java.util.Deque;

/** Maps and unmaps pages, and sees that they are mapped and are not. */
final class Mappings implements Work {
  private static final long BASE = 0x800_0000;
  private static final long PAGE = 4096;
  private static final int SLOTS = 64;
  private static final int KEPT = 8;

  private final Container container;
  private final Deque<Long> mapped = new ArrayDeque<>();
  private final long vaddr;
  private final Tally tally;
  private int rounds;

  Mappings(Card card, Tally tally) {
    this.tally = tally;
    container = card.session.container();
    vaddr = card.session.client().memory().allocate(PAGE * KEPT);
  }

  @Override
  public String name() {
    return "mappings";
  }

  @Override
  public void round() {
    long slot = rounds++ % SLOTS;
    long iova = BASE + slot * PAGE;
    container.map(vaddr + slot % KEPT * PAGE, iova, PAGE, DmaAccess.READ_WRITE);
    mapped.add(iova);
    refused(iova);
    tally.operations.add(2);
    if (mapped.size() > KEPT) {
      unmap(mapped.remove());
    }
  }

  private void refused(long iova) {
    try {
      container.map(vaddr, iova, PAGE, DmaAccess.READ_WRITE);
      tally.failed("mapping", new IllegalStateException("0x%x twice".formatted(iova)));
    } catch (VfioException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  private void unmap(long iova) {
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
    mapped.forEach(this::unmap);
    mapped.clear();
  }
}
