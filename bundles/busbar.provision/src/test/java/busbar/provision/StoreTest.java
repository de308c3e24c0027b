package busbar.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.admin.BundleSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

class StoreTest extends FelixTest {
  private List<Path> copies() throws Exception {
    try (var files = Files.list(folder.resolve("sets/content"))) {
      return files.toList();
    }
  }

  private List<Running> version(Bundle bundle, String version) throws Exception {
    update(bundle, Jars.bundle(folder, "one", version));
    return new Inventory(context).now();
  }

  @Test
  void anUnchangedBundleIsKeptOnce() throws Exception {
    Store store = new Store(folder.resolve("sets"), 8, 1 << 20);
    Bundle bundle = start(Jars.bundle(folder, "one", "1.0.0"));
    start(Jars.bundle(folder, "two", "1.0.0"));
    Inventory inventory = new Inventory(context);
    BundleSet first = store.keep(inventory.now(), "first");
    assertThat(store.keep(inventory.now(), "again")).isEqualTo(first);
    assertThat(copies()).hasSize(2);
    store.keep(version(bundle, "1.1.0"), "second");
    assertThat(copies()).hasSize(3);
  }

  @Test
  void theOldestSetsMakeRoomButNotTheGoodOneNorTheOneThatIsNeeded() throws Exception {
    Store store = new Store(folder.resolve("sets"), 3, 1 << 20);
    Bundle bundle = start(Jars.bundle(folder, "one", "1.0.0"));
    store.keep(version(bundle, "1.1.0"), "first");
    store.good(1, "it is");
    store.keep(version(bundle, "1.2.0"), "second");
    store.keep(version(bundle, "1.3.0"), "third");
    store.keep(version(bundle, "1.4.0"), "fourth", 2);
    assertThat(store.sets().stream().map(BundleSet::number)).containsExactly(1L, 2L, 4L);
    assertThat(copies()).hasSize(3);
    assertThat(new Store(folder.resolve("sets"), 3, 1 << 20).sets()).isEqualTo(store.sets());
  }

  @Test
  void whatDoesNotFitIsRefusedAndLeavesNothing() throws Exception {
    Store store = new Store(folder.resolve("sets"), 8, 100);
    start(Jars.bundle(folder, "one", "1.0.0"));
    assertThatThrownBy(() -> store.keep(new Inventory(context).now(), "too large"))
        .hasMessageStartingWith("ENOSPC: the copies of a set of 1 bundles");
    assertThat(copies()).isEmpty();
    assertThat(store.sets()).isEmpty();
  }

  @Test
  void aDamagedIndexIsNamed() throws Exception {
    Files.createDirectories(folder.resolve("sets"));
    Files.writeString(folder.resolve("sets/sets.json"), "[{\"number\": true}]");
    assertThatThrownBy(() -> new Store(folder.resolve("sets"), 8, 100))
        .hasMessageContaining("sets.json is damaged");
  }
}
