package busbar.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.BundlePlan;
import busbar.api.admin.BundleSet;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

class SetsTest extends FelixTest {
  private final List<SwapRecord> journal = new ArrayList<>();
  private Sets sets;
  private Bundle one;
  private Bundle two;

  @BeforeEach
  void twoBundlesOfARepository() throws Exception {
    one = start(Jars.inRepository(repository(), "one", "1.0.0"));
    two = start(Jars.inRepository(repository(), "two", "1.0.0"));
    sets = open();
  }

  private Sets open() {
    Health health = new Health(() -> null, () -> null);
    return new Sets(
        context,
        new Store(folder.resolve("sets"), 4, 1 << 20),
        health,
        new Inventory(context),
        record -> {
          journal.add(record);
          return record;
        },
        "");
  }

  private Path feature(String... ids) throws Exception {
    StringBuilder text = new StringBuilder("{ // a comment\n\"id\": \"t:f:1\", \"name\": \"f\",");
    text.append("\"bundles\": [");
    for (int i = 0; i < ids.length; i++) {
      text.append(i == 0 ? "" : ",").append("{\"id\": \"test:").append(ids[i]).append("\"}");
    }
    return Files.writeString(folder.resolve("f.json"), text.append("]}").toString());
  }

  private void undo(SwapRecord record) {
    assertThat(record.undo()).startsWith("vfio:rollback ");
    sets.restore(Long.parseLong(record.undo().substring("vfio:rollback ".length())), "test");
  }

  @Test
  void whatWasUpdatedInstalledAndUninstalledComesBack() throws Exception {
    sets.declareGood(0, "test");
    List<String> before = bundles();
    update(one, Jars.bundle(folder, "one", "2.0.0"));
    two.uninstall();
    start(Jars.bundle(folder, "three", "1.0.0"));
    List<String> after = bundles();
    assertThat(sets.planRestore(0).steps().stream().map(Object::toString))
        .containsExactly("install two 1.0.0", "update one 2.0.0 -> 1.0.0", "uninstall three 1.0.0");
    SwapRecord record = sets.restore(0, "test");
    assertThat(bundles()).isEqualTo(before);
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(record.phases().stream().map(SwapRecord.Phase::name))
        .containsExactly("install two", "start two", "update one", "uninstall three");
    undo(record);
    assertThat(bundles()).isEqualTo(after);
    assertThat(journal).hasSize(2);
  }

  @Test
  void whatWasStoppedOrStartedIsSoAgain() throws Exception {
    two.stop();
    sets.declareGood(0, "test");
    one.stop();
    two.start();
    SwapRecord record = sets.restore(0, "test");
    assertThat(bundles()).containsExactly("one 1.0.0 runs", "two 1.0.0");
    undo(record);
    assertThat(bundles()).containsExactly("one 1.0.0", "two 1.0.0 runs");
  }

  @Test
  void nothingToDoLeavesNoRecord() {
    sets.declareGood(0, "test");
    assertThat(sets.planRestore(0).because()).isEqualTo("nothing differs");
    assertThat(sets.restore(0, "test").undo()).isEmpty();
    assertThat(journal).isEmpty();
    assertThat(sets.sets()).hasSize(1);
  }

  @Test
  void withoutAGoodSetThereIsNowhereToGoBackTo() {
    assertThatThrownBy(() -> sets.restore(0, "test"))
        .hasMessage("ENOENT: no set of bundles was good yet");
    assertThatThrownBy(() -> sets.restore(7, "test")).hasMessageContaining("7");
  }

  @Test
  void setsSurviveTheirService() throws Exception {
    sets.declareGood(0, "test");
    update(one, Jars.bundle(folder, "one", "2.0.0"));
    BundleSet good = sets.good().orElseThrow();
    sets = open();
    assertThat(sets.good()).contains(good);
    sets.restore(0, "test");
    assertThat(one.getVersion()).hasToString("1.0.0");
  }

  @Test
  void aFeatureUpdatesWhatDiffersInPlaceAndUninstallsWhatIsGone() throws Exception {
    Jars.inRepository(repository(), "one", "1.1.0");
    Jars.inRepository(repository(), "three", "1.0.0");
    start(Jars.bundle(folder, "extra", "1.0.0"));
    long id = one.getBundleId();
    Path file = feature("one:1.1.0", "three:1.0.0");
    BundlePlan plan = sets.planFeature(file, null);
    assertThat(plan.possible()).isTrue();
    assertThat(plan.findings()).containsExactly("extra stays: it did not come from the repository");
    assertThat(bundles()).contains("one 1.0.0 runs");
    SwapRecord record = sets.apply(file, null, "test");
    assertThat(bundles()).containsExactly("extra 1.0.0 runs", "one 1.1.0 runs", "three 1.0.0 runs");
    assertThat(one.getBundleId()).isEqualTo(id);
    undo(record);
    assertThat(bundles()).containsExactly("extra 1.0.0 runs", "one 1.0.0 runs", "two 1.0.0 runs");
  }

  @Test
  void theSameVersionWithOtherContentIsUpdatedAndEqualContentIsNot() throws Exception {
    Jars.inRepository(repository(), "one", "1.0.0", "X-Built: again");
    assertThat(sets.planFeature(feature("one:1.0.0", "two:1.0.0"), null).steps())
        .singleElement()
        .hasToString("update one 1.0.0 -> 1.0.0");
  }

  @Test
  void aStepThatFailsTakesTheOthersBack() throws Exception {
    Jars.inRepository(repository(), "one", "1.1.0");
    Jars.inRepository(repository(), "two", "1.1.0", "Bundle-Activator: no.such.Class");
    Jars.inRepository(repository(), "three", "1.0.0");
    Path file = feature("three:1.0.0", "one:1.1.0", "two:1.1.0");
    assertThatThrownBy(() -> sets.apply(file, null, "test"))
        .isInstanceOfSatisfying(
            VfioException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.EIO);
              assertThat(e.because()).contains("no.such.Class").endsWith("everything is as it was");
            });
    assertThat(bundles()).containsExactly("one 1.0.0 runs", "two 1.0.0 runs");
    assertThat(journal).singleElement().extracting(SwapRecord::result).isEqualTo(Result.KEPT);
  }

  @Test
  void aNewBundleThatDoesNotResolveLeavesNothingBehind() throws Exception {
    Jars.inRepository(repository(), "three", "1.0.0", "Import-Package: no.such.pkg");
    Path file = feature("one:1.0.0", "two:1.0.0", "three:1.0.0");
    assertThatThrownBy(() -> sets.apply(file, null, "test")).hasMessageContaining("no.such.pkg");
    assertThat(bundles()).containsExactly("one 1.0.0 runs", "two 1.0.0 runs");
  }

  @Test
  void aBundleWhoseClassesOthersUseIsNotExchangedUnderThem() throws Exception {
    start(Jars.inRepository(repository(), "base", "1.0.0", "Export-Package: a.b"));
    start(Jars.inRepository(repository(), "user", "1.0.0", "Import-Package: a.b"));
    Jars.inRepository(repository(), "base", "1.1.0", "Export-Package: a.b");
    Path file = feature("one:1.0.0", "two:1.0.0", "base:1.1.0", "user:1.0.0");
    assertThat(sets.planFeature(file, null).possible()).isFalse();
    assertThatThrownBy(() -> sets.apply(file, null, "test"))
        .hasMessageStartingWith("EBUSY: feature f is not reached: base cannot be exchanged")
        .hasMessageContaining("user");
    assertThat(bundles()).contains("base 1.0.0 runs");
  }

  @Test
  void aFeatureThatIsNoneIsRefused() throws Exception {
    assertThatThrownBy(() -> sets.planFeature(folder.resolve("nowhere.json"), null))
        .hasMessageContaining("ENOENT");
    assertThatThrownBy(() -> sets.planFeature(feature("one:9.9"), null))
        .hasMessageContaining("ENOENT")
        .hasMessageContaining("test:one:9.9");
    Path file = Files.writeString(folder.resolve("bad.json"), "{\"id\": 1}");
    assertThatThrownBy(() -> sets.planFeature(file, null)).hasMessageContaining("EINVAL");
    Files.writeString(file, "{");
    assertThatThrownBy(() -> sets.planFeature(file, null)).hasMessageContaining("EINVAL");
  }
}
