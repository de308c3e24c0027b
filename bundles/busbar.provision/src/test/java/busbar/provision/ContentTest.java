package busbar.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

class ContentTest extends FelixTest {
  private static String digest(Path jar) throws Exception {
    try (Content entries = Content.of(jar)) {
      return entries.digest();
    }
  }

  private static String digest(Bundle bundle) throws Exception {
    try (Content entries = Content.of(bundle)) {
      return entries.digest();
    }
  }

  private Path copy(Bundle bundle) throws Exception {
    Path copy = folder.resolve("copy.jar");
    try (Content entries = Content.of(bundle)) {
      entries.pack(copy);
    }
    return copy;
  }

  @Test
  void whatTheFrameworkRunsHasTheDigestOfItsJar() throws Exception {
    Path jar = Jars.bundle(folder, "one", "1.0.0");
    assertThat(digest(start(jar))).isEqualTo(digest(jar));
  }

  @Test
  void aCopyHasTheSameEntriesAndRunsInPlaceOfTheOriginal() throws Exception {
    Path jar = Jars.bundle(folder, "one", "1.0.0", "X-Header: kept");
    Bundle bundle = start(jar);
    Path copy = copy(bundle);
    assertThat(digest(copy)).isEqualTo(digest(jar));
    try (ZipFile zip = new ZipFile(copy.toFile())) {
      assertThat(zip.stream().map(Object::toString))
          .containsExactly(
              "META-INF/", "META-INF/MANIFEST.MF", "a/", "a/b/", "a/b/deep.txt", "top.txt");
    }
    update(bundle, copy);
    assertThat(bundle.getHeaders().get("X-Header")).isEqualTo("kept");
    assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
  }

  @Test
  void anUpdatedBundleIsCopiedAsItRunsAndNotAsItsFileIs() throws Exception {
    Path first = Jars.bundle(folder, "one", "1.0.0");
    Bundle bundle = start(first);
    Path second = Jars.bundle(folder, "one", "1.0.1");
    update(bundle, second);
    assertThat(bundle.getLocation()).isEqualTo(first.toUri().toString());
    assertThat(digest(copy(bundle))).isEqualTo(digest(second)).isNotEqualTo(digest(first));
  }

  @Test
  void aBundleWhoseFileWasReplacedOrDeletedIsCopiedAsItRuns() throws Exception {
    Path jar = Jars.bundle(folder, "one", "1.0.0");
    String content = digest(jar);
    Bundle bundle = start(jar);
    Jars.write(jar, Jars.entries("other", "9.0.0"));
    assertThat(digest(copy(bundle))).isEqualTo(content);
    Files.delete(jar);
    assertThat(digest(copy(bundle))).isEqualTo(content);
  }

  @Test
  void aBundleByReferenceIsCopiedToo() throws Exception {
    Path jar = Jars.bundle(folder, "one", "1.0.0");
    Bundle bundle = context.installBundle("reference:" + jar.toUri());
    assertThat(digest(copy(bundle))).isEqualTo(digest(jar));
  }

  @Test
  void entriesOfAFragmentDoNotBecomeThoseOfItsHost() throws Exception {
    Path jar = Jars.bundle(folder, "host", "1.0.0");
    Map<String, String> entries = Jars.entries("part", "1.0.0", "Fragment-Host: host");
    entries.put("fragment.txt", "not the host's");
    context.installBundle(Jars.write(folder.resolve("part.jar"), entries).toUri().toString());
    Bundle host = start(jar);
    assertThat(host.getResource("fragment.txt")).as("it is attached").isNotNull();
    assertThat(digest(host)).isEqualTo(digest(jar));
  }

  @Test
  void packingAndTimesDoNotCountButNamesAndBytesDo() throws Exception {
    Map<String, String> entries = Jars.entries("one", "1.0.0");
    String content = digest(Jars.write(folder.resolve("a.jar"), entries));
    Path again = copy(start(folder.resolve("a.jar")));
    assertThat(digest(again)).isEqualTo(content);
    entries.put("top.txt", "tip");
    assertThat(digest(Jars.write(folder.resolve("b.jar"), entries))).isNotEqualTo(content);
    entries.remove("top.txt");
    entries.put("tup.txt", "top");
    assertThat(digest(Jars.write(folder.resolve("c.jar"), entries))).isNotEqualTo(content);
  }
}
