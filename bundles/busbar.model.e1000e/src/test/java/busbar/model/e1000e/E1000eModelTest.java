package busbar.model.e1000e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.FakeModelContext.Messages;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class E1000eModelTest {
  private static final int MSI = 0xd0;
  private static final int MSIX = 0xa0;
  private static final long TX_RING = 0x10000;
  private static final long RX_RING = 0x11000;
  private static final long TX_BUFFER = 0x20000;
  private static final long RX_BUFFER = 0x30000;

  private final FakeModelContext context = card();
  private final E1000eModel nic = new E1000eModel(context);

  private static FakeModelContext card() {
    FakeModelContext card = new FakeModelContext("e1000e");
    card.setConfig(0x34, 1, 0xc8);
    card.setConfig(0xc8, 2, 0xd001);
    card.setConfig(MSI, 2, 0xa005);
    card.setConfig(MSIX, 4, 0x00040011);
    card.setConfig(0x100, 4, 0x14020001);
    card.setConfig(0x140, 4, 0x00010003);
    card.setConfig(0x144, 4, 0xff000006);
    card.setConfig(0x148, 4, 0x525400ff);
    return card;
  }

  private void useMsix() {
    context.setConfig(MSIX + 2, 2, 0x8004);
    context.messages(Messages.ON);
  }

  private void useMsi() {
    context.setConfig(MSI + 2, 2, 1);
    context.messages(Messages.ON);
  }

  private int get(int offset) {
    return (int) nic.read(0, offset, 4);
  }

  private void set(int offset, int value) {
    nic.write(0, offset, 4, value & 0xffff_ffffL);
  }

  @Test
  void afterPowerOnTheLinkIsUpAtFullSpeed() {
    assertThat(get(Reg.STATUS)).isEqualTo(0x00080283);
    assertThat(get(Reg.RAL0)).isEqualTo(0x00005452);
    assertThat(get(Reg.RAH0)).isEqualTo(0x80000600);
    assertThat(get(0x44)).isEqualTo(0x80000600);
  }

  @Test
  void thePortsReachTheRegisters() {
    assertThat(nic.read(2, 0, 4)).isZero();
    nic.write(2, 0, 4, 8);

    assertThat(nic.read(2, 4, 4)).isEqualTo(0x00080283);
    assertThat(nic.read(2, 0, 8)).isEqualTo(0x0008028300000008L);
    assertThat(nic.read(2, 0x1c, 4)).isZero();
    nic.write(2, 0, 8, 0);
    assertThat(nic.read(2, 0, 8)).isZero();
    assertThat(nic.read(2, 0, 2)).isZero();
    assertThat(nic.read(2, 3, 1)).isZero();
    assertThat(get(Reg.CTRL)).isZero();
  }

  @Test
  void aPortAddressBehindTheRegistersReadsZero() {
    nic.write(2, 0, 4, 0x20000);
    assertThat(nic.read(2, 4, 4)).isZero();
    nic.write(2, 0, 4, 0xffffffffL);
    assertThat(nic.read(2, 4, 4)).isZero();
  }

  @Test
  void flashAndTheRestOfTheMessageBarReadZero() {
    assertThat(nic.read(1, 0, 4)).isZero();
    nic.write(3, 0x50, 4, 0xffffffffL);
    assertThat(nic.read(3, 0x50, 4)).isZero();
  }

  @Test
  void aCauseIsSentByTheVectorThatIsAllocatedToIt() {
    useMsix();
    set(Reg.IVAR, 0x000a9888);
    set(Reg.IMS, 0x01f00000);

    set(Reg.ICS, 0x00100000);
    assertThat(context.messages()).containsExactly(0);

    set(Reg.ICS, 0x01000000);
    assertThat(context.messages()).containsExactly(0, 2);
    assertThat(get(Reg.ICS)).isEqualTo(0x81100000);
  }

  @Test
  void aVectorThatIsThrottledIsSentWhenItsIntervalIsOver() {
    useMsix();
    set(Reg.IVAR, 0x8);
    set(Reg.EIAC, Cause.RX_QUEUE_0);
    set(Reg.CTRL_EXT, Reg.CTRL_EXT_IAME);
    set(Reg.IMS, Cause.RX_QUEUE_0);
    set(Reg.EITR, 1000);
    assertThat(get(Reg.EITR)).isEqualTo(1000);

    set(Reg.ICS, Cause.RX_QUEUE_0);
    set(Reg.ICS, Cause.RX_QUEUE_0);
    assertThat(context.messages()).containsExactly(0);

    context.virtualTime().advance(1000 * 256 - 1);
    assertThat(context.messages()).containsExactly(0);
    context.virtualTime().advance(1);
    assertThat(context.messages()).containsExactly(0, 0);
  }

  @Test
  void otherCausesComeThroughTheVectorForOthers() {
    useMsix();
    set(Reg.IVAR, 0x000c0000);
    set(Reg.IMS, Cause.OTHER | Cause.LINK_CHANGE);

    set(Reg.ICS, Cause.LINK_CHANGE);

    assertThat(context.messages()).containsExactly(4);
    set(Reg.ICR, Cause.OTHER);
    assertThat(get(Reg.ICS)).isZero();
  }

  @Test
  void theLineIsHighWhileAnUnmaskedCauseStandsAndReadingTheCausesClearsThem() {
    set(Reg.ICS, Cause.LINK_CHANGE);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    set(Reg.IMS, Cause.LINK_CHANGE);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat(get(Reg.IAC)).isEqualTo(1);

    assertThat(get(Reg.ICR)).isEqualTo(Cause.LINK_CHANGE | Cause.ASSERTED);

    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(Reg.ICR)).isZero();
  }

  @Test
  void theLineIsThrottledToo() {
    set(Reg.IMS, Cause.LINK_CHANGE);
    set(Reg.ICS, Cause.LINK_CHANGE);
    get(Reg.ICR);
    set(Reg.ICS, Cause.LINK_CHANGE);
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    context.virtualTime().advance(500 * 256);

    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void msiSendsOneMessageForEachNewCause() {
    useMsi();
    set(Reg.IMS, Cause.LINK_CHANGE | Cause.MDIO_DONE);
    set(Reg.ICS, Cause.LINK_CHANGE);
    set(Reg.ICS, Cause.LINK_CHANGE);
    assertThat(context.messages()).containsExactly(0);

    set(Reg.ICS, Cause.MDIO_DONE);
    assertThat(context.messages()).containsExactly(0);
    context.virtualTime().advance(500 * 256);
    assertThat(context.messages()).containsExactly(0, 0);
    assertThat(context.lineChanges()).isEmpty();
  }

  @Test
  void thePhyIsReadAndWrittenThroughMdic() {
    set(Reg.MDIC, 1 << 21 | 2 << 16 | 1 << 27);
    assertThat(get(Reg.MDIC) & 0x5000ffff).isEqualTo(0x10000141);

    set(Reg.MDIC, 1 << 21 | 4 << 16 | 1 << 26 | 0x1234);
    set(Reg.MDIC, 1 << 21 | 4 << 16 | 1 << 27);
    assertThat(get(Reg.MDIC) & 0xffff).isEqualTo(0x1234);

    set(Reg.MDIC, 1 << 21 | 11 << 16 | 1 << 27);
    assertThat(get(Reg.MDIC) & 0x40000000).isNotZero();
    set(Reg.MDIC, 2 << 21 | 2 << 16 | 1 << 27);
    assertThat(get(Reg.MDIC) & 0x40000000).isNotZero();
  }

  @Test
  void negotiationTakesHalfASecondAndIsAnnounced() {
    set(Reg.IMS, Cause.LINK_CHANGE);
    set(Reg.MDIC, 1 << 21 | 1 << 26 | 0x1340);
    assertThat(get(Reg.STATUS) & 2).isZero();

    context.virtualTime().advance(500_000_000);

    assertThat(get(Reg.STATUS) & 2).isEqualTo(2);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    set(Reg.MDIC, 1 << 21 | 1 << 16 | 1 << 27);
    assertThat(get(Reg.MDIC) & 0x24).isEqualTo(0x24);
  }

  @Test
  void theEepromHasTheAddressAndAddsUp() {
    int sum = 0;
    for (int word = 0; word < 64; word++) {
      set(Reg.EERD, word << 2 | 1);
      int answer = get(Reg.EERD);
      assertThat(answer & 0xffff).isEqualTo(word << 2 | 2);
      sum += answer >>> 16;
    }
    assertThat(sum & 0xffff).isEqualTo(0xbaba);
    set(Reg.EERD, 2 << 2 | 1);
    assertThat(get(Reg.EERD) >>> 16).isEqualTo(0x0600);
  }

  @Test
  void readingTheSemaphoreTakesIt() {
    set(Reg.SWSM, 0);
    assertThat(get(Reg.SWSM)).isZero();
    assertThat(get(Reg.SWSM)).isEqualTo(1);
  }

  private void ringUp(int frames, int rxControl) {
    context.memory().map(TX_RING, 0x2000).map(TX_BUFFER, 0x4000).map(RX_BUFFER, 0x8000);
    for (int i = 0; i < 8; i++) {
      context.memory().put(RX_RING + 16 * i, 8, RX_BUFFER + 0x1000 * i);
    }
    set(Reg.RDBAL, (int) RX_RING);
    set(Reg.RDLEN, 128);
    set(Reg.RDT, 7);
    set(Reg.RCTL, Reg.RCTL_ENABLE | Reg.RCTL_LOOPBACK_MAC | rxControl);
    set(Reg.TDBAL, (int) TX_RING);
    set(Reg.TDLEN, 128);
    set(Reg.TCTL, Reg.TCTL_ENABLE);
    for (int i = 0; i < frames; i++) {
      putFrame(i, 100, 0x09000000);
    }
  }

  private void putFrame(int index, int length, int command) {
    byte[] frame = new byte[length];
    Arrays.fill(frame, (byte) (0x40 + index));
    byte[] address = {0x52, 0x54, 0, 0, 0, 6};
    System.arraycopy(address, 0, frame, 0, 6);
    context.memory().put(TX_BUFFER + 0x400L * index, frame);
    context.memory().put(TX_RING + 16 * index, 8, TX_BUFFER + 0x400L * index);
    context.memory().put(TX_RING + 16 * index + 8, 8, (command | length) & 0xffff_ffffL);
  }

  @Test
  void aFrameIsSentAndLoopedBackWithItsCrc() {
    useMsix();
    set(Reg.IVAR, 0x000a9888);
    set(Reg.IMS, 0x01f00000);
    ringUp(1, 0);

    set(Reg.TDT, 1);
    assertThat(get(Reg.TDH)).isZero();
    context.virtualTime().advance(1);

    assertThat(get(Reg.TDH)).isEqualTo(1);
    assertThat(context.memory().get64(TX_RING + 12, 4) & 1).isEqualTo(1);
    assertThat(get(Reg.RDH)).isEqualTo(1);
    assertThat(context.memory().get64(RX_RING + 8, 2)).isEqualTo(104);
    assertThat(context.memory().get64(RX_RING + 12, 1) & 3).isEqualTo(3);
    byte[] frame = context.memory().get(TX_BUFFER, 100);
    assertThat(context.memory().get(RX_BUFFER, 100)).isEqualTo(frame);
    CRC32 crc = new CRC32();
    crc.update(frame);
    assertThat(context.memory().get64(RX_BUFFER + 100, 4)).isEqualTo(crc.getValue());
    assertThat(context.messages()).contains(0);
    assertThat(get(Reg.GPTC)).isEqualTo(1);
    assertThat(get(Reg.GPRC)).isEqualTo(1);
    assertThat(get(Reg.GPRC)).isZero();
  }

  @Test
  void aFrameForAnotherAddressIsNotReceived() {
    ringUp(1, Reg.RCTL_STRIP_CRC);
    set(Reg.RAL0, 0x12345678);
    set(Reg.TDT, 1);
    context.virtualTime().advance(1);
    assertThat(get(Reg.RDH)).isZero();

    set(Reg.RCTL, get(Reg.RCTL) | Reg.RCTL_UNICAST_PROMISCUOUS);
    putFrame(1, 100, 0x09000000);
    set(Reg.TDT, 2);
    context.virtualTime().advance(1);
    assertThat(get(Reg.RDH)).isEqualTo(1);
    assertThat(context.memory().get64(RX_RING + 8, 2)).isEqualTo(100);
  }

  @Test
  void aRingWithoutRoomOverruns() {
    ringUp(1, 0);
    set(Reg.RDT, 0);
    set(Reg.TDT, 1);
    context.virtualTime().advance(1);

    assertThat(get(Reg.RDH)).isZero();
    assertThat(get(Reg.RNBC)).isEqualTo(1);
    assertThat(get(Reg.ICS) & Cause.RX_OVERRUN).isNotZero();
  }

  @Test
  void aTailBehindTheRingIsLeftAlone() {
    ringUp(1, 0);
    set(Reg.TDT, 8);
    context.virtualTime().advance(1);

    assertThat(get(Reg.TDH)).isZero();
  }

  @Test
  void aWriteToTheDelayRegisterHoldsTheInterruptBack() {
    ringUp(1, 0);
    putFrame(0, 100, 0x89000000);
    set(Reg.RCTL, 0);
    set(Reg.TIDV, 10);
    set(Reg.IMS, Cause.TX_WRITTEN_BACK);
    set(Reg.TDT, 1);
    context.virtualTime().advance(1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    context.virtualTime().advance(10 * 1024);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void resetForgetsRegistersTimersAndFrames() {
    ringUp(1, 0);
    set(Reg.IMS, Cause.LINK_CHANGE);
    set(Reg.ICS, Cause.LINK_CHANGE);
    set(Reg.TDT, 1);

    nic.reset();

    assertThat(context.virtualTime().pending()).isEmpty();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(Reg.STATUS)).isEqualTo(0x00080283);
    assertThat(get(Reg.TDT)).isZero();
    assertThat(get(Reg.IMS)).isZero();
  }

  @Test
  void softwareResetsTheCardThroughItsControlRegister() {
    set(Reg.IMS, -1);
    set(0x5b10, 77);
    set(Reg.CTRL, get(Reg.CTRL) | Reg.CTRL_RESET);

    assertThat(get(0x5b10)).isZero();
    assertThat(get(Reg.CTRL)).isEqualTo(0x00140241);
  }

  @Test
  void aSuccessorSendsTheFrameThatWasWaitingAndKeepsEveryTimer() {
    ringUp(2, Reg.RCTL_STRIP_CRC);
    set(Reg.IMS, Cause.LINK_CHANGE);
    set(Reg.ICS, Cause.LINK_CHANGE);
    set(Reg.MDIC, 1 << 21 | 1 << 26 | 0x1340);
    context.virtualTime().advance(100);
    set(Reg.TDT, 2);

    StateRecord state = nic.save();
    context.virtualTime().advance(1_000_000);
    assertThat(context.memory().get64(TX_RING + 12, 4)).isZero();
    E1000eModel successor = new E1000eModel(context);
    successor.restore(state);
    nic.close();

    assertThat(context.virtualTime().pending())
        .containsExactly(0L, 500L * 256 - 100, 500_000_000L - 100);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    context.virtualTime().advance(500_000_000);
    assertThat(successor.read(0, Reg.TDH, 4)).isEqualTo(2);
    assertThat(successor.read(0, Reg.GPTC, 4)).isEqualTo(2);
    assertThat(successor.read(0, Reg.STATUS, 4) & 2).isEqualTo(2);
  }

  @Test
  void aFrameThatWasBegunIsFinishedByTheSuccessor() {
    ringUp(0, Reg.RCTL_STRIP_CRC);
    putFrame(0, 60, 0x08000000);
    set(Reg.TDT, 1);
    context.virtualTime().advance(1);
    StateRecord state = nic.save();
    E1000eModel successor = new E1000eModel(context);
    successor.restore(state);

    putFrame(1, 40, 0x09000000);
    successor.write(0, Reg.TDT, 4, 2);
    context.virtualTime().advance(1);

    assertThat(context.memory().get64(RX_RING + 8, 2)).isEqualTo(100);
    assertThat(successor.read(0, Reg.GPTC, 4)).isEqualTo(1);
  }

  @Test
  void aSaveStopsBetweenTwoDescriptorsAndNothingIsSentTwice() {
    ringUp(4, Reg.RCTL_STRIP_CRC);
    AtomicBoolean once = new AtomicBoolean();
    StateRecord[] state = new StateRecord[1];
    context
        .memory()
        .beforeAccess(
            () -> {
              if (once.compareAndSet(false, true)) {
                state[0] = nic.save(); // from the task itself: does not wait for it
              }
            });
    set(Reg.TDT, 4);
    context.virtualTime().advance(1);
    assertThat(get(Reg.TDH)).isEqualTo(1);

    nic.resume();
    context.virtualTime().advance(1);

    assertThat(get(Reg.TDH)).isEqualTo(4);
    assertThat(get(Reg.GPTC)).isEqualTo(4);
    assertThat(get(Reg.RDH)).isEqualTo(4);
  }

  @Test
  void aStateWithTooFewRegistersIsRefused() {
    Map<String, Object> values = new HashMap<>(nic.save().values());
    values.put("mac", new byte[4]);

    assertThatThrownBy(() -> nic.restore(new StateRecord("e1000e", 1, values)))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void twoThreadsRaiseAndClearCausesAndTheLineFollows() {
    set(Reg.IMS, Cause.LINK_CHANGE | Cause.MDIO_DONE);
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> raiseAndClear(Cause.LINK_CHANGE)),
            CompletableFuture.runAsync(() -> raiseAndClear(Cause.MDIO_DONE)))
        .join();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(Reg.ICS)).isZero();
  }

  private void raiseAndClear(int cause) {
    for (int i = 0; i < 3000; i++) {
      set(Reg.ICS, cause);
      set(Reg.ICR, cause);
    }
  }
}
