package busbar.model.mbochs;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.NamedFile;
import busbar.api.state.StateRecord;
import busbar.model.mbochs.VbeRegisters.Mode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pictures that were asked for while the display is open, each by an id of its own, so that the
 * same picture is the same dma-buf. Guarded by the display's {@code opsLock}.
 */
final class Planes {
  /** {@code DRM_FORMAT_XRGB8888}: the letters XR24. */
  static final int DRM_FORMAT = 0x3432_5258;

  private static final int PAGE = 4096;

  /** A picture that can be had as a dma-buf. */
  record Plane(int id, Mode mode) {}

  private final Map<Mode, Plane> byMode = new LinkedHashMap<>();
  private int nextId = 1;

  /** The picture if it is known. */
  Optional<Plane> known(Mode mode) {
    return Optional.ofNullable(byMode.get(mode));
  }

  void add(Mode mode) {
    byMode.put(mode, new Plane(nextId++, mode));
  }

  /**
   * The dma-buf of a picture.
   *
   * @throws busbar.api.VfioException {@code ENOENT} for an unknown id, {@code EINVAL} if the
   *     picture does not begin at a page
   */
  FileOps dmaBuf(int id) {
    Plane plane =
        byMode.values().stream()
            .filter(candidate -> candidate.id() == id)
            .findFirst()
            .orElseThrow(() -> Errno.ENOENT.because("no picture has the id %d", id));
    if (plane.mode().offset() % PAGE != 0) {
      throw Errno.EINVAL.because(
          "the picture begins at 0x%x, which is no page", plane.mode().offset());
    }
    return new NamedFile("/dmabuf:mbochs-" + id);
  }

  StateRecord save() {
    List<StateRecord> known = new ArrayList<>();
    for (Plane plane : byMode.values()) {
      Mode mode = plane.mode();
      known.add(
          new StateRecord(
              "mbochs plane",
              1,
              Map.of(
                  "id", (long) plane.id(),
                  "width", (long) mode.width(),
                  "height", (long) mode.height(),
                  "stride", (long) mode.stride(),
                  "offset", mode.offset(),
                  "size", mode.size())));
    }
    return new StateRecord("mbochs planes", 1, Map.of("planes", known, "next", (long) nextId));
  }

  /** What {@link #save} gave; {@code EINVAL} if it is not that. */
  static Planes of(StateRecord record) {
    Planes planes = new Planes();
    planes.nextId = (int) record.number("next");
    for (StateRecord plane : record.list("planes", StateRecord.class)) {
      Mode mode =
          new Mode(
              (int) plane.number("width"),
              (int) plane.number("height"),
              (int) plane.number("stride"),
              plane.number("offset"),
              plane.number("size"));
      planes.byMode.put(mode, new Plane((int) plane.number("id"), mode));
    }
    return planes;
  }

  /** The display is closed. */
  void clear() {
    byMode.clear();
  }
}
