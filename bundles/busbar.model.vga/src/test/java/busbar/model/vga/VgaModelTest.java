package busbar.model.vga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.Regions;
import busbar.machine.testkit.FakeModelContext;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class VgaModelTest {
  private static final int MEMORY = 1 << 20;

  private final FakeModelContext context = context();
  private final VgaModel vga = new VgaModel(context);

  private static FakeModelContext context() {
    return new FakeModelContext("vga")
        .region(0, MEMORY)
        .region(2, 0x1000)
        .property("romSize", 39936L);
  }

  private long port(int port, int width) {
    return vga.read(Regions.VGA_PORTS, port - 0x3b0, width);
  }

  private void setPort(int port, int width, int value) {
    vga.write(Regions.VGA_PORTS, port - 0x3b0, width, value);
  }

  private void setIndexed(int port, int index, int value) {
    setPort(port, 2, index | value << 8);
  }

  private long window(int address, int width) {
    return vga.read(Regions.VGA_MEMORY, address - 0xa0000, width);
  }

  private void setWindow(int address, int width, long value) {
    vga.write(Regions.VGA_MEMORY, address - 0xa0000, width, value);
  }

  private int frame(long offset) {
    return vga.memory(0).get(ValueLayout.JAVA_BYTE, offset) & 0xff;
  }

  @Test
  void theVideoBiosHasLeftTextMode() {
    assertThat(port(0x3cc, 1)).isEqualTo(0x67);
    assertThat(port(0x3c4, 1)).isZero();
    setPort(0x3c4, 1, 2);
    assertThat(port(0x3c4, 1)).isEqualTo(2);
    assertThat(port(0x3c5, 1)).isEqualTo(3);
    assertThat(port(0x3c0, 4)).isEqualTo(0xffffffffL);
    assertThat(window(0xbffff, 1)).isEqualTo(7);
  }

  @Test
  void anAdapterWithoutRomStartsWithZeros() {
    VgaModel bare = new VgaModel(new FakeModelContext("vga").region(0, MEMORY));

    assertThat(bare.read(Regions.VGA_PORTS, 0x1c, 1)).isZero();
    assertThat(bare.read(0, 0, 4)).isZero();
  }

  @Test
  void textLiesInTheFirstTwoPlanes() {
    setWindow(0xb8000, 4, 0x07410742);

    assertThat(window(0xb8000, 4)).isEqualTo(0x07410742);
    assertThat(frame(0)).isEqualTo(0x42);
    assertThat(frame(1)).isEqualTo(0x07);
    assertThat(frame(4)).isEqualTo(0x41);
    assertThat(window(0xa0000, 1)).isEqualTo(0xff);
  }

  @Test
  void theFramebufferIsMemoryAndTheRegistersAreNot() {
    vga.memory(0).set(ValueLayout.JAVA_INT, 0, 0x01020304);

    assertThat(vga.read(0, 0, 4)).isEqualTo(0x01020304);
    assertThat(vga.memory(0)).isSameAs(vga.memory(0));
    assertThat(vga.memory(0).byteSize()).isEqualTo(MEMORY);
    assertThat(vga.memory(2)).isNull();
  }

  @Test
  void theBochsRegistersStandInBar2() {
    assertThat(vga.read(2, 0x500, 2)).isEqualTo(0xb0c5);
    assertThat(vga.read(2, 0x514, 2)).isEqualTo(MEMORY >> 16);
    vga.write(2, 0x500, 2, 0xb0c2);
    vga.write(2, 0x500, 2, 0x1234);
    assertThat(vga.read(2, 0x500, 2)).isEqualTo(0xb0c2);
    assertThat(vga.read(2, 0x600, 4)).isEqualTo(8);
    assertThat(vga.read(2, 0x604, 4)).isEqualTo(0x1e1e1e1e);
    vga.write(2, 0x604, 4, 0xbebebebeL);
    assertThat(vga.read(2, 0x604, 4)).isEqualTo(0xbebebebeL);
    assertThat(vga.read(2, 0x40c, 1)).isEqualTo(0x67);
  }

  @Test
  void theEdidIsValid() {
    int sum = 0;
    for (int at = 0; at < 128; at++) {
      sum += (int) vga.read(2, at, 1);
    }
    assertThat(sum & 0xff).isZero();
    assertThat(vga.read(2, 0, 8)).isEqualTo(0x00ffffffffffff00L);
    assertThat(vga.read(2, 54, 2)).isEqualTo(7100);
    assertThat(vga.read(2, 72, 4)).isEqualTo(0xfd000000L);
    assertThat(vga.read(2, 128, 4)).isZero();
  }

  @Test
  void turningTheDisplayOnClearsItsMemoryUnlessToldNotTo() {
    vga.memory(0).fill((byte) 0x55);
    vga.write(2, 0x502, 2, 64);
    vga.write(2, 0x504, 2, 16);
    vga.write(2, 0x506, 2, 32);
    vga.write(2, 0x508, 2, 0x41);

    assertThat(vga.read(2, 0x50c, 2)).isEqualTo(64);
    assertThat(vga.read(2, 0x50e, 2)).isEqualTo(MEMORY / 256);
    assertThat(frame(64 * 16 * 4 - 1)).isZero();
    assertThat(frame(64 * 16 * 4)).isEqualTo(0x55);

    vga.write(2, 0x508, 2, 0);
    vga.memory(0).fill((byte) 0x66);
    vga.write(2, 0x508, 2, 0xc1);
    assertThat(frame(0)).isEqualTo(0x66);
  }

  @Test
  void theWindowShowsABankOfTheLinearFramebuffer() {
    vga.write(2, 0x502, 2, 640);
    vga.write(2, 0x504, 2, 400);
    vga.write(2, 0x506, 2, 8);
    vga.write(2, 0x508, 2, 1);
    vga.write(2, 0x50a, 2, 3);

    setWindow(0xa0010, 1, 0x77);

    assertThat(frame(0x30010)).isEqualTo(0x77);
    assertThat(window(0xb0000, 1)).isEqualTo(0xff);
  }

  @Property(seed = "20261122", tries = 300)
  void whateverIsWrittenTheVisiblePartFitsIntoMemory(
      @ForAll @IntRange(max = 0xffff) int width,
      @ForAll @IntRange(max = 0xffff) int height,
      @ForAll @IntRange(max = 0xffff) int bits,
      @ForAll @IntRange(max = 0xffff) int wide,
      @ForAll @IntRange(max = 0xffff) int down) {
    VgaModel own = new VgaModel(new FakeModelContext("vga").region(0, MEMORY));
    own.write(2, 0x502, 2, width);
    own.write(2, 0x504, 2, height);
    own.write(2, 0x506, 2, bits);
    own.write(2, 0x508, 2, 0x81);
    own.write(2, 0x50c, 2, wide);
    own.write(2, 0x512, 2, down);

    long depth = own.read(2, 0x506, 2) == 15 ? 16 : own.read(2, 0x506, 2);
    long line = own.read(2, 0x50c, 2) * depth / 8;
    long lines = own.read(2, 0x504, 2) + own.read(2, 0x512, 2);
    assertThat(line * lines).isBetween(1L, (long) MEMORY);
    assertThat(own.read(2, 0x502, 2)).isLessThanOrEqualTo(own.read(2, 0x50c, 2));
  }

  @Test
  void planarWritesGoThroughMaskRotationAndLatches() {
    setIndexed(0x3c4, 4, 0x06);
    setIndexed(0x3c4, 2, 0x0f);
    setIndexed(0x3ce, 5, 0);
    setIndexed(0x3ce, 6, 5);
    setWindow(0xa0000, 1, 0xf0);
    assertThat(vga.read(0, 0, 4)).isEqualTo(0xf0f0f0f0L);

    setIndexed(0x3ce, 3, 0x18 | 4);
    assertThat(window(0xa0000, 1)).isEqualTo(0xf0);
    setWindow(0xa0001, 1, 0x12);
    assertThat(vga.read(0, 4, 4)).isEqualTo(0xd1d1d1d1L);

    setIndexed(0x3ce, 3, 0);
    setIndexed(0x3ce, 5, 1);
    setWindow(0xa0002, 1, 0);
    assertThat(vga.read(0, 8, 4)).isEqualTo(0xf0f0f0f0L);

    setIndexed(0x3ce, 5, 2);
    setIndexed(0x3ce, 8, 0x0f);
    setWindow(0xa0003, 1, 0x5);
    assertThat(vga.read(0, 12, 4)).isEqualTo(0xf0fff0ffL);

    setIndexed(0x3ce, 5, 8);
    setIndexed(0x3ce, 2, 5);
    setIndexed(0x3ce, 7, 0x0f);
    assertThat(window(0xa0003, 1)).isEqualTo(0x0f);
  }

  @Test
  void theCrtControllerListensWhereTheColourBitSays() {
    setPort(0x3d4, 1, 0x0e);
    assertThat(port(0x3d4, 1)).isEqualTo(0x0e);
    assertThat(port(0x3b4, 1)).isEqualTo(0xff);

    setPort(0x3c2, 1, 0x66);
    assertThat(port(0x3b4, 1)).isEqualTo(0x0e);
    assertThat(port(0x3d4, 1)).isEqualTo(0xff);
  }

  @Test
  void theProtectBitKeepsTheTimings() {
    setIndexed(0x3d4, 0, 0x11);
    setIndexed(0x3d4, 7, 0xff);

    setPort(0x3d4, 1, 0);
    assertThat(port(0x3d5, 1)).isEqualTo(0x5f);
    setPort(0x3d4, 1, 7);
    assertThat(port(0x3d5, 1)).isEqualTo(0x1f);
  }

  @Test
  void readingTheStatusStartsTheAttributeRegistersWithTheIndex() {
    port(0x3da, 1);
    setPort(0x3c0, 1, 0x21);
    setPort(0x3c0, 1, 0x3f);
    assertThat(port(0x3c1, 1)).isEqualTo(0x3f);
    assertThat(port(0x3da, 1)).isNotEqualTo(port(0x3da, 1));
  }

  @Test
  void thePaletteCountsUpInBothDirections() {
    setPort(0x3c8, 1, 10);
    for (int value = 1; value <= 6; value++) {
      setPort(0x3c9, 1, value);
    }
    assertThat(port(0x3c8, 1)).isEqualTo(12);

    setPort(0x3c7, 1, 11);
    assertThat(port(0x3c9, 1)).isEqualTo(4);
    assertThat(port(0x3c9, 1)).isEqualTo(5);
    assertThat(port(0x3c9, 1)).isEqualTo(6);
  }

  @Test
  void resetClearsRegistersAndNotTheMemory() {
    setWindow(0xb8000, 1, 0x41);
    vga.write(2, 0x508, 2, 0xc1);

    vga.reset();

    assertThat(port(0x3cc, 1)).isZero();
    assertThat(vga.read(2, 0x508, 2)).isZero();
    assertThat(frame(0)).isEqualTo(0x41);
  }

  @Test
  void aSuccessorShowsTheSameMemoryAndRegisters() {
    setIndexed(0x3ce, 6, 5);
    setWindow(0xa0000, 1, 0x5a);
    vga.write(2, 0x506, 2, 24);
    vga.write(2, 0x508, 2, 0xc1);
    vga.write(2, 0x50a, 2, 2);
    VgaModel successor = new VgaModel(context);

    successor.restore(vga.save());

    assertThat(successor.memory(0)).isSameAs(vga.memory(0));
    assertThat(successor.read(2, 0x506, 2)).isEqualTo(24);
    successor.write(Regions.VGA_MEMORY, 5, 1, 0x99);
    assertThat(frame(0x20005)).isEqualTo(0x99);
    assertThat(successor.save().get("registers", byte[].class))
        .isEqualTo(vga.save().get("registers", byte[].class));
  }

  @Test
  void aTextScreenThatNobodyHasLookedAtIsThereForTheSuccessor() {
    VgaModel successor = new VgaModel(context);
    successor.restore(vga.save());

    assertThat(successor.read(Regions.VGA_MEMORY, 0x18000, 2)).isEqualTo(0x0720);
  }

  @Test
  void anAdapterWithTooLittleMemoryIsRefused() {
    FakeModelContext small = new FakeModelContext("vga").region(0, 0x10000);
    assertThatThrownBy(() -> new VgaModel(small)).isInstanceOf(VfioException.class);
  }

  @Test
  void aStateWithTooFewRegistersIsRefused() {
    Map<String, Object> values = new HashMap<>(vga.save().values());
    values.put("registers", new byte[3]);
    assertThatThrownBy(() -> vga.restore(new StateRecord("vga", 1, values)))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void twoThreadsWriteTheirOwnCharactersAndLoseNone() {
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> fill(0)), CompletableFuture.runAsync(() -> fill(1)))
        .join();
    for (int at = 0; at < 0x4000; at++) {
      assertThat(window(0xb8000 + at, 1)).isEqualTo((at & 1) == 0 ? 0xa0 : 0xa1);
    }
  }

  private void fill(int parity) {
    for (int at = parity; at < 0x4000; at += 2) {
      setWindow(0xb8000 + at, 1, 0xa0 + parity);
    }
  }
}
