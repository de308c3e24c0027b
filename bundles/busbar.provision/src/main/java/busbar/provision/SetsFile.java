package busbar.provision;

import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSet.Member;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The index of the sets as JSON. */
final class SetsFile {
  private SetsFile() {}

  /** The sets of the file; none if it is not there. */
  static List<BundleSet> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<BundleSet> sets = new ArrayList<>();
    try {
      for (Object item : (List<?>) JSON.std.anyFrom(Files.readString(file))) {
        sets.add(set((Map<?, ?>) item));
      }
    } catch (RuntimeException e) {
      throw new IOException(file + " is damaged: " + e, e);
    }
    return List.copyOf(sets);
  }

  private static BundleSet set(Map<?, ?> item) {
    List<Member> members = new ArrayList<>();
    for (Object each : (List<?>) item.get("members")) {
      Map<?, ?> member = (Map<?, ?>) each;
      members.add(
          new Member(
              (String) member.get("symbolicName"),
              (String) member.get("version"),
              (String) member.get("location"),
              ((Number) member.get("startLevel")).intValue(),
              (Boolean) member.get("started"),
              (String) member.get("content")));
    }
    return new BundleSet(
        ((Number) item.get("number")).longValue(),
        Instant.parse((String) item.get("taken")),
        (Boolean) item.get("good"),
        (String) item.get("because"),
        members);
  }

  /** Replaces the file: a crash leaves the old one or the new one. */
  static void write(Path file, List<BundleSet> sets) throws IOException {
    List<Map<String, Object>> items = new ArrayList<>();
    for (BundleSet set : sets) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("number", set.number());
      item.put("taken", set.taken().toString());
      item.put("good", set.good());
      item.put("because", set.because());
      item.put("members", set.members().stream().map(SetsFile::plain).toList());
      items.add(item);
    }
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(items));
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Map<String, Object> plain(Member member) {
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("symbolicName", member.symbolicName());
    item.put("version", member.version());
    item.put("location", member.location());
    item.put("startLevel", member.startLevel());
    item.put("started", member.started());
    item.put("content", member.content());
    return item;
  }
}
