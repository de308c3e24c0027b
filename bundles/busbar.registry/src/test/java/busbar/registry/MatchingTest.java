package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.admin.Explanation.Finding;
import busbar.api.admin.Explanation.Verdict;
import busbar.api.client.VfioClient;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The walk over the backends. */
class MatchingTest {
  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final List<String> diary = new CopyOnWriteArrayList<>();
  private final FakeBackend old = new FakeBackend("old", Set.of(1), diary);
  private final FakeBackend young = new FakeBackend("young", Set.of(1, 3), diary);
  private int container;
  private int g1;
  private int g2;

  @BeforeEach
  void twoGroupsInOneContainer() {
    rig.registry.removeBackend(rig.backend);
    rig.registry.addBackend(old, 0);
    rig.registry.addBackend(young, 0);
    container = client.openContainer();
    g1 = client.openGroup(1);
    g2 = client.openGroup(2);
    rig.setContainer(g1, container);
    rig.setContainer(g2, container);
  }

  @AfterEach
  void close() {
    rig.close();
    assertThat(old.violations).isEmpty();
    assertThat(young.violations).isEmpty();
  }

  @Test
  void theNewestIsAskedFirstAndAttachesTheNewestGroupFirst() {
    rig.setIommu(container, 1);
    assertThat(diary)
        .containsExactly("young check 1", "young open 1", "young attach 2", "young attach 1");
  }

  @Test
  void rankingBeatsAge() {
    FakeBackend ranked = new FakeBackend("ranked", Set.of(1), diary);
    rig.registry.addBackend(ranked, 5);
    rig.registry.addBackend(new FakeBackend("youngest", Set.of(1), diary), 0);
    rig.setIommu(container, 1);
    assertThat(diary).startsWith("ranked check 1", "ranked open 1");
  }

  @Test
  void aRefusedGroupUndoesTheAttachedOnesInReverseAndTheNextBackendIsAsked() {
    int g3 = client.openGroup(3);
    rig.setContainer(g3, container);
    young.attachError = Errno.EPERM;
    young.attachErrorGroup = 1;
    rig.setIommu(container, 1);
    assertThat(diary)
        .containsExactly(
            "young check 1",
            "young open 1",
            "young attach 3",
            "young attach 2",
            "young refuse 1",
            "young detach 2",
            "young detach 3",
            "young release",
            "old check 1",
            "old open 1",
            "old attach 3",
            "old attach 2",
            "old attach 1");
  }

  @Test
  void theLastFailureWinsAlsoIfALaterBackendDoesNotKnowTheType() {
    young.attachError = Errno.EEXIST;
    assertThat(Rig.errno(() -> rig.setIommu(container, 3))).isEqualTo(Errno.EEXIST);
    assertThat(diary).endsWith("young release", "old check 3");
    young.attachError = null;
    young.openError = Errno.EPERM;
    assertThat(Rig.errno(() -> rig.setIommu(container, 3))).isEqualTo(Errno.EPERM);
    old.openError = Errno.ENOMEM;
    assertThat(Rig.errno(() -> rig.setIommu(container, 1))).isEqualTo(Errno.ENOMEM);
    young.openError = null;
    rig.setIommu(container, 3);
  }

  @Test
  void withoutBackendsThereIsNoDevice() {
    rig.registry.removeBackend(old);
    rig.registry.removeBackend(young);
    assertThat(Rig.errno(() -> rig.setIommu(container, 1))).isEqualTo(Errno.ENODEV);
    assertThat(rig.checkExtension(container, 1)).isZero();
  }

  @Test
  void anExtensionIsAnsweredByTheFirstThatSaysYesAndThenByTheChosenOnly() {
    assertThat(rig.checkExtension(container, 1)).isEqualTo(1);
    assertThat(diary).containsExactly("young check 1");
    rig.registry.removeBackend(young);
    assertThat(rig.checkExtension(container, 3)).isZero();
    rig.setIommu(container, 1);
    rig.registry.addBackend(young, 0);
    diary.clear();
    assertThat(rig.checkExtension(container, 3)).isZero();
    assertThat(diary).containsExactly("old check 3");
  }

  @Test
  void theNoIommuBackendIsAskedAboutExtensionsOnlyWhileTheContainerIsEmpty() {
    FakeBackend none = new FakeBackend(Backends.NO_IOMMU, Set.of(8), diary);
    rig.registry.addBackend(none, 0);
    assertThat(rig.checkExtension(client.openContainer(), 8)).isEqualTo(1);
    diary.clear();
    assertThat(rig.checkExtension(container, 8)).isZero();
    assertThat(Rig.errno(() -> rig.setIommu(container, 8))).isEqualTo(Errno.ENODEV);
    assertThat(diary).doesNotContain("vfio-noiommu check 8");
  }

  @Test
  void anExplanationTellsWhoWasAskedAndWhatEachAnswered() {
    young.attachError = Errno.EPERM;
    rig.setIommu(container, 1);
    List<Finding> findings = rig.registry.admin().explain("a").findings();
    assertThat(findings)
        .anySatisfy(
            finding -> {
              assertThat(finding.asked()).isEqualTo("backend young");
              assertThat(finding.verdict()).isEqualTo(Verdict.NO);
              assertThat(finding.because()).contains("EPERM", "group 2");
            })
        .anySatisfy(
            finding -> {
              assertThat(finding.asked()).isEqualTo("backend old");
              assertThat(finding.verdict()).isEqualTo(Verdict.YES);
            });
  }

  @Test
  void aBackendThatBreaksIsNamedAndTheNextOneIsAsked() {
    young.onIoctl = instance -> {};
    FakeBackend broken =
        new FakeBackend("broken", Set.of(1), diary) {
          @Override
          public Instance open(int type, Caller caller) {
            throw new IllegalStateException("expected by this test");
          }
        };
    rig.registry.addBackend(broken, 9);
    rig.setIommu(container, 1);
    assertThat(diary).contains("young attach 1");
    rig.unsetContainer(g1);
    rig.unsetContainer(g2);
    rig.setContainer(g1, container);
    rig.registry.removeBackend(old);
    rig.registry.removeBackend(young);
    assertThat(Rig.errno(() -> rig.setIommu(container, 1))).isEqualTo(Errno.EIO);
  }
}
