package busbar.model.mbochs;

import busbar.api.memory.PhysicalMemory;
import busbar.conformance.swap.RandomCalls;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a user sends, the answer is a result or an errno. */
class FuzzTest {
  @Property(seed = "20261122", tries = 30)
  void randomBytesGetAResultOrAnErrno(@ForAll long seed) {
    MbochsParent parent = new MbochsParent(256, new PhysicalMemory());
    Mbochs child = parent.create(parent.types().getFirst(), "fuzz", null);
    new RandomCalls(seed).make(parent, child, null);
  }
}
