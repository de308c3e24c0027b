package busbar.model.pl031;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class Pl031ModelTest {
  private static final long SECOND = 1_000_000_000L;

  private final FakeModelContext context = new FakeModelContext("arm,pl031").region(0, 0x1000);
  private Pl031Model rtc = new Pl031Model(context);

  private long get(int offset) {
    return rtc.read(0, offset, 4);
  }

  private void set(int offset, long value) {
    rtc.write(0, offset, 4, value);
  }

  @Test
  void theIdentificationIsThatOfThePrimeCell() {
    assertThat(rtc.read(0, 0xfe0, 1)).isEqualTo(0x31);
    assertThat(rtc.read(0, 0xfe1, 1)).isEqualTo(0x31);
    assertThat(rtc.read(0, 0xfe2, 2)).isEqualTo(0x31);
    assertThat(rtc.read(0, 0xfe0, 8)).isEqualTo(0x1000000031L);
    assertThat(rtc.read(0, 0xffc, 4)).isEqualTo(0xb1);
    assertThat(rtc.read(0, 0xfff, 1)).isEqualTo(0xb1);
  }

  @Test
  void theCounterStartsWithTheTimeOfDayAndCountsSeconds() {
    context.virtualTime().advance(5 * SECOND);
    rtc = new Pl031Model(context);
    assertThat(get(0)).isEqualTo(5);

    context.virtualTime().advance(SECOND - 1);
    assertThat(get(0)).isEqualTo(5);
    context.virtualTime().advance(1);
    assertThat(get(0)).isEqualTo(6);
  }

  @Test
  void registersReadBack() {
    set(8, 1000);
    set(4, 0x12345678);
    set(0x10, 0xff);
    set(0xc, 0);

    assertThat(get(0)).isEqualTo(1000);
    assertThat(get(8)).isEqualTo(1000);
    assertThat(get(4)).isEqualTo(0x12345678);
    assertThat(get(0x10)).isEqualTo(1);
    assertThat(get(0xc)).isEqualTo(1);
    assertThat(rtc.read(0, 5, 1)).isZero();
    assertThat(get(0x1c)).isZero();
  }

  @Test
  void theAlarmRingsUntilItIsCleared() {
    set(0x1c, 1);
    set(8, 1000);
    set(0x10, 1);
    set(4, 1001);
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    context.virtualTime().advance(SECOND);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(get(0x14)).isEqualTo(1);
    assertThat(get(0x18)).isEqualTo(1);

    set(0x1c, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    context.virtualTime().advance(10 * SECOND);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void aMaskedAlarmIsSeenInTheRawStatusAlone() {
    set(8, 7);
    set(4, 7);

    assertThat(get(0x14)).isEqualTo(1);
    assertThat(get(0x18)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    set(0x10, 1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void theAlarmComesAtTheEdgeOfTheSecond() {
    set(8, 10);
    context.virtualTime().advance(SECOND / 4);
    set(4, 12);

    assertThat(context.virtualTime().pending()).containsExactly(2 * SECOND - SECOND / 4);
  }

  @Test
  void aMatchInThePastComesWhenTheCounterHasGoneRound() {
    set(8, 10);
    set(4, 9);

    assertThat(context.virtualTime().pending()).containsExactly(0xffffffffL * SECOND);
  }

  @Test
  void resetStopsTheAlarmAndNotTheClock() {
    set(8, 10);
    set(0x10, 1);
    set(4, 11);
    rtc.reset();
    context.virtualTime().advance(2 * SECOND);

    assertThat(get(0)).isEqualTo(12);
    assertThat(get(0x14)).isZero();
    assertThat(get(4)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void aSuccessorsClockAndAlarmHaveLostNoTime() {
    set(8, 10);
    set(0x10, 1);
    set(4, 13);
    context.virtualTime().advance(SECOND / 2);
    StateRecord state = rtc.save();
    context.virtualTime().advance(SECOND);

    Pl031Model old = rtc;
    rtc = new Pl031Model(context);
    rtc.restore(state);
    old.close();

    assertThat(get(0)).isEqualTo(11);
    assertThat(context.virtualTime().pending()).containsExactly(3 * SECOND / 2);
    context.virtualTime().advance(3 * SECOND / 2);
    assertThat(get(0)).isEqualTo(13);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void aSaveThatLedNowhereIsResumed() {
    set(8, 10);
    set(4, 11);
    rtc.save();
    rtc.resume();
    context.virtualTime().advance(SECOND);

    assertThat(get(0x14)).isEqualTo(1);
  }

  @Test
  void aStateWithoutItsCounterIsRefused() {
    assertThatThrownBy(() -> rtc.restore(new StateRecord("pl031", 1, Map.of())))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void twoThreadsRingAndClearAndTheLineFollows() {
    set(0x10, 1);
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> repeat(() -> set(4, get(0)))),
            CompletableFuture.runAsync(() -> repeat(() -> set(0x1c, 1))))
        .join();
    boolean rings = get(0x18) == 1;
    assertThat(context.line(0)).isEqualTo(rings ? Level.HIGH : Level.LOW);
    set(0x1c, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  private static void repeat(Runnable action) {
    for (int i = 0; i < 2000; i++) {
      action.run();
    }
  }
}
