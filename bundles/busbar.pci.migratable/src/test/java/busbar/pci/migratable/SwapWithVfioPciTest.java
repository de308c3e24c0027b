package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.device.MigrationState;
import busbar.client.DeviceSession;
import busbar.client.DmaLog;
import busbar.client.Interrupts;
import busbar.client.Migration;
import busbar.client.Region;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code vfio-pci} and its variant stand in for each other while a client has the device open. */
class SwapWithVfioPciTest {
  private static final String VFIO_PCI = "vfio-pci";
  private static final String VARIANT = "migratable-vfio-pci";

  private final Host host = new Host();

  @AfterEach
  void close() {
    host.close();
  }

  private void swap(String to) {
    host.registry.swapAdmin().swap(Host.EDU, to, "test");
  }

  @Test
  void anOpenDeviceGainsMigrationAndLosesIt() throws Exception {
    DeviceSession session = host.open(Host.EDU, VFIO_PCI);
    Region bar = session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
    bar.write32(4, 0x1234);
    session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write8(0x3c, 0x55);
    try (Interrupts msi = session.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1)) {
      for (int round = 1; round <= 3; round++) {
        swap(VARIANT);
        Migration migration = session.device().migration();
        migration.set(MigrationState.STOP);
        migration.set(MigrationState.RUNNING);
        bar.write32(0x60, 1);
        assertThat(msi.eventFd(0).take()).isEqualTo(1);
        bar.write32(0x64, 1);
        swap(VFIO_PCI);
        assertThatThrownBy(session.device()::migration).hasMessageStartingWith("ENOTTY");
        bar.write32(0x60, 1);
        assertThat(msi.eventFd(0).take()).isEqualTo(1);
        bar.write32(0x64, 1);
        assertThat(bar.read32(4)).isEqualTo(~0x1234);
        assertThat(session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).read8(0x3c))
            .isEqualTo(0x55);
      }
    }
  }

  @Test
  void inTheMiddleOfAMigrationNobodyElseTakesOver() {
    DeviceSession session = host.open(Host.EDU, VARIANT);
    Migration migration = session.device().migration();
    for (MigrationState state : MigrationState.values()) {
      if (state != MigrationState.ERROR && state != MigrationState.RUNNING) {
        if (state == MigrationState.RESUMING) {
          continue; // has no way out without a state
        }
        migration.set(MigrationState.RUNNING);
        migration.set(state);
        assertThatThrownBy(() -> swap(VFIO_PCI)).hasMessageContaining("EBUSY");
        assertThat(migration.state()).isEqualTo(state);
      }
    }
    migration.set(MigrationState.RUNNING);
    DmaLog log = session.device().logDma(List.of(new DmaLog.Range(0, 4096)), 4096);
    assertThatThrownBy(() -> swap(VFIO_PCI)).hasMessageContaining("EBUSY");
    log.close();
    swap(VFIO_PCI);
  }

  @Test
  void aFunctionWithoutAModelIsNotForTheVariant() {
    String host1f = "0000:00:1f.3";
    host.registry.admin().setOverride(host1f, VARIANT);
    assertThatThrownBy(() -> host.registry.admin().bind(host1f, VARIANT))
        .hasMessageStartingWith("EINVAL");
  }
}
