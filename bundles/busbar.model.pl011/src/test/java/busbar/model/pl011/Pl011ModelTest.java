package busbar.model.pl011;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class Pl011ModelTest {
  private static final int LOOPBACK = 0x381;
  private static final int FIFO = 0x70;

  private final FakeModelContext context = new FakeModelContext("arm,pl011").region(0, 0x1000);
  private Pl011Model uart = new Pl011Model(context);

  private long get(int offset) {
    return uart.read(0, offset, 4);
  }

  private void set(int offset, long value) {
    uart.write(0, offset, 4, value);
  }

  private void loop(int lineControl) {
    set(UartRegisters.LINE_CONTROL, lineControl);
    set(UartRegisters.CONTROL, LOOPBACK);
  }

  @Test
  void afterPowerOnTheRegistersAreThoseOfTheManual() {
    assertThat(get(UartRegisters.FLAGS)).isEqualTo(0x90);
    assertThat(get(UartRegisters.CONTROL)).isEqualTo(0x300);
    assertThat(get(UartRegisters.FIFO_LEVELS)).isEqualTo(0x12);
    assertThat(get(0xfe0)).isEqualTo(0x11);
    assertThat(get(0xfe8)).isEqualTo(0x14);
    assertThat(get(0xffc)).isEqualTo(0xb1);
    assertThat(get(UartRegisters.DATA)).isZero();
  }

  @Test
  void withoutLoopbackACharacterIsGone() {
    set(UartRegisters.CONTROL, 0x301);
    set(UartRegisters.DATA, 'a');

    assertThat(get(UartRegisters.FLAGS)).isEqualTo(0x90);
    assertThat(get(UartRegisters.RAW_STATUS)).isEqualTo(0x20);
  }

  @Test
  void withoutFifoOneCharacterFitsAndTheNextOverruns() {
    loop(0x60);
    set(UartRegisters.DATA, 'a');
    assertThat(get(UartRegisters.FLAGS)).isEqualTo(0xc0);
    assertThat(get(UartRegisters.RAW_STATUS) & 0x10).isEqualTo(0x10);
    set(UartRegisters.DATA, 'b');
    assertThat(get(UartRegisters.RAW_STATUS) & 0x400).isEqualTo(0x400);
    assertThat(get(UartRegisters.ERRORS)).isEqualTo(8);

    assertThat(get(UartRegisters.DATA)).isEqualTo('a');
    assertThat(get(UartRegisters.RAW_STATUS) & 0x10).isZero();
    assertThat(get(UartRegisters.FLAGS)).isEqualTo(0x90);
  }

  @Test
  void theReceiveInterruptComesAtTheLevel() {
    loop(FIFO);
    for (int i = 0; i < 7; i++) {
      set(UartRegisters.DATA, i);
    }
    assertThat(get(UartRegisters.RAW_STATUS) & 0x10).isZero();
    set(UartRegisters.DATA, 7);
    assertThat(get(UartRegisters.RAW_STATUS) & 0x10).isEqualTo(0x10);
    for (int i = 0; i < 8; i++) {
      assertThat(get(UartRegisters.DATA)).isEqualTo(i);
    }
    assertThat(get(UartRegisters.RAW_STATUS) & 0x10).isZero();
  }

  @Test
  void aLonelyCharacterIsAnnouncedAfterThirtyTwoBits() {
    set(UartRegisters.BAUD_INTEGER, 13);
    set(UartRegisters.BAUD_FRACTION, 1);
    loop(FIFO);
    set(UartRegisters.MASK, 0x40);
    set(UartRegisters.DATA, 'x');
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    context.virtualTime().advance(32 * 1_000_000_000L / 115200 + 1000);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(get(UartRegisters.DATA)).isEqualTo('x');
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void modemOutputsAndBreaksComeBackInLoopback() {
    loop(FIFO);
    set(UartRegisters.CONTROL, LOOPBACK | 0x3c00);
    assertThat(get(UartRegisters.FLAGS) & 0x107).isEqualTo(0x107);
    assertThat(get(UartRegisters.RAW_STATUS) & 0xf).isEqualTo(0xf);

    set(UartRegisters.LINE_CONTROL, FIFO | 1);
    assertThat(get(UartRegisters.RAW_STATUS) & 0x200).isEqualTo(0x200);
    assertThat(get(UartRegisters.DATA)).isEqualTo(0x400);
    assertThat(get(UartRegisters.ERRORS)).isEqualTo(4);
    set(UartRegisters.ERRORS, 0);
    assertThat(get(UartRegisters.ERRORS)).isZero();
  }

  @Test
  void theLineFollowsTheMask() {
    set(UartRegisters.CONTROL, 0x301);
    set(UartRegisters.DATA, 'a');
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    set(UartRegisters.MASK, 0x20);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(get(UartRegisters.MASKED_STATUS)).isEqualTo(0x20);
    set(UartRegisters.CLEAR, 0x20);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void resetEmptiesTheFifoAndStopsTheTimeout() {
    loop(FIFO);
    set(UartRegisters.MASK, 0x7ff);
    set(UartRegisters.DATA, 'x');
    uart.reset();

    assertThat(context.virtualTime().pending()).isEmpty();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(UartRegisters.FLAGS)).isEqualTo(0x90);
    assertThat(get(UartRegisters.CONTROL)).isEqualTo(0x300);
  }

  @Test
  void aSuccessorHasTheCharactersAndTheRestOfTheTimeout() {
    loop(FIFO);
    set(UartRegisters.MASK, 0x60);
    set(UartRegisters.DATA, 'x');
    set(UartRegisters.DATA, 'y');
    long left = context.virtualTime().pending().getFirst();
    context.virtualTime().advance(left / 2);
    StateRecord state = uart.save();
    Pl011Model old = uart;
    uart = new Pl011Model(context);
    uart.restore(state);
    old.close();

    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(context.virtualTime().pending()).containsExactly(left - left / 2);
    set(UartRegisters.CLEAR, 0x20);
    context.virtualTime().advance(left);
    assertThat(get(UartRegisters.RAW_STATUS)).isEqualTo(0x40);
    assertThat(get(UartRegisters.DATA)).isEqualTo('x');
    assertThat(get(UartRegisters.DATA)).isEqualTo('y');
  }

  @Test
  void aStateOfAnotherKindIsRefused() {
    assertThatThrownBy(() -> uart.restore(new StateRecord("pl031", 1, Map.of())))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void oneThreadSendsAndAnotherReceivesEveryCharacterInOrder() {
    loop(FIFO);
    CompletableFuture<Void> sender =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 1000; i++) {
                while ((get(UartRegisters.FLAGS) & 0x40) != 0) {
                  Thread.yield();
                }
                set(UartRegisters.DATA, i & 0xff);
              }
            });
    for (int i = 0; i < 1000; i++) {
      while ((get(UartRegisters.FLAGS) & 0x10) != 0) {
        Thread.yield();
      }
      assertThat(get(UartRegisters.DATA)).isEqualTo(i & 0xff);
    }
    sender.join();
    assertThat(get(UartRegisters.ERRORS)).isZero();
  }
}
