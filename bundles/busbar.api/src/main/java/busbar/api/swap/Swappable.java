package busbar.api.swap;

import busbar.api.swap.SwapRecord.Way;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A layer in which somebody can be exchanged: a service of each bundle that has such places (the
 * registry for drivers and backends, the machine for device models). {@link SwapAdmin} is the face
 * of all of them. Any thread; failures are {@link busbar.api.VfioException}.
 */
@ConsumerType
public interface Swappable {
  /** The places of this layer now, in the order in which people expect them. */
  List<Slot> slots();

  /**
   * What {@link #swap} would do; touches nothing.
   *
   * @throws busbar.api.VfioException {@code ENODEV} no such target, {@code ENOENT} the candidate is
   *     not there any more
   */
  SwapPlan plan(String target, Candidate successor);

  /**
   * Exchanges; returns when it is done, with the record that the journal has. The old one goes on
   * if it fails.
   *
   * @param way {@code SIDE_BY_SIDE} or {@code POLICY}
   * @param who for the record
   * @throws busbar.api.VfioException {@code EBUSY} another change of the place is under way or
   *     operations do not end, {@code ETIMEDOUT} somebody hung past the deadline, {@code EINVAL}
   *     the state is refused, or what else the successor says; the journal has a record of it
   */
  SwapRecord swap(String target, Candidate successor, Way way, String who);

  /** How swaps are made from now on. */
  void settings(SwapSettings settings);
}
