package busbar.mdev;

import busbar.api.VfioException;
import busbar.api.mdev.MdevType;
import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Children that a predecessor of the bus had made: each is shown again as soon as its parent is
 * there. What users of it have, the core keeps.
 *
 * <table>
 * <caption>Version 1</caption>
 * <tr><td>children</td><td>list of records: uuid, parent, type</td></tr>
 * </table>
 */
final class Inheritance {
  static final String KIND = "mdev-bus";
  private static final int VERSION = 1;
  private static final System.Logger LOG = System.getLogger(Inheritance.class.getName());

  private record Child(String uuid, String parent, String type) {}

  private final List<Child> waiting = new ArrayList<>();

  static StateRecord save(Children children) {
    List<StateRecord> records =
        children.those(device -> true).stream()
            .map(
                device ->
                    new StateRecord(
                        KIND + "-child",
                        VERSION,
                        Map.of(
                            "uuid", device.name(),
                            "parent", device.parent().name(),
                            "type", device.type().name())))
            .toList();
    return new StateRecord(KIND, VERSION, Map.of("children", records));
  }

  void take(StateRecord state) {
    List<Child> all =
        state.expect(KIND, VERSION).list("children", StateRecord.class).stream()
            .map(
                child ->
                    new Child(
                        child.get("uuid", String.class),
                        child.get("parent", String.class),
                        child.get("type", String.class)))
            .toList();
    synchronized (waiting) {
      waiting.addAll(all);
    }
  }

  /** A parent is there: shows its children again, unless somebody has made them meanwhile. */
  void claim(Parent<?> parent, Children children) {
    List<Child> its;
    synchronized (waiting) {
      its = waiting.stream().filter(child -> child.parent.equals(parent.name())).toList();
      waiting.removeAll(its);
    }
    for (Child child : its) {
      try {
        MdevType type = parent.type(child.type);
        children.showAgain(parent, type, child.uuid);
      } catch (VfioException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "The mediated device {0} of the bus before is not shown again: {1}",
            child.uuid,
            e.because());
      }
    }
  }
}
