package busbar.api.swap;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The edge on which operators swap: a service of the registry, over all layers. Any thread;
 * failures are {@link busbar.api.VfioException}.
 */
@ProviderType
public interface SwapAdmin {
  /** Every place in which somebody can be exchanged. */
  List<Slot> slots();

  /**
   * What {@link #swap} would do: the dry run.
   *
   * @param target a device, a container, or a backend's name for all containers that chose it
   * @param successor as {@link Candidate#isMeantBy} takes it
   * @throws busbar.api.VfioException {@code ENODEV} no such target; {@code ENOENT} nobody of that
   *     name could be there; {@code EINVAL} the name fits more than one
   */
  List<SwapPlan> plan(String target, String successor);

  /**
   * Exchanges who is in a place.
   *
   * @return a record for each place, all {@code DONE}
   * @throws busbar.api.VfioException as {@link #plan} and {@link Swappable#swap}; with a backend's
   *     name, the containers before the failing one keep what they have got
   */
  List<SwapRecord> swap(String target, String successor, String who);

  /** What swaps did, oldest first, as many as are kept. */
  List<SwapRecord> history();

  SwapSettings settings();

  /** Changes the settings, for all layers. */
  void settings(SwapSettings settings);
}
