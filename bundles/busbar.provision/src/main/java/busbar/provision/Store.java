package busbar.provision;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSet.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sets on disk: an index, and one jar for each content, however many sets have it. The index is
 * replaced as a whole, after the jars are there.
 */
final class Store {
  private final Path contents;
  private final Path index;
  private final int maxSets;
  private final long maxBytes;
  private List<BundleSet> sets;

  /**
   * Reads what an earlier run left.
   *
   * @param folder where everything is kept
   * @param maxSets how many sets, at least 2: the good one, and the one before a change
   * @param maxBytes how large the copies may become together
   */
  Store(Path folder, int maxSets, long maxBytes) {
    contents = folder.resolve("content");
    index = folder.resolve("sets.json");
    this.maxSets = Math.max(2, maxSets);
    this.maxBytes = maxBytes;
    try {
      Files.createDirectories(contents);
      sets = SetsFile.read(index);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  synchronized List<BundleSet> sets() {
    return sets;
  }

  /** A set by its number, 0 for the good one. */
  synchronized BundleSet get(long number) {
    return sets.stream()
        .filter(set -> number == 0 ? set.good() : set.number() == number)
        .findFirst()
        .orElseThrow(
            () ->
                number == 0
                    ? Errno.ENOENT.because("no set of bundles was good yet")
                    : Errno.ENOENT.because("no set of bundles has the number %d", number));
  }

  Path jar(String content) {
    return contents.resolve(content + ".jar");
  }

  /** As {@link #keep(List, String, long)}, and any older set may make room. */
  BundleSet keep(List<Running> running, String because) {
    return keep(running, because, 0);
  }

  /**
   * Keeps the running bundles. A set of the same bundles is not kept twice.
   *
   * @param needed the number of a set that must not make room; 0: none
   * @throws VfioException {@code ENOSPC} if there is no room even without older sets, {@code EIO}
   */
  synchronized BundleSet keep(List<Running> running, String because, long needed) {
    List<Member> members = running.stream().map(Running::member).toList();
    for (BundleSet set : sets) {
      // in whatever order they were installed
      if (Set.copyOf(set.members()).equals(Set.copyOf(members))) {
        return set;
      }
    }
    long number = sets.isEmpty() ? 1 : sets.getLast().number() + 1;
    BundleSet added = new BundleSet(number, Instant.now(), false, because, members);
    try {
      for (Running one : running) {
        copy(one);
      }
      write(fitting(added, needed));
    } catch (IOException | VfioException e) {
      sweep();
      throw e instanceof VfioException known ? known : failed((IOException) e);
    }
    sweep();
    return added;
  }

  /** Says which set is the good one. */
  synchronized BundleSet good(long number, String because) {
    BundleSet chosen = get(number);
    List<BundleSet> marked = new ArrayList<>();
    for (BundleSet set : sets) {
      boolean good = set.number() == chosen.number();
      marked.add(
          new BundleSet(
              set.number(), set.taken(), good, good ? because : set.because(), set.members()));
    }
    try {
      write(marked);
    } catch (IOException e) {
      throw failed(e);
    }
    return get(0);
  }

  private void copy(Running one) throws IOException {
    Path jar = jar(one.member().content());
    if (Files.exists(jar)) {
      return;
    }
    Path part = Files.createTempFile(contents, "part", null);
    try (Content entries = Content.of(one.bundle())) {
      entries.pack(part);
      Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** The sets with a new one, without as many of the oldest as it takes to stay in the limits. */
  private List<BundleSet> fitting(BundleSet added, long needed) throws IOException {
    List<BundleSet> kept = new ArrayList<>(sets);
    kept.add(added);
    while (kept.size() > maxSets || bytes(kept) > maxBytes) {
      BundleSet oldest =
          kept.stream()
              .filter(set -> !set.good() && set != added && set.number() != needed)
              .findFirst()
              .orElseThrow(
                  () ->
                      Errno.ENOSPC.because(
                          "the copies of a set of %d bundles do not fit into %d bytes",
                          added.members().size(), maxBytes));
      kept.remove(oldest);
    }
    return kept;
  }

  private long bytes(List<BundleSet> kept) throws IOException {
    long bytes = 0;
    for (String content : used(kept)) {
      bytes += Files.size(jar(content));
    }
    return bytes;
  }

  private static Set<String> used(List<BundleSet> kept) {
    Set<String> used = new HashSet<>();
    kept.forEach(set -> set.members().forEach(member -> used.add(member.content())));
    return used;
  }

  private void write(List<BundleSet> changed) throws IOException {
    SetsFile.write(index, changed);
    sets = List.copyOf(changed);
  }

  /** Deletes the copies that no set needs. */
  private void sweep() {
    Set<String> used = used(sets);
    try (Stream<Path> files = Files.list(contents)) {
      for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
        if (!used.contains(file.getFileName().toString().replaceFirst("\\.jar$", ""))) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      // they lie there until the next sweep
      System.getLogger(Store.class.getName())
          .log(System.Logger.Level.WARNING, "old copies of bundles stay in " + contents, e);
    }
  }

  private static VfioException failed(IOException e) {
    String what =
        e instanceof NoSuchFileException ? "there is no " + e.getMessage() : e.getMessage();
    return Errno.EIO.because("sets of bundles cannot be kept: %s", what);
  }
}
