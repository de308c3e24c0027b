package busbar.machine.internal.iommu;

import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.ReservedRegion;
import busbar.machine.model.DmaPort;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** An isolation group and where its DMA goes now. */
public class SimGroup implements DmaGroup {
  private final int id;
  private final String type;
  private final List<ReservedRegion> reserved;
  private final SimIommu iommu;
  private volatile List<String> devices;
  private final Object routeLock = new Object();
  private volatile SimDomain domain;
  private volatile Owner owner = Owner.HOST;

  public SimGroup(
      int id,
      String type,
      List<ReservedRegion> reserved,
      Collection<String> devices,
      SimIommu iommu) {
    this.id = id;
    this.type = type;
    this.reserved = List.copyOf(reserved);
    this.devices = List.copyOf(devices);
    this.iommu = iommu;
  }

  SimIommu hardware() {
    return iommu;
  }

  /** The table that translates the group's DMA, {@code null} if none. */
  SimDomain route() {
    return domain;
  }

  Owner owner() {
    return owner;
  }

  @Override
  public DmaPort port(DmaPath path) {
    return new DeviceDma(
        path.device(),
        this,
        path.memory(),
        path.messages(),
        path.busMaster(),
        path.timing(),
        path.scope());
  }

  /** A device came to the group. */
  public void addDevice(String name) {
    synchronized (routeLock) {
      List<String> changed = new ArrayList<>(devices);
      if (!changed.contains(name)) {
        changed.add(name);
      }
      devices = List.copyOf(changed);
    }
  }

  /** A device left it. */
  public void removeDevice(String name) {
    synchronized (routeLock) {
      List<String> changed = new ArrayList<>(devices);
      changed.remove(name);
      devices = List.copyOf(changed);
    }
  }

  void attach(SimDomain to) {
    SimDomain before;
    synchronized (routeLock) {
      before = domain;
      domain = to;
    }
    if (before != null && before != to) {
      before.left(this);
    }
  }

  void detach(SimDomain from) {
    synchronized (routeLock) {
      if (domain == from) {
        domain = null;
      }
    }
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public List<String> devices() {
    return devices;
  }

  @Override
  public List<ReservedRegion> reserved() {
    return reserved;
  }

  @Override
  public Optional<Iommu> iommu() {
    return Optional.ofNullable(iommu);
  }

  @Override
  public Optional<IommuDomain> domain() {
    return Optional.ofNullable(domain);
  }

  @Override
  public void setOwner(Owner wanted) {
    owner = wanted;
  }

  @Override
  public String toString() {
    return "group " + id;
  }
}
