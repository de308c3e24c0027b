package busbar.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is exchanged: the bundle that provides it. */
enum Target {
  PCI("busbar.pci"),
  TYPE1("busbar.type1"),
  MTTY("busbar.model.mtty"),
  EDU("busbar.model.edu");

  final String bundle;

  Target(String bundle) {
    this.bundle = bundle;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static String words() {
    return Arrays.stream(values()).map(Target::word).collect(Collectors.joining(", "));
  }
}
