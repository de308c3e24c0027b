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

  /** When a definition's device is made. */
  enum Start {
    /** By {@link #start} only. */
    MANUAL,
    /** Whenever the definition and its parent are both there, so also after a restart. */
    AUTO
  }

  /**
   * A device that is remembered across restarts.
   *
   * @param state whether the device is there now
   */
  record DefinitionView(String uuid, String parent, String type, Start start, State state) {
    /** Whether the device of a definition is there. */
    public enum State {
      DEFINED,
      ACTIVE
    }
  }

  /** What the parents can make, by parent and in the order in which each names its types. */
  List<TypeView> types();

  /** The children now, by UUID. */
  List<ChildView> children();

  /**
   * Makes a child and binds it.
   *
   * @param uuid in any case, 36 characters; one more is allowed and not looked at, as in sysfs,
   *     where it is a newline
   * @throws busbar.api.VfioException {@code ENOENT} no such parent or type; {@code EINVAL} not a
   *     UUID; {@code EEXIST} the UUID is taken; {@code EUSERS} no instance left; {@code ENODEV} the
   *     parent is going; the parent's errno
   */
  void create(String parent, String type, String uuid);

  /**
   * Removes a child; waits until its user lets go.
   *
   * @throws busbar.api.VfioException {@code ENODEV} no such child; {@code EAGAIN} it is being made
   *     or removed
   */
  void remove(String uuid);

  /** The definitions, by UUID; empty where nothing can be remembered. */
  List<DefinitionView> definitions();

  /**
   * Remembers a device; its parent need not be there. With {@link Start#AUTO} the device is made
   * soon after this returns if it can be, and a failure is logged.
   *
   * @throws busbar.api.VfioException {@code EINVAL} not a UUID; {@code EEXIST} it is defined
   *     already; {@code EOPNOTSUPP} there is no Configuration Admin; {@code EIO} it could not store
   *     it
   */
  void define(String parent, String type, String uuid, Start start);

  /**
   * Makes the device of a definition.
   *
   * @throws busbar.api.VfioException {@code ENOENT} not defined; else as {@link #create}
   */
  void start(String uuid);

  /**
   * Changes when a definition's device is made.
   *
   * @throws busbar.api.VfioException {@code ENOENT} not defined; {@code EIO} it could not be stored
   */
  void autostart(String uuid, Start start);

  /**
   * Forgets a definition; a device that is there stays.
   *
   * @throws busbar.api.VfioException {@code ENOENT} not defined; {@code EIO} it could not be stored
   */
  void undefine(String uuid);
}
