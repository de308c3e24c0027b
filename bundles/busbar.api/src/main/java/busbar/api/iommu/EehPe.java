package busbar.api.iommu;

import org.osgi.annotation.versioning.ConsumerType;

/** Enhanced error handling of a POWER partitionable endpoint. Each method may throw any errno. */
@ConsumerType
public interface EehPe {
  void disable();

  void enable();

  void unfreezeIo();

  void unfreezeDma();

  /** 0 normal, 1 reset asserted, 2 stopped, 4 stopped with DMA possible, 5 unavailable. */
  int state();

  void resetDeactivate();

  void resetHot();

  void resetFundamental();

  void configure();

  /**
   * Makes an error happen.
   *
   * @param type 0 for 32-bit, 1 for 64-bit errors
   * @param function what to hit
   * @param address and {@code mask} of the accesses that hit it
   */
  void inject(int type, int function, long address, long mask);
}
