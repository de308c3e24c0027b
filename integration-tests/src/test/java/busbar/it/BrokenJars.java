package busbar.it;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;

/** Jars that were damaged on their way. */
final class BrokenJars {
  private BrokenJars() {}

  /** Takes a class out of a jar. */
  static void withoutTheClass(Path jar, String entry) throws IOException {
    try (FileSystem zip = FileSystems.newFileSystem(jar)) {
      Files.delete(zip.getPath(entry));
    }
  }
}
