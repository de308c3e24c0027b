package busbar.registry;

import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.api.swap.Candidate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A driver whose open devices can be handed over; what it is told is checked against the protocol.
 */
final class HandingDriver extends FakeDriver implements HandoverOps<FakeDriver.Data> {
  final Candidate candidate;
  final List<String> protocol = new CopyOnWriteArrayList<>();
  private final Set<Data> saved = ConcurrentHashMap.newKeySet();
  private final Set<Data> forgotten = ConcurrentHashMap.newKeySet();
  volatile int version = 1;
  volatile String kind = "fake";
  volatile Consumer<Data> onSave = data -> {};
  volatile Consumer<Data> onRestore = data -> {};
  volatile Consumer<Data> onProbe = data -> {};
  volatile Consumer<Data> onForget = data -> {};

  /**
   * A version of the driver called {@code fake}; the version's number is that of its bundle, too.
   */
  HandingDriver(int number) {
    this("fake", number);
  }

  HandingDriver(String name, int number) {
    super(name, "fake", 1);
    candidate = new Candidate(name, "test." + name, number + ".0.0", number);
  }

  @Override
  public Data probe(busbar.api.bus.BusDevice device, busbar.api.device.VfioDevice vfio) {
    Data data = super.probe(device, vfio);
    if (vfio.isTakenOver()) {
      protocol.add("take over " + device.name());
    }
    onProbe.accept(data);
    return data;
  }

  @Override
  public int stateVersion() {
    return version;
  }

  @Override
  public String stateKind() {
    return kind;
  }

  @Override
  public StateRecord save(Data data) {
    if (data.inside.get() != 0) {
      violations.add("save while an operation is inside");
    }
    protocol.add("save " + data.device.name());
    onSave.accept(data);
    saved.add(data);
    return new StateRecord(kind, version, Map.of("bytes", data.bytes.clone(), "open", data.open));
  }

  @Override
  public void restore(Data fresh, StateRecord state) {
    state.expect(kind, version);
    protocol.add("restore " + fresh.device.name());
    onRestore.accept(fresh);
    byte[] bytes = state.get("bytes", byte[].class);
    System.arraycopy(bytes, 0, fresh.bytes, 0, bytes.length);
    fresh.open = state.get("open", Boolean.class);
  }

  @Override
  public void resume(Data data) {
    if (!saved.remove(data)) {
      violations.add("resume without a save");
    }
    protocol.add("resume " + data.device.name());
  }

  @Override
  public void forget(Data data) {
    protocol.add("forget " + data.device.name());
    onForget.accept(data);
    forgotten.add(data);
    saved.remove(data);
    data.open = false;
  }

  @Override
  public void release(Data data) {
    if (forgotten.contains(data)) {
      violations.add("release of what was forgotten");
    }
    super.release(data);
  }
}
