package busbar.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Texts of the product's machine files, for tests that change them. */
final class Resources {
  private Resources() {}

  static String embedded() {
    try (InputStream in = MachineDescription.class.getResourceAsStream("pc.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
