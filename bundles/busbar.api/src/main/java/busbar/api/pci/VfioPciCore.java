package busbar.api.pci;

import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.MatchOps;
import busbar.api.device.SriovOps;
import busbar.api.device.VfioBusDriver;
import busbar.api.state.HandoverOps;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What drivers of particular functions build on, {@code vfio-pci-core}: a service of the bundle
 * that has {@code vfio-pci}. A variant driver asks for it, hands every call on with the data that
 * {@link #probe} gave it, and adds what its devices can do beside that (migration, regions of its
 * own).
 *
 * <p>{@link #bid} is the one thing that a variant must not hand on: it says what {@code vfio-pci}
 * itself takes. State that {@link #save} gives is of the same kind for all drivers on this core, so
 * they can stand in for each other.
 *
 * @param <D> the core's data of one function; a variant keeps it and looks into it no further
 */
@ProviderType
public interface VfioPciCore<D>
    extends VfioBusDriver<D>, MatchOps<D>, DeviceFeatureOps<D>, SriovOps<D>, HandoverOps<D> {}
