package busbar.api.mdev;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** A service of the mediated bus: children made and removed at run time. Any thread. */
@ProviderType
public interface MdevAdmin {
  /** A type with its parent and what is left of it. */
  record TypeView(
      String parent, String parentPath, MdevType type, String deviceApi, int availableInstances) {}

  /** A child. */
  record ChildView(String uuid, String parent, String type) {}

  List<TypeView> types();

  List<ChildView> children();

  /**
   * Makes a child and binds it.
   *
   * @param uuid in any case; a trailing newline is allowed, as in sysfs
   * @throws busbar.api.VfioException {@code ENOENT} no such parent or type; {@code EINVAL} not a UUID;
   *     {@code EEXIST} the UUID is taken; {@code EUSERS} no instance left; {@code ENODEV} the parent is
   *     going; the parent's errno
   */
  void create(String parent, String type, String uuid);

  /**
   * Removes a child; waits until its user lets go.
   *
   * @throws busbar.api.VfioException {@code ENODEV} no such child; {@code EAGAIN} it is being made or
   *     removed
   */
  void remove(String uuid);
}
