package busbar.pci.migratable;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.device.MigrationState;
import busbar.client.Device;
import busbar.client.Migration;
import busbar.client.Region;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a device has become: what it tells at the other host is what it told here. */
class MoveAnyModelTest {
  private final Host from = new Host();
  private final Host to = new Host();

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {Host.EDU, Host.NVME, Host.VGA, Host.NIC, Host.VIRTIO, Host.TESTDEV})
  void aMovedDeviceTellsTheSameState(String name) throws Exception {
    Device source = from.open(name).device();
    scribble(source, new Random(name.hashCode()));
    final byte[] state = state(source);
    Device target = to.open(name).device();
    scribble(target, new Random(1));
    assertThat(state(target)).as("another state before").isNotEqualTo(state);
    target.migration().restore(new ByteArrayInputStream(state));
    assertThat(state(target)).isEqualTo(state);
    target.migration().set(MigrationState.RUNNING);
  }

  private static byte[] state(Device device) throws Exception {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    Migration migration = device.migration();
    migration.save(data);
    assertThat(data.size()).isLessThanOrEqualTo((int) migration.dataSize());
    return data.toByteArray();
  }

  /** Writes here and there in the BARs, with what registers take. */
  private static void scribble(Device device, Random random) {
    for (int bar = 0; bar < 6; bar++) {
      Region region = device.region(bar);
      for (int i = 0; region.size() > 0 && i < 300; i++) {
        long range = random.nextBoolean() ? 64 : 0x4000;
        long at = random.nextLong(Math.min(range, region.size()));
        try {
          if (random.nextInt(4) == 0) {
            region.write8(at & ~7, random.nextInt(4));
          } else {
            region.write32(at & ~3, random.nextInt(random.nextBoolean() ? 4 : 256));
          }
        } catch (VfioException e) {
          assertThat(e.getMessage()).startsWith("E"); // not every BAR takes every access
        }
      }
    }
  }
}
