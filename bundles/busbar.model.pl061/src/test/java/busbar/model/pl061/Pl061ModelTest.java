package busbar.model.pl061;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class Pl061ModelTest {
  private final FakeModelContext context = new FakeModelContext("arm,pl061").region(0, 0x1000);
  private final Pl061Model gpio = new Pl061Model(context);

  private long get(int offset) {
    return gpio.read(0, offset, 4);
  }

  private void set(int offset, long value) {
    gpio.write(0, offset, 4, value);
  }

  @Test
  void theIdentificationIsThatOfThePrimeCell() {
    assertThat(get(0xfe0)).isEqualTo(0x61);
    assertThat(get(0xfe4)).isEqualTo(0x10);
    assertThat(get(0xfe8)).isEqualTo(0x04);
    assertThat(get(0xff0)).isEqualTo(0x0d);
    assertThat(get(0xffc)).isEqualTo(0xb1);
    assertThat(get(0xfd0)).isZero();
  }

  @Property(seed = "20261122")
  void anAccessReachesThePinsThatItsAddressNames(
      @ForAll @IntRange(max = 255) int outputs,
      @ForAll @IntRange(max = 255) int named,
      @ForAll @IntRange(max = 255) int value) {
    Pl061Model own = new Pl061Model(context);
    own.write(0, 0x400, 4, outputs);
    own.write(0, named << 2, 4, value);

    assertThat(own.read(0, 0x3fc, 4)).isEqualTo(outputs & named & value);
    assertThat(own.read(0, named << 2, 1)).isEqualTo(outputs & named & value);
  }

  @Test
  void aLowLevelInterruptsAsLongAsItStays() {
    set(0x404, 1);
    set(0x410, 1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    set(0x41c, 1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);

    set(0x40c, 1);
    set(0x41c, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void anEdgeIsKeptUntilItIsCleared() {
    set(0x410, 4);
    set(0x408, 4);
    set(0x400, 4);
    set(0x3fc, 4);
    assertThat(get(0x414)).isZero();

    set(0x400, 0);
    assertThat(get(0x414)).isEqualTo(4);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    set(0x41c, 4);
    assertThat(get(0x414)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void ofOneEdgeOnlyTheOtherIsNoEvent() {
    set(0x400, 4);
    set(0x3fc, 4);
    set(0x400, 0);
    assertThat(get(0x414)).isZero();

    set(0x400, 4);
    set(0x3fc, 0);
    set(0x400, 0);
    assertThat(get(0x414)).isEqualTo(4);
  }

  @Test
  void theMaskHidesTheStatusFromTheLine() {
    set(0x404, 0x80);
    assertThat(get(0x414)).isEqualTo(0x80);
    assertThat(get(0x418)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    set(0x410, 0x80);
    assertThat(get(0x418)).isEqualTo(0x80);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void resetClearsEverything() {
    set(0x404, 1);
    set(0x410, 1);
    gpio.reset();

    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(0x404)).isZero();
    assertThat(get(0x414)).isZero();
  }

  @Test
  void aSuccessorHasTheSamePins() {
    set(0x400, 0xf0);
    set(0x3fc, 0xa0);
    set(0x404, 1);
    set(0x410, 1);
    set(0x420, 0x11);
    Pl061Model successor = new Pl061Model(context);
    successor.restore(gpio.save());

    assertThat(successor.read(0, 0x3fc, 4)).isEqualTo(0xa0);
    assertThat(successor.read(0, 0x420, 4)).isEqualTo(0x11);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(successor.save()).isEqualTo(gpio.save());
  }

  @Test
  void aStateWithoutItsPinsIsRefused() {
    assertThatThrownBy(() -> gpio.restore(new StateRecord("pl061", 1, Map.of("data", 0L))))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void twoThreadsWriteTheirOwnPinsAndLoseNone() {
    set(0x400, 0xff);
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> toggle(0x0f)),
            CompletableFuture.runAsync(() -> toggle(0xf0)))
        .join();

    assertThat(get(0x3fc)).isEqualTo(0xff);
  }

  private void toggle(int pins) {
    for (int i = 0; i < 5000; i++) {
      set(pins << 2, 0);
      set(pins << 2, 0xff);
      assertThat(get(pins << 2)).isEqualTo(pins);
    }
  }
}
