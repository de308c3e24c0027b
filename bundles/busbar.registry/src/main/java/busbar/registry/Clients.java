package busbar.registry;

import busbar.api.Capability;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.client.VfioClient;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The door, and the directory of those who came through it. */
final class Clients implements Vfio {
  private final PhysicalMemory physicalMemory;
  private final Nodes nodes;
  private final Set<ClientImpl> clients = Collections.synchronizedSet(new LinkedHashSet<>());

  Clients(PhysicalMemory physicalMemory, Nodes nodes) {
    this.physicalMemory = physicalMemory;
    this.nodes = nodes;
  }

  @Override
  public VfioClient connect(ClientPolicy policy) {
    ClientImpl client = unlisted(policy);
    add(client);
    return client;
  }

  /** A client that nobody sees, to ask a question in its name. */
  ClientImpl unlisted(ClientPolicy policy) {
    AddressSpace memory = new AddressSpace(policy.name(), physicalMemory);
    memory.setLockedLimitBytes(policy.lockedLimitBytes());
    EnumSet<Capability> capabilities = EnumSet.noneOf(Capability.class);
    capabilities.addAll(policy.capabilities());
    return new ClientImpl(this, policy, memory, Collections.unmodifiableSet(capabilities));
  }

  Nodes nodes() {
    return nodes;
  }

  void add(ClientImpl client) {
    clients.add(client);
  }

  void remove(ClientImpl client) {
    clients.remove(client);
  }

  /** Those who are connected, in the order of their coming. */
  List<ClientImpl> all() {
    synchronized (clients) {
      return new ArrayList<>(clients);
    }
  }

  /** The framework goes: everybody's files are closed. */
  void closeAll() {
    all()
        .forEach(
            client -> Faults.swallow("client " + client.name(), "being closed", client::close));
  }
}
