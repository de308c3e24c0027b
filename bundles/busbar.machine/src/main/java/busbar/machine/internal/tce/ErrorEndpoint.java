package busbar.machine.internal.tce;

import busbar.api.Errno;
import busbar.api.iommu.EehPe;
import busbar.api.memory.Access;
import busbar.machine.internal.iommu.DmaGroup.Member;
import busbar.machine.internal.iommu.ErrorGate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Error handling of a partitionable endpoint on bare metal. An error freezes it: loads of its
 * registers give ones, stores are dropped, its DMA is refused, until it is unfrozen or was reset.
 *
 * <p>As with the host's kernel, a reset freezes the endpoint before it is asserted, so the state
 * that is told meanwhile is that of a stopped endpoint.
 */
final class ErrorEndpoint implements EehPe, ErrorGate {
  private static final int NORMAL = 0;
  private static final int STOPPED = 2;
  private static final int STOPPED_DMA = 4;
  private static final int UNAVAILABLE = 5;

  private static final int TYPE_64_BIT = 1;
  private static final int LAST_FUNCTION = 19;
  private static final int FIRST_DMA_WRITE = 16;
  private static final int FIRST_DMA_READ = 12;

  /** The kind of access that an injected error waits for. */
  private enum Target {
    CONFIG_LOAD,
    CONFIG_STORE,
    DMA_READ,
    DMA_WRITE
  }

  private record Trap(Target target, long address, long mask) {
    boolean hits(Target kind, long where) {
      return target == kind && (where & mask) == (address & mask);
    }
  }

  private record Saved(Member member, Runnable configuration) {}

  private final List<Saved> members = new CopyOnWriteArrayList<>();
  private volatile boolean registersFrozen;
  private volatile boolean dmaFrozen;
  private volatile boolean configBlocked;
  private volatile Trap trap;

  /** A device of the endpoint, configured as it is to be after a reset. */
  void join(Member member) {
    members.add(new Saved(member, member.savedConfiguration()));
  }

  void leave(Member member) {
    members.removeIf(each -> each.member().equals(member));
  }

  @Override
  public boolean passesRegisters() {
    return !registersFrozen;
  }

  @Override
  public boolean passesConfig(int requester, Way way) {
    Trap armed = trap;
    Target target = way == Way.LOAD ? Target.CONFIG_LOAD : Target.CONFIG_STORE;
    if (armed != null && armed.hits(target, requester)) {
      freeze();
    }
    return !registersFrozen && !configBlocked;
  }

  boolean passesDma(long iova, Access access) {
    Trap armed = trap;
    Target target = access == Access.READ ? Target.DMA_READ : Target.DMA_WRITE;
    if (armed != null && armed.hits(target, iova)) {
      freeze();
    }
    return !dmaFrozen;
  }

  private synchronized void freeze() {
    trap = null;
    registersFrozen = true;
    dmaFrozen = true;
  }

  /** Nothing to do: error handling is not switched off for one endpoint. */
  @Override
  public void disable() {}

  /** A new owner finds an endpoint that works. */
  @Override
  public synchronized void enable() {
    unfreeze();
  }

  @Override
  public synchronized void unfreezeIo() {
    registersFrozen = false;
  }

  @Override
  public synchronized void unfreezeDma() {
    dmaFrozen = false;
  }

  private void unfreeze() {
    registersFrozen = false;
    dmaFrozen = false;
  }

  @Override
  public synchronized int state() {
    if (registersFrozen) {
      return dmaFrozen ? STOPPED : UNAVAILABLE;
    }
    return dmaFrozen ? STOPPED_DMA : NORMAL;
  }

  /** Ends a reset: the devices are configured as the host had them, and work. */
  @Override
  public synchronized void resetDeactivate() {
    configBlocked = false;
    unfreeze();
    members.forEach(each -> each.configuration().run());
  }

  @Override
  public synchronized void resetHot() {
    freeze();
    configBlocked = true;
    members.forEach(each -> each.member().resetHardware());
  }

  @Override
  public synchronized void resetFundamental() {
    resetHot();
  }

  /** Bridges of an endpoint keep their configuration. */
  @Override
  public void configure() {}

  /**
   * Arms an error: the next access of that kind freezes the endpoint.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for an unknown function, {@code ERANGE} for an
   *     unknown type, {@code EIO} for what PHB4 cannot inject: errors of memory and ports
   */
  @Override
  public void inject(int type, int function, long address, long mask) {
    if (function < 0 || function > LAST_FUNCTION) {
      throw Errno.EINVAL.because("there is no function %d to inject an error into", function);
    }
    if (type < 0 || type > TYPE_64_BIT) {
      throw Errno.ERANGE.because("errors are of type 0 or 1, not %d", type);
    }
    trap = new Trap(target(function), address, mask);
  }

  private static Target target(int function) {
    if (function >= FIRST_DMA_WRITE) {
      return Target.DMA_WRITE;
    }
    if (function >= FIRST_DMA_READ) {
      return Target.DMA_READ;
    }
    return switch (function) {
      case 4, 5 -> Target.CONFIG_LOAD;
      case 10, 11 -> Target.CONFIG_STORE;
      default ->
          throw Errno.EIO.because(
              "the host bridge cannot inject errors of memory or ports (function %d)", function);
    };
  }
}
