package busbar.model.mtty;

import busbar.conformance.swap.RandomCalls;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a user sends, the answer is a result or an errno. */
class FuzzTest {
  @Property(seed = "20261122", tries = 30)
  void randomBytesGetAResultOrAnErrno(@ForAll long seed) {
    Card card = new Card(seed % 2 == 0 ? 1 : 2);
    card.eventFd();
    new RandomCalls(seed).make(card.parent, card.mtty, card);
  }
}
