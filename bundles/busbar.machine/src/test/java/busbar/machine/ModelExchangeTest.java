package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.pci.PciDevice;
import java.util.List;
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
  }

  @Test
  void theModelInPlaceStaysWhenAnotherFactoryComesAndIsFollowedByItWhenItsOwnGoes() {
    Rig.Factory one = new Rig.Factory("edu");
    Rig.Factory two = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.addModels(two, 1);
    assertFalse(one.made.get("0000:00:04.0").closed);
    assertTrue(two.made.isEmpty());
    rig.machine.removeModels(one);
    assertEquals(5, edu.bar(0).load(8, 4));
    assertTrue(one.made.get("0000:00:04.0").closed);
    assertFalse(two.made.get("0000:00:04.0").closed);
  }

  @Test
  void theStateWaitsForTheModelThatAnUpdateBrings() {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    assertTrue(one.made.get("0000:00:04.0").closed);
    rig.machine.addModels(new Rig.Factory("edu"));
    assertEquals(5, edu.bar(0).load(8, 4));
  }

  @Test
  void accessesWaitForTheModelThatAnUpdateBrings() throws InterruptedException {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    AtomicLong seen = new AtomicLong(-1);
    Thread reader = Thread.ofPlatform().start(() -> seen.set(edu.bar(0).load(8, 4)));
    Rig.awaitWaiting(reader);
    assertEquals(-1, seen.get());
    rig.machine.addModels(new Rig.Factory("edu"));
    reader.join();
    assertEquals(5, seen.get());
  }

  @Test
  void aResetWhileNoModelIsThereMakesTheWaitingStateWorthless() {
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
  void configurationSpaceGoesOnWithoutAModelAndTheNextOneIsToldOfWrites() {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    rig.machine.removeModels(one);
    edu.writeConfig(4, 2, 6);
    edu.writeConfig(4, 2, 2);
    assertEquals(2, edu.readConfig(4, 2));
    Rig.Factory two = new Rig.Factory("edu");
    rig.machine.addModels(two);
    assertEquals(List.of(4), two.made.get("0000:00:04.0").configWrites);
  }

  @Test
  void aDeviceWhoseModelDoesNotComeBackVanishesAndAppearsAnewWithTheNextOne() throws Exception {
    Rig.Factory one = new Rig.Factory("edu");
    rig.machine.addModels(one);
    edu.bar(0).store(8, 4, 5);
    rig.machine.removeModels(one);
    AtomicLong seen = new AtomicLong(-2);
    Thread reader = Thread.ofPlatform().start(() -> seen.set(edu.bar(0).load(8, 4)));
    Rig.awaitWaiting(reader);
    rig.timing.advance(10_000_000_000L);
    reader.join();
    assertEquals(0xffff_ffffL, seen.get());
    assertFalse(rig.has("0000:00:04.0"));
    assertEquals(0xffff_ffffL, edu.bar(0).load(8, 4));

    rig.machine.addModels(new Rig.Factory("edu"));
    PciDevice again = rig.device("0000:00:04.0");
    assertEquals(0, again.bar(0).load(8, 4));
    again.bar(0).store(8, 4, 6);
    assertEquals(6, again.bar(0).load(8, 4));
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
