package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.DeviceView;
import busbar.api.admin.GroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapRecord.Result;
import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import busbar.client.IommuType;
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
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Every bus driver and backend, and the mediated bus, is updated while a device of its kind is open
 * and used by two threads: no call fails, and the device's file is the same all the time.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class UpdateInUseIT {
  private static final long PATIENCE_MILLIS = 10_000;
  private static final int ROUNDS = 3;

  @Inject private BundleContext context;
  @Inject private ConfigurationAdmin configurations;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.allBuses()};
  }

  @Test
  public void pciAndType1() throws Exception {
    updated("pci", "0000:00:05.0", IommuType.TYPE1_V2, "busbar.pci", "busbar.type1");
  }

  @Test
  public void pciAndSpapr() throws Exception {
    Appliance.machine(context, configurations, "pseries");
    updated("pci", "", IommuType.SPAPR_TCE_V2, "busbar.pci", "busbar.spapr");
  }

  @Test
  public void mediatedParentsAndTheirBus() throws Exception {
    Appliance.machine(context, configurations, "gateway");
    updated("mdev", "", IommuType.TYPE1_V2, "busbar.model.mtty", "busbar.mdev", "busbar.type1");
  }

  @Test
  public void platformAndNoIommu() throws Exception {
    Appliance.machine(context, configurations, "virt");
    updated("amba", "9010000.pl031", IommuType.NO_IOMMU, "busbar.platform", "busbar.noiommu");
    updated(
        "platform", "a003e00.virtio_mmio", IommuType.NO_IOMMU, "busbar.platform", "busbar.noiommu");
  }

  /** Opens a device as soon as the machine that has it is up. */
  private DeviceSession open(String bus, String device, IommuType type) throws Exception {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    String last = "there is no such device";
    while (System.currentTimeMillis() < end) {
      VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
      List<GroupView> groups = admin.groups();
      for (DeviceView view : admin.devices()) {
        if (view.bus().equals(bus)
            && (device.isEmpty() || view.name().equals(device))
            && view.state() == DeviceView.State.READY) {
          try {
            return open(groups, view.name(), type);
          } catch (VfioException e) {
            last = e.getMessage();
          }
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError("no device of bus " + bus + " can be opened: " + last);
  }

  private DeviceSession open(List<GroupView> groups, String device, IommuType type)
      throws Exception {
    String node =
        groups.stream()
            .filter(view -> view.devices().contains(device))
            .map(GroupView::node)
            .findFirst()
            .orElseThrow(() -> Errno.ENODEV.because("%s has no group", device));
    return DeviceSession.open(
        EduProbe.service(context, Vfio.class),
        ClientPolicy.privileged("update"),
        node,
        device,
        type);
  }

  private void updated(String bus, String device, IommuType type, String... bundles)
      throws Exception {
    SwapAdmin swaps = EduProbe.service(context, SwapAdmin.class);
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong calls = new AtomicLong();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> users = new ArrayList<>();
    try (DeviceSession session = open(bus, device, type)) {
      users.add(user(() -> session.device().info(), done, calls, failure));
      users.add(user(() -> session.device().region(0).info(), done, calls, failure));
      if (type == IommuType.TYPE1_V2) {
        users.add(
            user(
                () -> {
                  DmaBuffer buffer = session.container().allocate(4096);
                  buffer.close();
                },
                done,
                calls,
                failure));
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (String bundle : bundles) {
          Appliance.bundle(context, bundle).update();
          long enough = calls.get() + 20;
          while (calls.get() < enough && failure.get() == null) {
            Thread.sleep(1);
          }
          assertThat(failure.get()).as("after an update of %s", bundle).isNull();
        }
      }
      done.set(true);
      for (Thread user : users) {
        user.join(PATIENCE_MILLIS);
        assertThat(user.isAlive()).as("a call hangs").isFalse();
      }
      assertThat(failure.get()).isNull();
      assertThat(swaps.history())
          .hasSizeGreaterThanOrEqualTo(ROUNDS * bundles.length)
          .allMatch(record -> record.result() == Result.DONE);
    } finally {
      done.set(true);
    }
    assertThat(EduProbe.service(context, PhysicalMemory.class).pinnedBytes()).isZero();
    assertThat(EduProbe.service(context, VfioAdmin.class).containers()).isEmpty();
  }

  private static Thread user(
      Runnable call, AtomicBoolean done, AtomicLong calls, AtomicReference<Throwable> failure) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                while (!done.get()) {
                  call.run();
                  calls.incrementAndGet();
                }
              } catch (Throwable e) {
                failure.compareAndSet(null, e);
              }
            });
  }
}
