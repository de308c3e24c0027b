package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapSettings;
import busbar.it.BadSuccessor.Fault;
import busbar.machine.model.DeviceModelFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerMethod;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * Swaps that fail, each in its own way, while a client uses the device: the old one goes on, or
 * operations wait for somebody better, or they are told that nobody came.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class SwapFailuresIT {
  private static final long DEADLINE_MILLIS = 1_500;

  @Inject private BundleContext context;
  private final AtomicBoolean done = new AtomicBoolean();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> users = new ArrayList<>();
  private volatile boolean mayVanish;
  private EduProbe edu;
  private SwapAdmin swaps;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option()};
  }

  @Before
  public void use() throws Exception {
    edu = EduProbe.open(context);
    swaps = EduProbe.service(context, SwapAdmin.class);
    swaps.settings(new SwapSettings(30_000, DEADLINE_MILLIS, SwapPolicy.MANUAL));
    for (int i = 0; i < 2; i++) {
      users.add(Thread.ofPlatform().start(this::work));
    }
    awaitCalls();
  }

  private void work() {
    try {
      while (!done.get()) {
        int id = edu.bar0().read32(0);
        // a function that has vanished reads as ones until its files are told
        if (id != -1 || !mayVanish) {
          assertThat(id).isEqualTo(0x010000ed);
        }
        edu.session().container().info();
        edu.session().device().info();
        calls.incrementAndGet();
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  private void awaitCalls() throws InterruptedException {
    long enough = calls.get() + 20;
    while (calls.get() < enough && failure.get() == null) {
      Thread.sleep(1);
    }
  }

  /** Everything works after all, no call failed, and nothing is left. */
  private void assertUnharmed() throws Exception {
    awaitCalls();
    done.set(true);
    for (Thread user : users) {
      user.join(10_000);
      assertThat(user.isAlive()).as("a call hangs").isFalse();
    }
    assertThat(failure.get()).as("what a client saw").isNull();
    assertThat(edu.factorial()).isEqualTo(3_628_800);
    assertThat(edu.echo((byte) 7)).isEqualTo((byte) 7);
    assertThat(edu.interrupt()).isEqualTo(1);
    edu.close();
    assertThat(EduProbe.service(context, PhysicalMemory.class).pinnedBytes()).isZero();
    assertThat(EduProbe.service(context, VfioAdmin.class).containers()).isEmpty();
  }

  @After
  public void stop() throws Exception {
    done.set(true);
    for (Thread user : users) {
      user.join(10_000);
    }
  }

  /** The service of the test's own bundle. */
  private <T> ServiceRegistration<T> offer(Class<T> type, T service) {
    return context.registerService(type, service, null);
  }

  private String mine() {
    return "#" + context.getBundle().getBundleId();
  }

  /** One that hung may have something to give back still: until then the place is busy. */
  private Errno errnoOfSwap(String target) throws InterruptedException {
    VfioException refusal = null;
    for (int i = 0; i < 500 && (refusal == null || refusal.errno() == Errno.EBUSY); i++) {
      Thread.sleep(i == 0 ? 0 : 10);
      refusal =
          catchThrowableOfType(VfioException.class, () -> swaps.swap(target, mine(), "a test"));
      assertThat(refusal).as("the swap was done").isNotNull();
    }
    return refusal.errno();
  }

  private SwapRecord last() {
    return swaps.history().getLast();
  }

  private <T> void refusedSideBySide(Class<T> type, T service, BadSuccessor bad, Fault fault)
      throws Exception {
    ServiceRegistration<T> registration = offer(type, service);
    AtomicBoolean gone = new AtomicBoolean();
    bad.disappearing(
        () -> {
          gone.set(true);
          registration.unregister();
        });
    String target = type == VfioIommuDriverOps.class ? container() : EduProbe.EDU;
    assertThat(errnoOfSwap(target)).as("%s of %s", fault, type).isEqualTo(fault.errno);
    assertThat(last().result()).isEqualTo(Result.KEPT);
    assertThat(last().because()).isNotBlank();
    awaitCalls();
    assertThat(failure.get()).as("what a client saw when the successor %s", fault).isNull();
    if (!gone.get()) {
      registration.unregister();
    }
  }

  private String container() throws Exception {
    return EduProbe.service(context, VfioAdmin.class).containers().getFirst().name();
  }

  @Test
  public void aBadDriverIsNoSuccessor() throws Exception {
    for (Fault fault : Fault.values()) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedSideBySide(VfioBusDriver.class, bad.driver(), bad, fault);
    }
    assertUnharmed();
  }

  @Test
  public void aBadBackendIsNoSuccessor() throws Exception {
    for (Fault fault : Fault.values()) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedSideBySide(VfioIommuDriverOps.class, bad.backend(), bad, fault);
    }
    assertUnharmed();
  }

  @Test
  public void aBadModelIsNoSuccessor() throws Exception {
    for (Fault fault : Fault.values()) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedSideBySide(DeviceModelFactory.class, bad.model(), bad, fault);
    }
    assertUnharmed();
  }

  private <T> void refusedInAnUpdate(String bundle, Class<T> type, T service, BadSuccessor bad)
      throws Exception {
    Appliance.bundle(context, bundle).stop();
    ServiceRegistration<T> registration = offer(type, service);
    assertThat(bad.restores()).as("it was tried").isPositive();
    assertThat(swaps.history()).anyMatch(record -> record.result() == Result.WAITING);
    registration.unregister();
    Appliance.bundle(context, bundle).start();
    assertThat(last().result()).as("%s", last()).isEqualTo(Result.DONE);
    awaitCalls();
    assertThat(failure.get()).as("what a client saw").isNull();
  }

  @Test
  public void inAnUpdateABadDriverLeavesOperationsWaitingForABetterOne() throws Exception {
    for (Fault fault : List.of(Fault.REFUSES, Fault.THROWS, Fault.HANGS)) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedInAnUpdate("busbar.pci", VfioBusDriver.class, bad.driver(), bad);
    }
    assertUnharmed();
  }

  @Test
  public void inAnUpdateABadBackendLeavesOperationsWaitingForABetterOne() throws Exception {
    for (Fault fault : List.of(Fault.REFUSES, Fault.THROWS, Fault.HANGS)) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedInAnUpdate("busbar.type1", VfioIommuDriverOps.class, bad.backend(), bad);
    }
    assertUnharmed();
  }

  @Test
  public void inAnUpdateABadModelLeavesOperationsWaitingForABetterOne() throws Exception {
    for (Fault fault : List.of(Fault.REFUSES, Fault.THROWS, Fault.HANGS)) {
      BadSuccessor bad = new BadSuccessor(fault);
      refusedInAnUpdate("busbar.model.edu", DeviceModelFactory.class, bad.model(), bad);
    }
    assertUnharmed();
  }

  private void nobodyComesFor(String bundle) throws Exception {
    swaps.settings(new SwapSettings(300, DEADLINE_MILLIS, SwapPolicy.MANUAL));
    Bundle old = Appliance.bundle(context, bundle);
    old.stop();
    for (Thread user : users) {
      user.join(10_000);
      assertThat(user.isAlive()).as("a call waits for ever").isFalse();
    }
    assertThat(failure.get()).isInstanceOf(VfioException.class);
    assertThat(((VfioException) failure.get()).errno()).isEqualTo(Errno.ENODEV);
    assertThat(last().result()).isEqualTo(Result.LOST);
    edu.close();
    old.start();
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.factorial()).isEqualTo(3_628_800);
      assertThat(again.interrupt()).isEqualTo(1);
    }
    assertThat(EduProbe.service(context, PhysicalMemory.class).pinnedBytes()).isZero();
  }

  @Test
  public void whenNoDriverComesOperationsAreTold() throws Exception {
    nobodyComesFor("busbar.pci");
  }

  @Test
  public void whenNoBackendComesOperationsAreTold() throws Exception {
    nobodyComesFor("busbar.type1");
  }

  @Test
  public void whenNoModelComesOperationsAreTold() throws Exception {
    mayVanish = true;
    nobodyComesFor("busbar.model.edu");
  }

  @Test
  public void aClientThatClosesInTheGapLeavesNothing() throws Exception {
    Bundle driver = Appliance.bundle(context, "busbar.pci");
    Bundle backend = Appliance.bundle(context, "busbar.type1");
    driver.stop();
    backend.stop();
    done.set(true);
    edu.session().client().close();
    for (Thread user : users) {
      user.join(10_000);
      assertThat(user.isAlive()).as("a call waits for ever").isFalse();
    }
    PhysicalMemory memory = EduProbe.service(context, PhysicalMemory.class);
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    // who closes does not wait for those who have gone: it is done soon after
    long end = System.currentTimeMillis() + 5_000;
    while ((memory.pinnedBytes() != 0 || !admin.containers().isEmpty())
        && System.currentTimeMillis() < end) {
      Thread.sleep(5);
    }
    assertThat(memory.pinnedBytes()).isZero();
    assertThat(admin.clients()).isEmpty();
    assertThat(admin.containers()).isEmpty();
    backend.start();
    driver.start();
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.echo((byte) 3)).isEqualTo((byte) 3);
    }
  }

  @Test
  public void whenTheRegistryStopsInTheGapNobodyWaits() throws Exception {
    Appliance.bundle(context, "busbar.pci").stop();
    Appliance.bundle(context, "busbar.type1").stop();
    Appliance.bundle(context, "busbar.model.edu").stop();
    long begun = System.nanoTime();
    Appliance.bundle(context, "busbar.registry").stop();
    assertThat((System.nanoTime() - begun) / 1_000_000).isLessThan(8_000);
    for (Thread user : users) {
      user.join(10_000);
      assertThat(user.isAlive()).as("a call waits for ever").isFalse();
    }
    Appliance.start(
        context, List.of("busbar.registry", "busbar.model.edu", "busbar.type1", "busbar.pci"));
    EduProbe.awaitState(context, DeviceView.State.READY);
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.factorial()).isEqualTo(3_628_800);
    }
  }
}
