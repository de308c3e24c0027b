package busbar.model.mtty;

import static busbar.model.mtty.Card.CONFIG;
import static busbar.model.mtty.Card.bar;
import static busbar.model.mtty.Card.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import org.junit.jupiter.api.Test;

/** Values as Linux recorded them, or as the 16550 and the sample's FIFO give them. */
class RegistersTest {
  private static final int THR = 0;
  private static final int IER = 1;
  private static final int FCR = 2;
  private static final int LCR = 3;
  private static final int MCR = 4;
  private static final int LSR = 5;
  private static final int MSR = 6;
  private static final int SCR = 7;

  private final Card card = new Card(1);

  @Test
  void configurationSpaceIsThatOfTheRecordedCard() {
    String head = "484353320100000210020007000000000100000000000000";
    String tail =
        "23000080230000002300000023000000000000000000000000000000000000005043492053657269616c2f55415254";
    String all = card.hex(CONFIG, 256);
    assertThat(all).startsWith(head).contains(tail).endsWith("00".repeat(129 + 8));
    assertThat(all.substring(0x2c * 2, 0x30 * 2)).isEqualTo("48435332");
    assertThat(all.substring(0x3c * 2, 0x40 * 2)).isEqualTo("00010000");
  }

  @Test
  void onlyBarsAndTheInterruptLineTakeWrites() {
    int[] recorded = {
      0x32534348,
      0x02000001,
      0x07000210,
      0,
      0xfffffff9,
      0,
      0,
      0,
      0,
      0,
      0,
      0x32534348,
      0,
      0,
      0,
      0x1ff
    };
    for (int i = 0; i < recorded.length; i++) {
      card.write(4, CONFIG + 4L * i, -1);
      assertThat(card.read(4, CONFIG + 4L * i)).as("at 0x%x", 4 * i).isEqualTo(recorded[i]);
    }
  }

  @Test
  void aBarKeepsItsAddressAndItsKind() {
    card.write(4, CONFIG + 0x10, 0xc000);
    assertThat(card.read(4, CONFIG + 0x10)).isEqualTo(0xc001);
    Card dual = new Card(2);
    dual.write(4, CONFIG + 0x14, -1);
    assertThat(dual.read(4, CONFIG + 0x14)).isEqualTo(0xfffffff9);
  }

  @Test
  void aWriteThatBeginsBesideARegisterChangesNothing() {
    card.write(1, CONFIG + 0x3d, 0x55);
    card.write(2, CONFIG + 0x12, 0x5555);
    assertThat(card.read(4, CONFIG + 0x3c)).isEqualTo(0x100);
    assertThat(card.read(4, CONFIG + 0x10)).isEqualTo(1);
  }

  @Test
  void readsBeyondTheConfigurationSpaceAreZero() {
    assertThat(card.hex(CONFIG + 0xfc, 8)).isEqualTo("00".repeat(8));
    assertThat(card.hex(CONFIG + 0x100, 4)).isEqualTo("00".repeat(4));
  }

  @Test
  void romVgaAndBeyondAreFaults() {
    assertThat(errnoOf(() -> card.read(4, bar(6)))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> card.read(4, bar(8)))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> card.write(1, bar(9), 0))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> card.read(1, -8))).isEqualTo(Errno.EFAULT);
    assertThat(card.read(4, bar(2))).isZero();
  }

  @Test
  void aFreshPortReadsAsRecorded() {
    int[] recorded = {0, 0, 0xc1, 0, 0, 0x60, 0xb3, 0};
    for (int i = 0; i < recorded.length; i++) {
      assertThat(card.read(1, i)).as("register %d", i).isEqualTo(recorded[i]);
    }
  }

  @Test
  void whatIsSentIsReceived() {
    card.write(1, MCR, 0x10);
    card.write(1, LCR, 0x83);
    card.write(1, THR, 1);
    assertThat(card.read(1, THR)).as("divisor").isEqualTo(1);
    card.write(1, LCR, 3);
    card.write(1, THR, 0x41);
    assertThat(card.read(1, LSR)).isEqualTo(0x01);
    assertThat(card.read(1, THR)).isEqualTo(0x41);
    assertThat(card.read(1, LSR)).isEqualTo(0x60);
    card.write(1, SCR, 0x5a);
    assertThat(card.read(1, SCR)).isEqualTo(0x5a);
    assertThat(card.read(2, 0)).isZero();
    assertThat(card.read(4, 0)).isZero();
    assertThat(card.read(1, 8)).isZero();
  }

  @Test
  void aWideWriteSendsItsFirstByteOnly() {
    card.write(2, THR, 0x4241);
    assertThat(card.read(1, THR)).isEqualTo(0x41);
    assertThat(card.read(1, LSR)).isEqualTo(0x60);
  }

  @Test
  void fifteenBytesComeInTheOrderInWhichTheyWent() {
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 15; i++) {
        card.write(1, THR, round * 16 + i);
      }
      for (int i = 0; i < 15; i++) {
        assertThat(card.read(1, THR)).isEqualTo(round * 16 + i);
      }
      assertThat(card.read(1, LSR)).isEqualTo(0x60);
    }
  }

  @Test
  void sixteenBytesLookLikeNoneUntilTheFifoIsCleared() {
    for (int i = 0; i < 16; i++) {
      card.write(1, THR, i);
    }
    assertThat(card.read(1, LSR)).isEqualTo(0x60);
    assertThat(card.read(1, THR)).isZero();
    card.write(1, THR, 16);
    assertThat(card.read(1, LSR)).as("with overrun").isEqualTo(0x62);
    card.write(1, FCR, 7);
    card.write(1, THR, 0x41);
    assertThat(card.read(1, LSR)).isEqualTo(0x01);
  }

  @Test
  void withoutFifoASecondByteIsAnOverrun() {
    card.write(1, FCR, 0);
    card.write(1, IER, 0x04);
    card.write(1, THR, 1);
    assertThat(card.read(1, 2)).isEqualTo(0xc1);
    card.write(1, THR, 2);
    assertThat(card.read(1, LSR)).isEqualTo(0x03);
    assertThat(card.read(1, 2)).as("line status").isEqualTo(0xc6);
  }

  @Test
  void automaticFlowControlTakesClearToSendAwayWhenTheFifoIsFull() {
    card.write(1, FCR, 0);
    card.write(1, MCR, 0x20);
    assertThat(card.read(1, MSR)).isEqualTo(0xb3);
    card.write(1, THR, 1);
    assertThat(card.read(1, MSR)).isEqualTo(0xa2);
    card.write(1, MCR, 0);
    assertThat(card.read(1, MSR)).isEqualTo(0xb3);
  }

  @Test
  void theInterruptEnableRegisterHasFourBits() {
    card.write(1, IER, 0xff);
    assertThat(card.read(1, IER)).isEqualTo(0x0f);
    assertThat(card.read(1, 2)).as("received and sent").isEqualTo(0xc6);
  }

  @Test
  void theTwoPortsOfACardAreApart() {
    Card dual = new Card(2);
    dual.write(1, bar(1) + THR, 0x42);
    assertThat(dual.read(1, bar(0) + LSR)).isEqualTo(0x60);
    assertThat(dual.read(1, bar(1) + THR)).isEqualTo(0x42);
  }

  @Test
  void aCardKeepsItsStateFromUserToUserAndThroughReset() {
    card.write(1, SCR, 0x77);
    card.parent.release(card.mtty);
    card.parent.open(card.mtty, card);
    card.parent.resetDone(card.mtty);
    assertThat(card.read(1, SCR)).isEqualTo(0x77);
  }
}
