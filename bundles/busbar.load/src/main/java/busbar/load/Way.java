package busbar.load;

import busbar.api.swap.SwapRecord;
import java.util.List;
import org.osgi.framework.BundleException;

/** A way to exchange the target's bundle under a load, again and again. */
interface Way extends AutoCloseable {
  String SIDE_BY_SIDE = "side-by-side";
  String UPDATE = "update";

  /**
   * Exchanges it once; returns the records of the places that the load uses, at least one.
   *
   * @throws IllegalStateException if it did not come to an end
   */
  List<SwapRecord> swap() throws BundleException;

  /** How long what an operator does took, in the last {@link #swap}. */
  long tookNanos();

  /** What was installed for it goes. */
  @Override
  void close() throws BundleException;
}
