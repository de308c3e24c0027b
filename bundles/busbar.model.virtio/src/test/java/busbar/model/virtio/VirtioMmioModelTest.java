package busbar.model.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VirtioMmioModelTest {
  private final FakeModelContext context = new FakeModelContext("virtio,mmio").region(0, 512);
  private final DriverRings rings = new DriverRings(context.memory());
  private VirtioMmioModel rng = create();

  private VirtioMmioModel create() {
    return new VirtioMmioModel(context, new EntropyBackend(new Random(2)));
  }

  private void set(int offset, long value) {
    rng.write(0, offset, 4, value);
  }

  private long get(int offset) {
    return rng.read(0, offset, 4);
  }

  private void start() {
    set(MmioRegisters.STATUS, 3);
    set(MmioRegisters.DRIVER_FEATURES_SELECT, 1);
    set(MmioRegisters.DRIVER_FEATURES, 1);
    set(MmioRegisters.STATUS, 0xb);
    set(MmioRegisters.QUEUE_SIZE, 8);
    set(MmioRegisters.QUEUE_DESCRIPTORS, DriverRings.DESCRIPTORS);
    set(MmioRegisters.QUEUE_DRIVER, DriverRings.AVAILABLE);
    set(MmioRegisters.QUEUE_DEVICE, DriverRings.USED);
    set(MmioRegisters.QUEUE_READY, 1);
    set(MmioRegisters.STATUS, 0xf);
  }

  @Test
  void anEmptyTransportSaysThatItIsOneAndHasNoDevice() {
    DeviceModel empty = new VirtioModelFactory().create(context);

    assertThat(empty.read(0, 0, 4)).isEqualTo(0x74726976);
    assertThat(empty.read(0, 0, 1)).isEqualTo(0x76);
    assertThat(empty.read(0, 4, 4)).isEqualTo(1);
    assertThat(empty.read(0, 8, 8)).isEqualTo(0x554d455100000000L);
    assertThat(empty.read(0, 0x100, 4)).isZero();
  }

  @Test
  void anUnknownDeviceInTheDescriptionIsRefused() {
    context.property("virtioDevice", "teapot");

    assertThatThrownBy(() -> new VirtioModelFactory().create(context))
        .isInstanceOf(VfioException.class)
        .hasMessageContaining("teapot");
  }

  @Test
  void theRegistersDescribeTheDevice() {
    assertThat(get(MmioRegisters.VERSION)).isEqualTo(2);
    assertThat(get(MmioRegisters.DEVICE_TYPE)).isEqualTo(4);
    assertThat(get(MmioRegisters.QUEUE_SIZE_LARGEST)).isEqualTo(8);
    assertThat(rng.read(0, MmioRegisters.MAGIC, 2)).isZero();
    set(MmioRegisters.DEVICE_FEATURES_SELECT, 1);
    assertThat(get(MmioRegisters.DEVICE_FEATURES)).isEqualTo(0x103);
  }

  @Test
  void theLineIsHighUntilTheInterruptIsAcknowledged() {
    start();
    rings.addBuffer(0, 32);
    set(MmioRegisters.QUEUE_NOTIFY, 0);
    context.virtualTime().advance(1);

    assertThat(rings.usedLength(0)).isEqualTo(32);
    assertThat(get(MmioRegisters.INTERRUPT_STATUS)).isEqualTo(1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    set(MmioRegisters.INTERRUPT_ACKNOWLEDGE, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void aStatusOfZeroResets() {
    start();
    set(MmioRegisters.STATUS, 0);

    assertThat(get(MmioRegisters.STATUS)).isZero();
    assertThat(get(MmioRegisters.QUEUE_READY)).isZero();
  }

  @Test
  void resetForgetsWhatWasNotified() {
    start();
    rings.addBuffer(0, 32);
    set(MmioRegisters.QUEUE_NOTIFY, 0);

    rng.reset();
    context.virtualTime().advance(1);

    assertThat(rings.usedIndex()).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void aSuccessorCarriesOutWhatWasNotified() {
    start();
    rings.addBuffer(0, 32);
    set(MmioRegisters.QUEUE_NOTIFY, 0);
    StateRecord state = rng.save();
    VirtioMmioModel old = rng;
    rng = create();
    rng.restore(state);
    old.close();
    context.virtualTime().advance(1);

    assertThat(rings.usedIndex()).isEqualTo(1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }
}
