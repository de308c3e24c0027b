package busbar.machine.internal.iommu;

/**
 * Told when a device's DMA leaves memory: what it reaches then (registers of another device, an
 * interrupt's handler) may come back to the device on the same thread. Any thread.
 */
public interface CallScope {
  /** For who does not care. */
  CallScope NONE =
      new CallScope() {
        @Override
        public Object begin() {
          return null;
        }

        @Override
        public void end(Object token) {}
      };

  /** It leaves; what this returns goes to {@link #end}. */
  Object begin();

  /** It is back. */
  void end(Object token);
}
