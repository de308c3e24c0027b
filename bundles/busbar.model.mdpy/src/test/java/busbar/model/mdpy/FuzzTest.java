package busbar.model.mdpy;

import busbar.api.memory.PhysicalMemory;
import busbar.conformance.swap.DeviceStub;
import busbar.conformance.swap.RandomCalls;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a user sends, the answer is a result or an errno. */
class FuzzTest {
  @Property(seed = "20261122", tries = 30)
  void randomBytesGetAResultOrAnErrno(@ForAll long seed) {
    MdpyParent parent = new MdpyParent(4, new PhysicalMemory());
    Mdpy child = parent.create(parent.types().getFirst(), "fuzz", DeviceStub.of("fuzz"));
    new RandomCalls(seed).make(parent, child, null);
  }
}
