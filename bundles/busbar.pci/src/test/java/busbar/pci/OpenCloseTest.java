package busbar.pci;

import static busbar.api.Errno.EAGAIN;
import static busbar.api.Errno.EBADF;
import static busbar.api.Errno.EINVAL;
import static busbar.api.Errno.ENODEV;
import static busbar.api.Errno.ENOENT;
import static busbar.api.Errno.ENOSPC;
import static busbar.api.Errno.ENOTTY;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.EventFd;
import busbar.api.device.DeviceSet.Member;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice.HotReset;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioPciHotReset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bind, open, reset, sleep, close. */
class OpenCloseTest {
  private static int flags(Rig rig) {
    MemorySegment info = MemorySegment.ofArray(new byte[24]);
    Args.putU32(info, 0, 24);
    rig.ioctl(VFIO_DEVICE_GET_INFO, info);
    return VfioDeviceInfo.decode(info).flags();
  }

  @Test
  void theUserGetsTheFunctionWithBusMasteringOff() {
    FakeFunction card = ConfigImage.card();
    card.put(4, 2, 0x404);
    Rig rig = new Rig(card).bind().open();
    assertThat(rig.config(4, 2)).isEqualTo(3);
    rig.config(4, 2, 6);
    rig.close();
    assertThat(card.get(4, 2) & 4).isZero();
    assertThat(card.events).containsExactly("reset", "reset");
  }

  @Test
  void aBusyLockFailsTheOpenAndAnotherFailureMeansNoReset() {
    FakeFunction card = ConfigImage.card();
    card.resetFailure = EAGAIN;
    Rig rig = new Rig(card).bind();
    Rig.refused(EAGAIN, rig::open);
    assertThat(rig.core.isOpen()).isFalse();
    card.resetFailure = ENOTTY;
    rig.open();
    assertThat(flags(rig)).isEqualTo(VFIO_DEVICE_FLAGS_PCI);
    Rig.refused(EINVAL, () -> rig.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL));
    card.resetFailure = null;
    rig.close();
    rig.open();
    assertThat(flags(rig)).isEqualTo(VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
    card.resetFailure = EAGAIN;
    Rig.refused(EAGAIN, () -> rig.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL));
  }

  @Test
  void unusedFunctionsSleepAndComeBackAsTheyWere() {
    FakeFunction card = ConfigImage.card();
    card.put(0x3c, 1, 0x0b);
    Rig.TestConfig config = new Rig.TestConfig();
    config.disableIdleD3 = false;
    Rig rig = new Rig(card, new VfioPciDriver(config), new FakeVfio(card)).bind();
    assertThat(card.power).isEqualTo(3);
    card.put(0x3c, 1, 0);
    rig.open();
    assertThat(card.power).isZero();
    assertThat(card.get(0x3c, 1)).isEqualTo(0x0b);
    rig.close();
    assertThat(card.power).isEqualTo(3);
    rig.driver.remove(rig.core);
    assertThat(card.power).isZero();
  }

  @Test
  void lowPowerLastsUntilItIsLeftAndCallsWakeForTheirTime() {
    Rig rig = new Rig(ConfigImage.card()).bind().open();
    feature(rig, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
    assertThat(rig.function.power).isEqualTo(3);
    rig.read(0, 0, 4);
    assertThat(rig.function.power).isEqualTo(3);
    Rig.refused(EINVAL, () -> feature(rig, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
    feature(rig, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
    assertThat(rig.function.power).isZero();
    feature(rig, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
  }

  private static void feature(Rig rig, int index) {
    rig.driver.deviceFeature(
        rig.core, rig.vfio, VFIO_DEVICE_FEATURE_SET | index, MemorySegment.NULL, 0);
  }

  @Test
  void aDeviceThatWakesTellsItsUserOnce() throws InterruptedException {
    Rig rig = new Rig(ConfigImage.card()).bind().open();
    EventFd wakeup = rig.vfio.give(7);
    MemorySegment data = MemorySegment.ofArray(new byte[] {7, 0, 0, 0, 0, 0, 0, 0});
    int entry = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP;
    rig.driver.deviceFeature(rig.core, rig.vfio, entry, data, 8);
    rig.function.wakeups.run();
    assertThat(wakeup.await(5_000_000_000L)).isEqualTo(1);
    assertThat(rig.core.lowPower.isEngaged()).isFalse();
    rig.driver.deviceFeature(rig.core, rig.vfio, entry, data, 8);
    rig.close();
    assertThat(rig.core.lowPower.isEngaged()).isFalse();
  }

  @Test
  void bridgesAndDeniedAcceleratorsAreNotTaken() {
    FakeFunction bridge = new ConfigImage(256).put(0x0e, 1, 1).function();
    Rig.refused(EINVAL, () -> new Rig(bridge).bind());
    FakeFunction accelerator = new ConfigImage(256).put(0, 4, 0x37c8_8086).function();
    Rig rig = new Rig(accelerator);
    Rig.refused(EINVAL, rig::bind);
    rig.driver.set("disable_denylist", "Y");
    rig.bind();
  }

  @Test
  void idsMakeItBid() {
    Rig.TestConfig config = new Rig.TestConfig();
    config.ids = "1af4:1044, 8086:10d3:ffffffff:ffffffff:020000:ffff00";
    VfioPciDriver driver = new VfioPciDriver(config);
    FakeFunction card = ConfigImage.card();
    assertThat(driver.bid(card)).isZero();
    card.put(8, 4, 0x0200_0000);
    assertThat(driver.bid(card)).isPositive();
    driver.set("ids", "");
    assertThat(driver.bid(card)).isZero();
    Rig.refused(EINVAL, () -> driver.set("ids", "8086"));
    Rig.refused(EINVAL, () -> driver.set("nointxmask", "maybe"));
    Rig.refused(ENOENT, () -> driver.set("nothing", "Y"));
    assertThat(driver.parameters()).extracting("name").startsWith("ids", "nointxmask");
  }

  /** Two functions below one bridge, bound to one driver. */
  private static Rig[] pair() {
    FakeFunction first = ConfigImage.card();
    FakeFunction second = ConfigImage.card();
    first.address = PciAddress.parse("0000:01:00.0");
    second.address = PciAddress.parse("0000:01:00.1");
    Rig one = new Rig(first);
    Rig two = new Rig(second, one.driver, new FakeVfio(second));
    two.vfio.set = one.vfio.set;
    for (Rig rig : new Rig[] {one, two}) {
      rig.function.hotReset = HotReset.BUS;
      rig.function.onRootBus = false;
      rig.function.scope = List.of(first, second);
      rig.bind();
    }
    return new Rig[] {one, two};
  }

  private static void hotReset(Rig rig, int... fds) {
    MemorySegment argument = MemorySegment.ofArray(new byte[12 + 4 * fds.length]);
    new VfioPciHotReset((int) argument.byteSize(), 0, fds.length).encode(argument);
    for (int i = 0; i < fds.length; i++) {
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, 12 + 4L * i, fds[i]);
    }
    rig.ioctl(VFIO_DEVICE_PCI_HOT_RESET, argument);
  }

  @Test
  void aHotResetNeedsEveryGroupThatItReaches() {
    Rig[] pair = pair();
    Rig rig = pair[0].open();
    rig.vfio.groupFiles.put(3, 4);
    rig.vfio.groupFiles.put(5, 5);
    assertThat(rig.vfio.setId).isEqualTo("pci bus 0000:01").isEqualTo(pair[1].vfio.setId);
    rig.config(4, 2, 6);
    int zaps = rig.vfio.zaps;
    hotReset(rig, 3);
    assertThat(rig.function.events).endsWith("bus reset");
    assertThat(rig.config(4, 2)).isEqualTo(6);
    assertThat(rig.vfio.zaps).isEqualTo(zaps + 1);
    rig.read(0, 0, 4);
    pair[1].vfio.group = 5;
    Rig.refused(EINVAL, () -> hotReset(rig, 3));
    hotReset(rig, 3, 5);
    Rig.refused(EBADF, () -> hotReset(rig, 9));
    Rig.refused(EINVAL, () -> hotReset(rig));
    Rig.refused(EINVAL, () -> hotReset(rig, 3, 5, 3));
    rig.function.busResetFailure = ENOTTY;
    Rig.refused(ENOTTY, () -> hotReset(rig, 3, 5));
    assertThat(rig.config(4, 2)).isEqualTo(6);
    rig.read(0, 0, 4);
  }

  @Test
  void aHotResetNeedsEveryFunctionToBeOurs() {
    Rig[] pair = pair();
    Rig rig = pair[0].open();
    rig.vfio.groupFiles.put(3, 4);
    Member other = rig.vfio.set.members.removeLast();
    Rig.refused(EINVAL, () -> hotReset(rig, 3));
    rig.vfio.set.members.add(new Member(other.device(), "vendor-pci", "its own data"));
    Rig.refused(EINVAL, () -> hotReset(rig, 3));
    rig.function.hotReset = HotReset.NONE;
    Rig.refused(ENODEV, () -> hotReset(rig, 3));
  }

  @Test
  void theLastCloseOfASetResetsItsBusIfAFunctionCouldNotBeReset() {
    Rig[] pair = pair();
    pair[0].function.resetFailure = ENOTTY;
    pair[0].open();
    pair[1].open();
    pair[0].close();
    assertThat(pair[0].function.events).doesNotContain("bus reset");
    pair[1].close();
    assertThat(pair[1].function.events).endsWith("bus reset");
    assertThat(pair[0].core.needsReset()).isFalse();
  }

  @Test
  void hotResetInfoSaysHowManyThereAreWhenTheBufferIsShort() {
    Rig rig = pair()[0].open();
    MemorySegment argument = MemorySegment.ofArray(new byte[12]);
    Args.putU32(argument, 0, 12);
    Rig.refused(ENOSPC, () -> rig.ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, argument));
    assertThat(Args.u32(argument, 8)).isEqualTo(2);
  }
}
