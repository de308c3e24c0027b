package busbar.model.testdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TestdevModelTest {
  private final TestdevModel device = new TestdevModel();

  private String bytes(int region, int length) {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; at++) {
      bytes[at] = (byte) device.read(region, at, 1);
    }
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void readsZeroUntilATestIsSelected() {
    assertThat(device.read(0, 0, 8)).isZero();
    assertThat(device.read(1, 4, 4)).isZero();
  }

  @Test
  void bothBarsShowTheHeaderOfTheSelectedTest() {
    device.write(0, 0, 1, 0);

    assertThat(bytes(0, 32))
        .isEqualTo("0001000000080000fa000000000000006d6d696f2d6e6f2d6576656e74666400");
    assertThat(bytes(1, 16)).isEqualTo("0001000000080000fa00000000000000");
    assertThat(device.read(0, 0, 8)).isEqualTo(0x0000080000000100L);
    assertThat(device.read(1, 8, 8)).isEqualTo(0xfaL);
    assertThat(device.read(1, 0xf8, 8)).isZero();
  }

  @Test
  void theTestsOfThePortsFollowThoseOfMemory() {
    device.write(1, 0, 1, 1);

    assertThat(bytes(1, 32))
        .isEqualTo("0401000084000000ce00000000000000706f7274696f2d77696c64636172642d");
  }

  @Test
  void aNumberThatNoTestHasSelectsNone() {
    device.write(0, 0, 1, 2);
    device.write(0, 0, 1, 3);

    assertThat(bytes(0, 32)).matches("0+");
  }

  @Test
  void theTestWithoutEventfdCountsItsDataAlone() {
    device.write(0, 0, 1, 0);
    device.write(0, 0x800, 1, 0xfa);
    device.write(0, 0x800, 1, 0xfb);
    device.write(0, 0x801, 1, 0xfa);
    device.write(0, 0x800, 4, 0xfa);

    assertThat(device.read(0, 12, 4)).isEqualTo(2);
  }

  @Test
  void anEventfdTakesTheWriteSoThatItIsNotCounted() {
    device.write(1, 0, 1, 1);
    device.write(1, 0x84, 1, 0x33);
    assertThat(device.read(1, 12, 4)).isZero();

    device.write(1, 0x84, 2, 0x33);
    device.write(0, 0x84, 1, 0x33);
    assertThat(device.read(1, 12, 4)).isEqualTo(2);
  }

  @Test
  void selectingATestAgainClearsItsCount() {
    device.write(0, 0, 1, 0);
    device.write(0, 0x800, 1, 0xfa);
    device.write(0, 0, 1, 0);

    assertThat(device.read(0, 12, 4)).isZero();
  }

  @Test
  void resetSelectsNothing() {
    device.write(0, 0, 1, 0);
    device.reset();

    assertThat(device.read(0, 0, 8)).isZero();
  }

  @Test
  void aSuccessorShowsTheSameTestAndCount() {
    device.write(1, 0, 1, 0);
    device.write(1, 0x83, 1, 0xfa);
    TestdevModel successor = new TestdevModel();

    successor.restore(device.save());

    assertThat(successor.read(0, 0, 4)).isEqualTo(0x103);
    assertThat(successor.read(0, 12, 4)).isEqualTo(1);
  }

  @Test
  void aStateThatSelectsATestThatDoesNotExistIsRefused() {
    StateRecord state = new StateRecord("pci-testdev", 1, Map.of("current", 6L, "count", 0L));

    assertThatThrownBy(() -> device.restore(state)).isInstanceOf(VfioException.class);
  }

  @Test
  void twoThreadsLoseNoCount() {
    device.write(0, 0, 1, 0);
    CompletableFuture.allOf(
            CompletableFuture.runAsync(this::countTenThousand),
            CompletableFuture.runAsync(this::countTenThousand))
        .join();

    assertThat(device.read(0, 12, 4)).isEqualTo(20000);
  }

  private void countTenThousand() {
    for (int i = 0; i < 10000; i++) {
      device.write(0, 0x800, 1, 0xfa);
    }
  }
}
