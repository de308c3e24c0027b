package busbar.machine.internal.iommu;

import busbar.api.iommu.Iommu.FaultListener;
import busbar.api.iommu.IommuFault;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The last refused accesses and who is told of them. */
public final class Faults {
  private static final int KEPT = 256;
  private static final Logger LOG = System.getLogger(Faults.class.getName());

  private final ArrayDeque<IommuFault> recent = new ArrayDeque<>(KEPT);
  private final List<FaultListener> listeners = new CopyOnWriteArrayList<>();

  public void report(IommuFault fault) {
    synchronized (recent) {
      if (recent.size() == KEPT) {
        recent.removeFirst();
      }
      recent.addLast(fault);
    }
    for (FaultListener listener : listeners) {
      try {
        listener.fault(fault);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener for faults of the IOMMU failed", e);
      }
    }
  }

  public List<IommuFault> recent() {
    synchronized (recent) {
      return List.copyOf(recent);
    }
  }

  public void add(FaultListener listener) {
    listeners.add(listener);
  }

  public void remove(FaultListener listener) {
    listeners.remove(listener);
  }
}
