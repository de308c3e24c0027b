package busbar.it;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.VfioAdmin;
import busbar.api.bus.BusDevice;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.device.GroupType;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import java.lang.foreign.MemorySegment;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * Drivers that throw, hang or lie, and backends that compete: the client gets an answer all the
 * same.
 */
@RunWith(PaxExam.class)
public class BadDriversIT {
  private static final String DEVICE = "0000:00:05.0";

  @Inject private BundleContext context;
  private ServiceRegistration<?> registration;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option()};
  }

  /** A bus driver for the PCI bus whose behaviour a test sets. */
  private static class Wicked implements VfioBusDriver<Object> {
    @Override
    public String name() {
      return "wicked";
    }

    @Override
    public String bus() {
      return "pci";
    }

    @Override
    public int bid(BusDevice device) {
      return 0;
    }

    @Override
    public Object probe(BusDevice device, VfioDevice vfio) {
      return new Object();
    }

    @Override
    public void remove(Object device) {}

    @Override
    public void open(Object device, Caller caller) {}

    @Override
    public void release(Object device) {}
  }

  private void give(Wicked driver) throws Exception {
    registration = context.registerService(VfioBusDriver.class, driver, null);
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    if (admin.device(DEVICE).driver().isPresent()) {
      admin.unbind(DEVICE);
    }
    admin.setOverride(DEVICE, "wicked");
    admin.bind(DEVICE, "wicked");
  }

  private DeviceSession open() throws Exception {
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    return DeviceSession.open(
        EduProbe.service(context, Vfio.class),
        ClientPolicy.privileged("victim"),
        Integer.toString(admin.device(DEVICE).group().orElseThrow()),
        DEVICE,
        IommuType.TYPE1_V2);
  }

  @After
  public void takeAway() throws Exception {
    if (registration != null) {
      registration.unregister();
    }
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    admin.setOverride(DEVICE, "vfio-pci");
    admin.probe(DEVICE);
    assertThat(admin.clients()).isEmpty();
  }

  private static void assertErrno(Errno errno, String naming, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .hasMessageContaining(naming);
  }

  @Test
  public void aDriverThatThrowsSomethingElseIsEioAndNamed() throws Exception {
    give(
        new Wicked() {
          @Override
          public long ioctl(Object device, Caller caller, int command, MemorySegment argument) {
            throw new IllegalStateException("my table is empty");
          }
        });
    try (DeviceSession session = open()) {
      assertErrno(Errno.EIO, "wicked", () -> session.device().info());
    }
  }

  @Test
  public void aDriverThatFailsToOpenLeavesNothingOpen() throws Exception {
    give(
        new Wicked() {
          @Override
          public void open(Object device, Caller caller) {
            throw Errno.EAGAIN.because("the device is asleep");
          }
        });
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    assertThatThrownBy(this::open).hasMessageContaining("the device is asleep");
    assertThat(admin.device(DEVICE).openCount()).isZero();
    assertThat(admin.containers()).isEmpty();
  }

  @Test
  public void aDriverThatHangsHoldsUpOnlyItsCaller() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    give(
        new Wicked() {
          @Override
          public int read(Object device, Caller caller, MemorySegment buffer, long offset) {
            hanging.countDown();
            try {
              letGo.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return 0;
          }
        });
    try (DeviceSession session = open()) {
      Thread victim =
          Thread.ofVirtual()
              .start(() -> session.device().file().read(MemorySegment.ofArray(new byte[4]), 0));
      assertThat(hanging.await(5, TimeUnit.SECONDS)).isTrue();
      try (EduProbe edu = EduProbe.open(context)) {
        assertThat(edu.factorial()).isEqualTo(3_628_800);
      }
      assertThat(EduProbe.service(context, VfioAdmin.class).devices()).isNotEmpty();
      letGo.countDown();
      victim.join();
    }
  }

  @Test
  public void aDriverThatLiesAboutTheCountIsCaught() throws Exception {
    give(
        new Wicked() {
          @Override
          public int read(Object device, Caller caller, MemorySegment buffer, long offset) {
            return 1_000_000;
          }

          @Override
          public int write(Object device, Caller caller, MemorySegment buffer, long offset) {
            return -5;
          }
        });
    try (DeviceSession session = open()) {
      MemorySegment four = MemorySegment.ofArray(new byte[4]);
      assertErrno(Errno.EIO, "wicked", () -> session.device().file().read(four, 0));
      assertErrno(Errno.EIO, "wicked", () -> session.device().file().write(four, 0));
    }
  }

  @Test
  public void aDriverWithoutAnIoctlAnswersEinval() throws Exception {
    give(new Wicked());
    try (DeviceSession session = open()) {
      assertErrno(
          Errno.EINVAL,
          "wicked",
          () -> session.device().file().ioctl(VFIO_DEVICE_GET_INFO, MemorySegment.NULL));
    }
  }

  /** A backend that answers for type1 v2 and then does what a test wants. */
  private static final class Rival implements VfioIommuDriverOps<Object> {
    private final Errno attachFails;
    volatile boolean asked;

    Rival(Errno attachFails) {
      this.attachFails = attachFails;
    }

    @Override
    public String name() {
      return "rival";
    }

    @Override
    public String owner() {
      return "a test";
    }

    @Override
    public Object open(int type, Caller caller) {
      return new Object();
    }

    @Override
    public void release(Object iommu) {}

    @Override
    public long ioctl(Object iommu, Caller caller, int command, MemorySegment argument) {
      return argument.address() == IommuType.TYPE1_V2.id() ? 1 : 0;
    }

    @Override
    public void attachGroup(Object iommu, IommuGroup group, GroupType type) {
      asked = true;
      if (attachFails != null) {
        throw attachFails.because("the rival does not want group %d", group.id());
      }
    }

    @Override
    public void detachGroup(Object iommu, IommuGroup group) {}
  }

  private void compete(Rival rival, int ranking) {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put("service.ranking", ranking);
    registration = context.registerService(VfioIommuDriverOps.class, rival, properties);
  }

  private List<String> chosen() throws Exception {
    VfioAdmin admin = EduProbe.service(context, VfioAdmin.class);
    return admin.containers().stream()
        .map(container -> container.backend().orElse("none"))
        .toList();
  }

  @Test
  public void theBackendOfHigherRankingIsAskedFirst() throws Exception {
    Rival rival = new Rival(null);
    compete(rival, 100);
    try (EduProbe edu = EduProbe.open(context)) {
      assertThat(chosen()).containsExactly("rival");
      assertThat(edu.factorial()).isEqualTo(3_628_800);
    }
  }

  @Test
  public void aBackendThatRefusesTheGroupGivesWayToTheNext() throws Exception {
    Rival rival = new Rival(Errno.ENOMEM);
    compete(rival, 100);
    try (EduProbe edu = EduProbe.open(context)) {
      assertThat(rival.asked).isTrue();
      assertThat(chosen()).containsExactly("vfio-iommu-type1");
      assertThat(edu.echo((byte) 3)).isEqualTo((byte) 3);
    }
  }
}
