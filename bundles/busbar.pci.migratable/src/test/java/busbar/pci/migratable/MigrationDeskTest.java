package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.MigrationAdmin.Use;
import busbar.api.device.MigrationState;
import busbar.api.state.StateCodec;
import busbar.api.state.StateRecord;
import busbar.client.DeviceSession;
import busbar.client.Interrupts;
import busbar.client.Region;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator moves a device, with and without a user at either end. */
class MigrationDeskTest {
  private static final long FACTORIAL = 0x08;
  private static final long STATUS = 0x20;
  private static final long SECOND = 1_000_000_000;

  private final Host from = new Host();
  private final Host to = new Host();
  private final MigrationAdmin here = from.registry.migrationAdmin();
  private final MigrationAdmin there = to.registry.migrationAdmin();

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  private static Region registers(DeviceSession session) {
    return session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
  }

  /** As it comes out of a file. */
  private static StateRecord carried(StateRecord state) {
    return StateCodec.decode(StateCodec.encode(state));
  }

  @Test
  void aDeviceInUseMovesToOneInUse() throws Exception {
    DeviceSession source = from.open(Host.EDU);
    registers(source).write32(STATUS, 0x80);
    registers(source).write32(FACTORIAL, 6);
    DeviceSession target = to.open(Host.EDU);
    target.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write16(4, 0);
    source.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write8(0x3c, 9);
    try (Interrupts msi = target.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      StateRecord state = carried(here.save(Host.EDU));
      assertThat(here.movable(Host.EDU).state()).isEqualTo(MigrationState.STOP);
      assertThat(there.restore(Host.EDU, state).state()).isEqualTo(MigrationState.STOP);
      to.time.advance(SECOND);
      assertThat(msi.eventFd(0).peek()).isZero();
      assertThat(there.resume(Host.EDU).state()).isEqualTo(MigrationState.RUNNING);
      to.time.advance(SECOND);
      assertThat(registers(target).read32(FACTORIAL)).isEqualTo(720);
      assertThat(msi.eventFd(0).peek()).isEqualTo(1);
      assertThat(target.device().region(VFIO_PCI_CONFIG_REGION_INDEX).read16(4) & 6).isEqualTo(6);
      assertThat(target.device().region(VFIO_PCI_CONFIG_REGION_INDEX).read8(0x3c)).isEqualTo(9);
    }
  }

  @Test
  void theSourceGoesOnWhenTheOperatorSaysSo() {
    DeviceSession source = from.open(Host.EDU);
    registers(source).write32(FACTORIAL, 6);
    here.save(Host.EDU);
    from.time.advance(SECOND);
    assertThat(registers(source).read32(FACTORIAL)).isEqualTo(-1);
    here.resume(Host.EDU);
    from.time.advance(SECOND);
    assertThat(registers(source).read32(FACTORIAL)).isEqualTo(720);
  }

  @Test
  void aStateWaitsForTheNextUserOfADeviceThatNobodyHasOpen() {
    DeviceSession source = from.open(Host.NVME);
    registers(source).write64(0x28, 0x123000);
    StateRecord state = carried(here.save(Host.NVME));
    to.open(Host.NVME).close();
    assertThat(there.restore(Host.NVME, state).arriving()).isTrue();
    assertThat(there.movable(Host.NVME).use()).isEqualTo(Use.CLOSED);
    DeviceSession next = to.open(Host.NVME);
    assertThat(there.movable(Host.NVME).state()).isEqualTo(MigrationState.STOP);
    assertThat(there.movable(Host.NVME).arriving()).isFalse();
    next.device().migration().set(MigrationState.RUNNING);
    assertThat(registers(next).read64(0x28)).isEqualTo(0x123000);
    next.close();
    DeviceSession after = to.open(Host.NVME);
    assertThat(registers(after).read64(0x28)).as("it comes once").isZero();
  }

  @Test
  void aStateThatWaitsCanBeForgotten() {
    from.open(Host.NVME);
    StateRecord state = carried(here.save(Host.NVME));
    to.open(Host.NVME).close();
    there.restore(Host.NVME, state);
    there.forget(Host.NVME);
    assertThatThrownBy(() -> there.forget(Host.NVME)).hasMessageStartingWith("ENOENT");
    DeviceSession next = to.open(Host.NVME);
    assertThat(next.device().migration().state()).isEqualTo(MigrationState.RUNNING);
  }

  @Test
  void aDeviceThatRefusesAStateGoesOnWithItsOwn() {
    from.open(Host.EDU);
    StateRecord state = carried(here.save(Host.EDU));
    byte[] data = state.get("data", byte[].class);
    DeviceSession target = to.open(Host.EDU);
    registers(target).write32(FACTORIAL, 5);
    for (int at : new int[] {0, 20, data.length / 2, data.length - 1}) {
      byte[] damaged = data.clone();
      damaged[at] ^= 0x10;
      Map<String, Object> values = new HashMap<>(state.values());
      values.put("data", damaged);
      StateRecord wrong = new StateRecord(state.kind(), state.version(), values);
      assertThatThrownBy(() -> there.restore(Host.EDU, wrong)).hasMessageStartingWith("EINVAL");
      assertThat(there.movable(Host.EDU).state()).isEqualTo(MigrationState.RUNNING);
    }
    to.time.advance(SECOND);
    assertThat(registers(target).read32(FACTORIAL)).isEqualTo(120);
  }

  @Test
  void aStateOfAnotherKindOfDeviceIsRefusedBeforeAnythingStops() {
    from.open(Host.EDU);
    StateRecord state = carried(here.save(Host.EDU));
    to.open(Host.NVME);
    assertThatThrownBy(() -> there.restore(Host.NVME, state))
        .hasMessageStartingWith("EINVAL")
        .hasMessageContaining("1234:11e8");
    assertThat(there.movable(Host.NVME).state()).isEqualTo(MigrationState.RUNNING);
  }

  @Test
  void whatAUserIsInTheMiddleOfIsLeftAlone() {
    DeviceSession source = from.open(Host.EDU);
    source.device().migration().set(MigrationState.PRE_COPY);
    assertThatThrownBy(() -> here.save(Host.EDU)).hasMessageStartingWith("EBUSY");
    assertThatThrownBy(() -> here.resume(Host.EDU)).hasMessageStartingWith("EBUSY");
    assertThat(here.movable(Host.EDU).state()).isEqualTo(MigrationState.PRE_COPY);
  }

  @Test
  void whatCannotMigrateSaysSo() {
    from.open(Host.EDU, "vfio-pci");
    assertThatThrownBy(() -> here.save(Host.EDU)).hasMessageStartingWith("ENOTTY");
    assertThatThrownBy(() -> here.save("0000:00:1f.3")).hasMessageStartingWith("ENODEV");
    assertThatThrownBy(() -> here.save("nothing")).hasMessageStartingWith("ENODEV");
    assertThat(here.movable()).isEmpty();
  }

  /** A serial port in loopback (16550: MCR bit 4) keeps what it was given until it is read. */
  @Test
  void aMediatedDeviceMovesAsWell() {
    String uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    Region source = from.openMtty(uuid).device().region(VFIO_PCI_BAR0_REGION_INDEX);
    source.write8(2, 1); // FIFOs on
    source.write8(4, 0x10);
    source.write8(0, 'a');
    source.write8(0, 'b');
    assertThat(source.read8(0)).isEqualTo('a');
    Region target = to.openMtty(uuid).device().region(VFIO_PCI_BAR0_REGION_INDEX);
    there.restore(uuid, carried(here.save(uuid)));
    there.resume(uuid);
    assertThat(target.read8(4)).isEqualTo(0x10);
    assertThat(target.read8(0)).isEqualTo('b');
    target.write8(0, 'c');
    assertThat(target.read8(0)).isEqualTo('c');
  }

  @Test
  void aMediatedDeviceThatNobodyHasOpenMovesToo() {
    String uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    try (DeviceSession session = from.openMtty(uuid)) {
      session.device().region(VFIO_PCI_BAR0_REGION_INDEX).write8(7, 0x5a);
    }
    StateRecord state = carried(here.save(uuid));
    to.openMtty(uuid).close();
    there.restore(uuid, state);
    DeviceSession next = to.openMtty(uuid);
    assertThat(next.device().migration().state()).isEqualTo(MigrationState.STOP);
    assertThat(next.device().region(VFIO_PCI_BAR0_REGION_INDEX).read8(7)).isEqualTo(0x5a);
  }
}
