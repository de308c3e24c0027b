import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Checks that every Java source below the given folders is in google-java-format, or brings it
 * there. One run for the whole tree, with nothing but the formatter on the class path.
 */
final class Format {

  private static final Set<String> SKIPPED = Set.of("target", ".git", "node_modules");

  private static final ConcurrentLinkedQueue<Path> changed = new ConcurrentLinkedQueue<>();
  private static final ConcurrentLinkedQueue<String> unreadable = new ConcurrentLinkedQueue<>();

  public static void main(String[] arguments) throws IOException {
    boolean write = arguments[0].equals("write");
    List<Path> sources = new ArrayList<>();
    for (int i = 1; i < arguments.length; i++) {
      collect(Path.of(arguments[i]), sources);
    }
    Formatter formatter = new Formatter(JavaFormatterOptions.builder().formatJavadoc(true).build());
    sources.parallelStream().forEach(source -> format(formatter, source, write));
    unreadable.stream().sorted().forEach(System.err::println);
    changed.stream()
        .sorted()
        .forEach(file -> System.err.println((write ? "formatted " : "not formatted: ") + file));
    if (!unreadable.isEmpty() || !changed.isEmpty() && !write) {
      System.err.println("./busbar format brings the sources into their format");
      System.exit(1);
    }
  }

  private static void format(Formatter formatter, Path source, boolean write) {
    try {
      String before = Files.readString(source);
      String used = RemoveUnusedImports.removeUnusedImports(before);
      String ordered = ImportOrderer.reorderImports(used, JavaFormatterOptions.Style.GOOGLE);
      String after = formatter.formatSource(ordered);
      if (!Objects.equals(before, after)) {
        changed.add(source);
        if (write) {
          Files.writeString(source, after);
        }
      }
    } catch (FormatterException | IOException e) {
      unreadable.add(source + ": " + e.getMessage());
    }
  }

  private static void collect(Path root, List<Path> sources) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            Path name = folder.getFileName();
            return name != null && SKIPPED.contains(name.toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
