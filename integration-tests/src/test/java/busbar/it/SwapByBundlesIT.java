package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.BundleSets;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerMethod;
import org.osgi.framework.Bundle;

/** Features, the deploy folder and rollback change bundles under a client that uses them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class SwapByBundlesIT extends BusySwap {
  @Test
  public void aFeatureUpdatesWhatDiffersAndRollbackGoesBack() throws Exception {
    String driver = inPlace(EDU);
    String backend = inPlace(CONTAINER);
    Path repository = folder.resolve("repository");
    for (String bundle : List.of("busbar.pci", "busbar.type1", "busbar.model.edu")) {
      Variants.inRepository(repository, bundle, "1.1.0");
    }
    context.installBundle(
        Variants.inRepository(repository, "busbar.model.mtty", "1.0.0").toUri().toString());
    Path feature =
        Files.writeString(
            folder.resolve("next.json"),
            """
            { "id": "busbar:next:1.1.0", "name": "next",
              "bundles": [ { "id": "busbar:busbar.pci:1.1.0" },
                           { "id": "busbar:busbar.model.edu:1.1.0" },
                           { "id": "busbar:busbar.type1:1.1.0" } ] }
            """);
    String command = "vfio:feature " + feature + " --repository " + repository;
    assertThat(type(command + " --dry-run"))
        .contains("update busbar.pci", "update busbar.type1", "update busbar.model.edu")
        .contains("uninstall busbar.model.mtty");
    assertThat(inPlace(EDU)).isEqualTo(driver);
    String output = type(command);
    assertThat(output).contains("done after");
    expect(EDU, "vfio-pci@1.1.0");
    assertThat(inPlace(CONTAINER)).endsWith("@1.1.0");
    assertThat(swaps.slots())
        .filteredOn(slot -> slot.target().equals(EDU) && slot.kind().equals("model"))
        .singleElement()
        .satisfies(slot -> assertThat(slot.current()).hasToString("edu@1.1.0"));
    assertThat(swaps.history()).allMatch(record -> record.result() == Result.DONE);
    assertDone(EDU, Way.UPDATE);
    assertDone(CONTAINER, Way.UPDATE);
    assertThat(type(undo(output))).contains("done after");
    expect(EDU, driver);
    expect(CONTAINER, backend);
    assertThat(Appliance.bundle(context, "busbar.model.mtty").getVersion()).hasToString("1.0.0");
  }

  @Test
  public void aFeatureWithADriverThatFailsLeavesTheClientWithTheOldOne() throws Exception {
    String driver = inPlace(EDU);
    Path repository = folder.resolve("repository");
    Variants.inRepository(repository, "busbar.type1", "1.1.0");
    Path broken = Variants.inRepository(repository, "busbar.pci", "1.1.0");
    BrokenJars.withoutTheClass(broken, "busbar/pci/VfioPciDriver.class");
    Path feature =
        Files.writeString(
            folder.resolve("broken.json"),
            """
            { "id": "busbar:broken:1.1.0", "name": "broken",
              "bundles": [ { "id": "busbar:busbar.type1:1.1.0" },
                           { "id": "busbar:busbar.pci:1.1.0" } ] }
            """);
    String output = type("vfio:feature " + feature + " --repository " + repository);
    assertThat(output).contains("vfio:feature: EIO: ").contains("everything is as it was");
    expect(EDU, driver);
    assertThat(inPlace(CONTAINER)).doesNotContain("1.1.0");
    assertThat(last("bundles").result()).isEqualTo(Result.KEPT);
  }

  @Test
  public void rollbackGoesBackToTheLastGoodSetAfterAnybodysUpdate() throws Exception {
    String driver = inPlace(EDU);
    String backend = inPlace(CONTAINER);
    type("vfio:good");
    update("busbar.pci", "1.0.1");
    update("busbar.type1", "1.0.1");
    install("busbar.pci", "1.0.2");
    type("vfio:swap " + EDU + " vfio-pci@1.0.2");
    expect(EDU, "vfio-pci@1.0.2");
    Bundle keeper = Appliance.bundle(context, "busbar.provision");
    keeper.stop();
    keeper.start();
    EduProbe.service(context, BundleSets.class);
    assertThat(type("vfio:rollback")).contains("undo: vfio:rollback ");
    expect(EDU, driver);
    expect(CONTAINER, backend);
    assertThat(type("vfio:rollback")).contains("nothing differs");
  }

  @Test
  public void aFileInTheDeployFolderComesBesideAndIsSwappedInByHand() throws Exception {
    String before = inPlace(EDU);
    Path deploy = deployFolder();
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    await(() -> !slot(EDU).others().isEmpty(), "the new one beside the old one");
    busy.work();
    assertThat(inPlace(EDU)).isEqualTo(before);
    type("vfio:swap " + EDU + " vfio-pci@1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    // the same file with another version: while it is exchanged, who stands by takes over
    Variants.write("busbar.pci", "1.0.2", deploy.resolve("pci.jar"));
    expect(EDU, before);
    assertDone(EDU, Way.UPDATE);
    await(() -> slot(EDU).others().toString().contains("1.0.2"), "the other version");
    type("vfio:swap " + EDU + " vfio-pci@1.0.2");
    expect(EDU, "vfio-pci@1.0.2");
    // taken away: who stands by takes over
    Files.delete(deploy.resolve("pci.jar"));
    expect(EDU, before);
  }

  @Test
  public void aFileInTheDeployFolderThatIsReplacedUpdatesItsBundleInPlace() throws Exception {
    Path deploy = deployFolder();
    policy(SwapPolicy.ALWAYS);
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.1");
    Appliance.bundle(context, "busbar.pci").uninstall();
    long id = Appliance.bundle(context, "busbar.pci").getBundleId();
    Variants.write("busbar.pci", "1.0.2", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.2");
    assertDone(EDU, Way.UPDATE);
    assertThat(Appliance.bundle(context, "busbar.pci").getBundleId()).isEqualTo(id);
  }

  @Test
  public void aFileInTheDeployFolderTakesOverByPolicyAlways() throws Exception {
    String name = slot(CONTAINER).current().name();
    Path deploy = deployFolder();
    policy(SwapPolicy.ALWAYS);
    Variants.write("busbar.type1", "1.0.1", deploy.resolve("type1.jar"));
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.POLICY);
    Variants.write("busbar.pci", "1.0.1", deploy.resolve("pci.jar"));
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.POLICY);
  }

  @Test
  public void aFileOfAVersionThatRunsUpdatesTheBundleThatRunsAndTakesItAlong() throws Exception {
    Path deploy = deployFolder();
    Bundle running = Appliance.bundle(context, "busbar.pci");
    String version = running.getVersion().toString();
    long modified = running.getLastModified();
    Variants.write("busbar.pci", version, deploy.resolve("pci.jar"));
    await(() -> running.getLastModified() != modified, "the update");
    await(() -> running.getState() == Bundle.ACTIVE, "the start");
    expect(EDU, "vfio-pci@" + version);
    assertDone(EDU, Way.UPDATE);
    install("busbar.pci", "1.0.1");
    Files.delete(deploy.resolve("pci.jar"));
    await(() -> running.getState() == Bundle.UNINSTALLED, "the end of the bundle");
    expect(EDU, "vfio-pci@1.0.1");
  }

  private Path deployFolder() throws Exception {
    Appliance.bundle(context, "org.apache.felix.fileinstall").start();
    return Path.of(context.getProperty("felix.fileinstall.dir"));
  }
}
