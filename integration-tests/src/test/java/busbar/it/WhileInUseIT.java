package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import busbar.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerMethod;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Drivers and backends are stopped, updated and uninstalled under a client that uses them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class WhileInUseIT {
  @Inject private BundleContext context;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option()};
  }

  private interface Change {
    void make(Bundle bundle) throws Exception;
  }

  private void stopped(String name) throws Exception {
    surviveAndWorkAgain(
        name,
        bundle -> {
          bundle.stop();
          bundle.start();
        });
  }

  private void updated(String name) throws Exception {
    surviveAndWorkAgain(name, bundle -> bundle.update());
  }

  private void uninstalled(String name) throws Exception {
    surviveAndWorkAgain(
        name,
        bundle -> {
          bundle.uninstall();
          context.installBundle(Bundles.url(name)).start();
        });
  }

  /**
   * Two threads use the device while the change is made: each call gives a result or an errno, none
   * hangs; afterwards a new client finds everything working and nothing of the old one is left.
   */
  private void surviveAndWorkAgain(String name, Change change) throws Exception {
    EduProbe edu = EduProbe.open(context);
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong calls = new AtomicLong();
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    List<Thread> users = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      users.add(Thread.ofPlatform().start(() -> use(edu, done, calls, wrong)));
    }
    while (calls.get() < 100) {
      Thread.sleep(1);
    }
    change.make(Appliance.bundle(context, name));
    Thread.sleep(50);
    done.set(true);
    for (Thread user : users) {
      user.join(10_000);
      assertThat(user.isAlive()).as("a call hangs").isFalse();
    }
    assertThat(wrong.get()).as("a call gave neither a result nor an errno").isNull();
    edu.close();
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.factorial()).isEqualTo(3_628_800);
      assertThat(again.echo((byte) 7)).isEqualTo((byte) 7);
      assertThat(again.interrupt()).isEqualTo(1);
    }
    assertThat(EduProbe.service(context, PhysicalMemory.class).pinnedBytes()).isZero();
    assertThat(EduProbe.service(context, VfioAdmin.class).clients()).isEmpty();
  }

  private static void use(
      EduProbe edu, AtomicBoolean done, AtomicLong calls, AtomicReference<Throwable> wrong) {
    while (!done.get()) {
      try {
        edu.bar0().read32(0);
        edu.session().container().info();
        edu.session().device().info();
      } catch (VfioException e) {
        // an errno is an answer
      } catch (Throwable e) {
        wrong.compareAndSet(null, e);
        return;
      }
      calls.incrementAndGet();
    }
  }

  @Test
  public void theBusDriverIsStopped() throws Exception {
    stopped("busbar.pci");
  }

  @Test
  public void theBusDriverIsUpdated() throws Exception {
    updated("busbar.pci");
  }

  @Test
  public void theBusDriverIsUninstalled() throws Exception {
    uninstalled("busbar.pci");
  }

  @Test
  public void theBackendIsStopped() throws Exception {
    stopped("busbar.type1");
  }

  @Test
  public void theBackendIsUpdated() throws Exception {
    updated("busbar.type1");
  }

  @Test
  public void theBackendIsUninstalled() throws Exception {
    uninstalled("busbar.type1");
  }

  @Test
  public void theMachineIsStopped() throws Exception {
    stopped("busbar.machine");
  }

  @Test
  public void theDeviceModelIsUpdated() throws Exception {
    updated("busbar.model.edu");
  }

  @Test
  public void theRegistryIsStopped() throws Exception {
    surviveRegistry();
  }

  /** The registry takes its clients with it; what comes after starts afresh. */
  private void surviveRegistry() throws Exception {
    EduProbe edu = EduProbe.open(context);
    Appliance.bundle(context, "busbar.registry").stop();
    edu.close();
    Appliance.bundle(context, "busbar.registry").start();
    EduProbe.awaitState(context, DeviceView.State.READY);
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.factorial()).isEqualTo(3_628_800);
    }
  }
}
