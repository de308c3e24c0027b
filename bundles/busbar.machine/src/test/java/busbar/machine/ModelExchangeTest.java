package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.pci.PciDevice;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ModelExchangeTest {
  private final Rig rig = new Rig();
  private final PciDevice edu = rig.device("0000:00:04.0");

  @Test
  void aDeviceGetsItsModelWhenTheFactoryComes() {
    edu.bar(0).store(8, 4, 5);
    assertEquals(0, edu.bar(0).load(8, 4));
    Rig.Factory factory = new Rig.Factory("edu");
    rig.machine.addModels(factory);
    edu.bar(0).store(8, 4, 5);
    assertEquals(5, edu.bar(0).load(8, 4));
    assertEquals(3, factory.made.size());
    rig.machine.removeModels(factory);
    assertEquals(0, edu.bar(0).load(8, 4));
    assertTrue(factory.made.get("0000:00:04.0").closed);
  }

  @Test
  void aNewerModelTakesTheStateOfTheOlderOne() {
    Rig.Factory one = new Rig.Factory("edu");
    Rig.Factory two = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.addModels(two);
    assertEquals(5, edu.bar(0).load(8, 4));
    assertTrue(one.made.get("0000:00:04.0").closed);
    rig.machine.removeModels(one);
    assertFalse(two.made.get("0000:00:04.0").closed);
    assertEquals(5, edu.bar(0).load(8, 4));
  }

  @Test
  void theStateWaitsForTheModelThatAnUpdateBrings() {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    rig.machine.addModels(new Rig.Factory("edu"));
    assertEquals(5, edu.bar(0).load(8, 4));
  }

  @Test
  void accessesWaitAMomentForTheModelThatAnUpdateBrings() throws InterruptedException {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    AtomicLong seen = new AtomicLong(-1);
    Thread reader = Thread.ofPlatform().start(() -> seen.set(edu.bar(0).load(8, 4)));
    Thread.sleep(50);
    assertEquals(-1, seen.get());
    rig.machine.addModels(new Rig.Factory("edu"));
    reader.join();
    assertEquals(5, seen.get());
  }

  @Test
  void aResetMakesTheWaitingStateWorthless() {
    Rig.Factory one = new Rig.Factory("nvme");
    PciDevice nvme = rig.device("0000:04:00.0");
    rig.machine.addModels(one);
    nvme.writeConfig(4, 2, 2);
    nvme.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    nvme.resetFunction();
    rig.machine.addModels(new Rig.Factory("nvme"));
    assertEquals(0, nvme.bar(0).load(8, 4));
  }

  @Test
  void aNewModelThatFailsLeavesTheOldOneInPlace() {
    Rig.Factory good = new Rig.Factory("edu");
    rig.machine.addModels(good);
    edu.bar(0).store(8, 4, 5);
    rig.machine.addModels(
        new DeviceModelFactory() {
          @Override
          public Set<String> models() {
            return Set.of("edu");
          }

          @Override
          public DeviceModel create(ModelContext context) {
            throw Errno.EINVAL.because("this version cannot make %s", context.name());
          }
        });
    assertEquals(5, edu.bar(0).load(8, 4));
    assertFalse(good.made.get("0000:00:04.0").closed);
  }

  @Test
  void noWriteIsLostWhileModelsAreExchanged() throws InterruptedException {
    rig.machine.addModels(new Rig.Factory("edu"));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong wrong = new AtomicLong();
    Thread driver =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (long i = 1; !stop.get(); i++) {
                    edu.bar(0).store(16, 8, i);
                    if (edu.bar(0).load(16, 8) != i) {
                      wrong.incrementAndGet();
                    }
                  }
                });
    for (int i = 0; i < 50; i++) {
      rig.machine.addModels(new Rig.Factory("edu"));
    }
    stop.set(true);
    driver.join();
    assertEquals(0, wrong.get());
  }

  @Test
  void errorsAndWakeupsReachTheDriver() {
    PciDevice nic = rig.device("0000:00:06.0");
    AtomicLong errors = new AtomicLong();
    AtomicLong wakeups = new AtomicLong();
    nic.onError(errors::incrementAndGet);
    nic.onWakeup(wakeups::incrementAndGet);
    rig.machine.reportError("0000:00:06.0");
    rig.machine.requestWakeup("0000:00:06.0");
    assertEquals(1, errors.get());
    assertEquals(0, wakeups.get(), "PME is not enabled");
    nic.writeConfig(0xcc, 2, 0x0103);
    rig.machine.requestWakeup("0000:00:06.0");
    assertEquals(1, wakeups.get());
  }
}
