package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.admin.VfioAdmin;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Set;
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
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * The edu model is exchanged by each of the ways that there are, while a client uses the device.
 */
@RunWith(PaxExam.class)
public class ModelSwapIT {
  private static final String MODEL = "busbar.model.edu";

  @Inject private BundleContext context;
  private SwapAdmin swaps;
  private ServiceRegistration<?> competitor;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option()};
  }

  @Before
  public void findTheAdmin() throws Exception {
    swaps = EduProbe.service(context, SwapAdmin.class);
    swaps.settings(SwapSettings.DEFAULT);
  }

  @After
  public void bringTheModelBack() throws Exception {
    swaps.settings(SwapSettings.DEFAULT);
    Appliance.bundle(context, MODEL).start();
    if (competitor != null) {
      competitor.unregister();
    }
  }

  private List<SwapRecord> records() {
    return swaps.history().stream()
        .filter(each -> each.kind().equals("model") && each.target().equals(EduProbe.EDU))
        .toList();
  }

  /** The same devices from another bundle: that of this test. */
  private void compete() throws Exception {
    DeviceModelFactory real = EduProbe.service(context, DeviceModelFactory.class);
    DeviceModelFactory mine =
        new DeviceModelFactory() {
          @Override
          public Set<String> models() {
            return Set.of("edu");
          }

          @Override
          public DeviceModel create(ModelContext device) {
            return real.create(device);
          }
        };
    competitor = context.registerService(DeviceModelFactory.class, mine, null);
  }

  @Test
  public void anUpdateOfTheBundleIsAPauseForWhoeverUsesTheDevice() throws Exception {
    try (EduProbe edu = EduProbe.open(context)) {
      edu.bar0().write32(4, 0x1234);
      AtomicBoolean done = new AtomicBoolean();
      AtomicReference<Throwable> wrong = new AtomicReference<>();
      AtomicLong reads = new AtomicLong();
      Thread user =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (!done.get()) {
                        assertThat(edu.bar0().read32(4)).isEqualTo(~0x1234);
                        reads.incrementAndGet();
                      }
                    } catch (Throwable e) {
                      wrong.set(e);
                    }
                  });
      Bundle model = Appliance.bundle(context, MODEL);
      for (int i = 0; i < 3; i++) {
        try (InputStream jar = URI.create(Bundles.url(MODEL)).toURL().openStream()) {
          model.update(jar);
        }
        long before = reads.get();
        while (reads.get() < before + 100 && user.isAlive()) {
          Thread.sleep(1);
        }
      }
      done.set(true);
      user.join();
      assertThat(wrong.get()).isNull();
      assertThat(edu.factorial()).isEqualTo(3_628_800);
      assertThat(edu.echo((byte) 9)).isEqualTo((byte) 9);
    }
    List<SwapRecord> last = records().subList(records().size() - 3, records().size());
    assertThat(last).extracting(SwapRecord::result).containsOnly(Result.DONE);
    assertThat(last).extracting(SwapRecord::way).containsOnly(Way.UPDATE);
    assertThat(last.getFirst().who()).startsWith("bundle " + MODEL);
  }

  @Test
  public void aSwapAndItsUndoKeepTheState() throws Exception {
    try (EduProbe edu = EduProbe.open(context)) {
      edu.bar0().write32(4, 0x1234);
      compete();
      assertThat(edu.bar0().read32(4)).isEqualTo(~0x1234);
      String mine = "#" + context.getBundle().getBundleId();
      assertThat(swaps.plan(EduProbe.EDU, mine).getFirst().possible()).isTrue();
      SwapRecord record = swaps.swap(EduProbe.EDU, mine, "test").getFirst();
      assertThat(record.result()).isEqualTo(Result.DONE);
      assertThat(record.number()).isPositive();
      assertThat(edu.bar0().read32(4)).isEqualTo(~0x1234);
      String undo = record.undo().substring(record.undo().lastIndexOf(' ') + 1);
      assertThat(swaps.swap(EduProbe.EDU, undo, "test").getFirst().result()).isEqualTo(Result.DONE);
      assertThat(edu.bar0().read32(4)).isEqualTo(~0x1234);
      assertThat(edu.interrupt()).isEqualTo(1);
    }
  }

  @Test
  public void aCompetitorTakesOverWhenTheBundleStops() throws Exception {
    try (EduProbe edu = EduProbe.open(context)) {
      edu.bar0().write32(4, 0x1234);
      compete();
      Appliance.bundle(context, MODEL).stop();
      assertThat(edu.bar0().read32(4)).isEqualTo(~0x1234);
    }
  }

  @Test
  public void withoutASuccessorOpenFilesFailAndTheDeviceComesBackWithTheBundle() throws Exception {
    swaps.settings(new SwapSettings(200, 2000, SwapPolicy.MANUAL));
    EduProbe edu = EduProbe.open(context);
    Appliance.bundle(context, MODEL).stop();
    long end = System.nanoTime() + 5_000_000_000L;
    while (isDeviceThere() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertThat(isDeviceThere()).isFalse();
    assertThatThrownBy(() -> edu.session().device().info()).isInstanceOf(VfioException.class);
    assertThat(records().getLast().result()).isEqualTo(Result.LOST);
    edu.close();
    Appliance.bundle(context, MODEL).start();
    try (EduProbe again = EduProbe.open(context)) {
      assertThat(again.factorial()).isEqualTo(3_628_800);
      assertThat(again.echo((byte) 3)).isEqualTo((byte) 3);
      assertThat(again.interrupt()).isEqualTo(1);
    }
  }

  @Test
  public void whoeverWaitsForAModelIsFreeWhenTheMachineStops() throws Exception {
    EduProbe edu = EduProbe.open(context);
    Appliance.bundle(context, MODEL).stop();
    Thread user =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    edu.bar0().read32(0);
                  } catch (VfioException e) {
                    // an errno is an answer
                  }
                });
    user.join(200);
    assertThat(user.isAlive()).isTrue();
    long begun = System.nanoTime();
    Appliance.bundle(context, "busbar.machine").stop();
    user.join(5000);
    assertThat(user.isAlive()).isFalse();
    assertThat(System.nanoTime() - begun).isLessThan(5_000_000_000L);
    edu.close();
    Appliance.bundle(context, "busbar.machine").start();
    Appliance.bundle(context, MODEL).start();
    EduProbe.open(context).close();
  }

  private boolean isDeviceThere() throws InterruptedException {
    return EduProbe.service(context, VfioAdmin.class).devices().stream()
        .anyMatch(each -> each.name().equals(EduProbe.EDU));
  }
}
