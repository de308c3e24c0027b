package busbar.machine.internal.description;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.ArrayList;
import java.util.List;

/** Words for what is wrong in one file, and what is only odd. */
final class Refusals {
  private final String source;
  private final List<String> warnings = new ArrayList<>();

  Refusals(String source) {
    this.source = source;
  }

  VfioException refuse(Node place, String reason, Object... arguments) {
    return new VfioException(Errno.EINVAL, place(place) + reason.formatted(arguments));
  }

  void warn(Node place, String reason, Object... arguments) {
    warnings.add(place(place) + reason.formatted(arguments));
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }

  private String place(Node node) {
    return "%s: %s (line %d, column %d): "
        .formatted(
            source, node.pointer().isEmpty() ? "/" : node.pointer(), node.line(), node.column());
  }
}
