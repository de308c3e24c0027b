package busbar.registry;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The containers that exist. */
final class Containers {
  private final Backends backends;
  private final AtomicInteger numbers = new AtomicInteger();
  private final List<Container> containers = new CopyOnWriteArrayList<>();

  Containers(Backends backends) {
    this.backends = backends;
  }

  Container create(String client) {
    String name = "container-" + numbers.incrementAndGet();
    Container container = new Container(name, client, this, backends);
    containers.add(container);
    return container;
  }

  void forget(Container container) {
    containers.remove(container);
  }

  List<Container> all() {
    return containers;
  }
}
