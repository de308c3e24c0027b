package busbar.provision;

import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Bundle;

/**
 * The entries of a bundle, wherever they are: in a jar, or in a framework. What a framework runs
 * may have come from a file that was replaced since, from a stream, or from a folder; its entries
 * are the only thing that is always there, so it is them that are compared and copied.
 */
abstract class Content implements AutoCloseable {
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  /** Names of all files in it. */
  abstract List<String> names() throws IOException;

  abstract InputStream open(String name) throws IOException;

  @Override
  public void close() throws IOException {}

  static Content of(Bundle bundle) {
    return new Content() {
      @Override
      List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        collect(bundle, "", names);
        return List.copyOf(names);
      }

      @Override
      InputStream open(String name) throws IOException {
        URL entry = bundle.getEntry(name);
        if (entry == null) {
          throw new FileNotFoundException(bundle + " has no " + name + " any more");
        }
        return entry.openStream();
      }
    };
  }

  // not findEntries: that would resolve the bundle and mix in those of its fragments
  private static void collect(Bundle bundle, String folder, TreeSet<String> names) {
    Enumeration<String> paths = bundle.getEntryPaths(folder.isEmpty() ? "/" : folder);
    if (paths == null) {
      return;
    }
    for (String path : Collections.list(paths)) {
      if (path.endsWith("/")) {
        collect(bundle, path, names);
      } else {
        names.add(path);
      }
    }
  }

  static Content of(Path jar) throws IOException {
    ZipFile zip = new ZipFile(jar.toFile());
    return new Content() {
      @Override
      List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        zip.stream().filter(entry -> !entry.isDirectory()).forEach(e -> names.add(e.getName()));
        return List.copyOf(names);
      }

      @Override
      InputStream open(String name) throws IOException {
        return zip.getInputStream(zip.getEntry(name));
      }

      @Override
      public void close() throws IOException {
        zip.close();
      }
    };
  }

  /** A digest that does not depend on how the entries are packed. */
  String digest() throws IOException {
    MessageDigest digest = sha256();
    for (String name : names()) {
      byte[] path = name.getBytes(StandardCharsets.UTF_8);
      byte[] bytes;
      try (InputStream in = open(name)) {
        bytes = in.readAllBytes();
      }
      digest.update(ByteBuffer.allocate(8).putInt(path.length).putInt(bytes.length).flip());
      digest.update(path);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Packs the entries into a jar, with its folders and its manifest first. */
  void pack(Path jar) throws IOException {
    try (ZipOutputStream out =
        new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(jar)))) {
      TreeSet<String> folders = new TreeSet<>();
      List<String> names = names();
      if (names.contains(MANIFEST)) {
        add(MANIFEST, folders, out);
      }
      for (String name : names) {
        if (!name.equals(MANIFEST)) {
          add(name, folders, out);
        }
      }
    }
  }

  private void add(String name, TreeSet<String> folders, ZipOutputStream out) throws IOException {
    for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      String folder = name.substring(0, end + 1);
      if (folders.add(folder)) {
        out.putNextEntry(entry(folder));
      }
    }
    out.putNextEntry(entry(name));
    try (InputStream in = open(name)) {
      in.transferTo(out);
    }
  }

  private static ZipEntry entry(String name) {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    return entry;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
