package busbar.registry;

import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.api.swap.Candidate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A backend whose containers can be handed over. */
final class HandingBackend extends FakeBackend implements HandoverOps<FakeBackend.Instance> {
  final Candidate candidate;
  final List<String> protocol = new CopyOnWriteArrayList<>();
  volatile int version = 1;
  volatile Consumer<Instance> onSave = instance -> {};
  volatile Consumer<Instance> onRestore = instance -> {};

  HandingBackend(int number) {
    super("handing", Set.of(Rig.TYPE));
    candidate = new Candidate("handing", "test.handing", number + ".0.0", number);
  }

  @Override
  public int stateVersion() {
    return version;
  }

  @Override
  public String stateKind() {
    return "handing";
  }

  @Override
  public StateRecord save(Instance instance) {
    protocol.add("save");
    onSave.accept(instance);
    return new StateRecord("handing", version, Map.of("groups", List.copyOf(instance.groups)));
  }

  @Override
  public void restore(Instance fresh, StateRecord state) {
    state.expect("handing", version);
    protocol.add("restore");
    onRestore.accept(fresh);
    if (!fresh.groups.isEmpty()) {
      throw Errno.EINVAL.because("it has groups already");
    }
    fresh.groups.addAll(state.list("groups", IommuGroup.class));
  }

  @Override
  public void resume(Instance instance) {
    protocol.add("resume");
  }

  @Override
  public void forget(Instance instance) {
    protocol.add("forget");
    instance.groups.clear();
  }
}
