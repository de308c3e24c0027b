package busbar.model.edu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.time.SystemTiming;
import busbar.machine.model.ModelContext;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.FakeModelContext.Messages;
import java.lang.reflect.Proxy;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EduModelTest {
  private static final long DMA = 1000;
  private static final long COMPUTE = 500;

  private final FakeModelContext context = new FakeModelContext("edu").region(0, 1 << 20);
  private final EduModel edu = create(context);

  private static EduModel create(FakeModelContext context) {
    return new EduModel(context, new EduModel.Delays(DMA, COMPUTE));
  }

  private static void dma(EduModel edu, long source, long destination, long count, long command) {
    edu.write(0, 0x80, 8, source);
    edu.write(0, 0x88, 8, destination);
    edu.write(0, 0x90, 8, count);
    edu.write(0, 0x98, 8, command);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void registersBelow0x80AnswerFourByteAccessesAlone() {
    assertThat(edu.read(0, 0, 4)).isEqualTo(0x010000edL);
    assertThat(edu.read(0, 0, 1)).isZero();
    assertThat(edu.read(0, 0, 2)).isZero();
    assertThat(edu.read(0, 0, 8)).isEqualTo(-1L);
    assertThat(edu.read(0, 0xffffc, 4)).isEqualTo(0xffff_ffffL);
    assertThat(edu.read(0, 0xfffff, 1)).isZero();
    assertThat(edu.read(0, 128, 8)).isZero();
  }

  @Test
  void theBufferIsNotSeenThroughTheBar() {
    assertThat(edu.read(0, 0x40000, 8)).isEqualTo(-1L);
  }

  @Test
  void theLivenessCheckInverts() {
    edu.write(0, 4, 4, 0xdeadbeefL);
    assertThat(edu.read(0, 4, 4)).isEqualTo(0x21524110L);

    edu.write(0, 4, 2, 0x0201);
    assertThat(edu.read(0, 4, 4)).isEqualTo(0x21524110L);
  }

  @Test
  void theFactorialIsComputedInTheBackground() {
    edu.write(0, 8, 4, 12);
    assertThat(edu.read(0, 0x20, 4)).isEqualTo(1);
    edu.write(0, 8, 4, 5);

    context.virtualTime().advance(COMPUTE);

    assertThat(edu.read(0, 0x20, 4)).isZero();
    assertThat(edu.read(0, 8, 4)).isEqualTo(0x1c8cfc00L);
    assertThat(context.lineChanges()).isEmpty();
  }

  @Property(seed = "20261122", tries = 60)
  void theFactorialIsTheProductIn32Bits(@ForAll @IntRange(min = 0, max = 60) int number) {
    FakeModelContext own = new FakeModelContext("edu");
    EduModel device = create(own);
    int product = 1;
    for (int factor = 1; factor <= number; factor++) {
      product *= factor;
    }

    device.write(0, 8, 4, number);
    own.virtualTime().advance(COMPUTE);

    assertThat((int) device.read(0, 8, 4)).isEqualTo(product);
  }

  @Test
  void theEndOfAFactorialInterruptsIfWanted() {
    context.messages(Messages.ON);
    edu.write(0, 0x20, 4, 0x80);
    edu.write(0, 8, 4, 6);

    context.virtualTime().advance(COMPUTE);

    assertThat(edu.read(0, 8, 4)).isEqualTo(0x2d0);
    assertThat(edu.read(0, 0x24, 4)).isEqualTo(1);
    assertThat(context.messages()).containsExactly(0);
  }

  @Test
  void theLineIsHighUntilAllBitsAreAcknowledged() {
    edu.write(0, 0x60, 4, 3);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    edu.write(0, 0x64, 4, 1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    edu.write(0, 0x64, 4, 2);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(context.lineChanges()).containsExactly(Level.HIGH, Level.LOW);
  }

  @Test
  void everyRaiseSendsAMessage() {
    context.messages(Messages.ON);
    edu.write(0, 0x60, 4, 1);
    edu.write(0, 0x60, 4, 1);

    assertThat(context.messages()).containsExactly(0, 0);
    assertThat(context.lineChanges()).isEmpty();
  }

  @Test
  void dmaGoesToTheBufferAndBack() {
    context.messages(Messages.ON).memory().map(0x10000, 0x2000);
    context.memory().put(0x10fe0, filled(64, 0xaa));

    dma(edu, 0x10fe0, 0x40000, 64, 5);
    assertThat(edu.read(0, 0x98, 8)).isEqualTo(5);
    context.virtualTime().advance(DMA);
    assertThat(edu.read(0, 0x98, 4)).isEqualTo(4);
    assertThat(edu.read(0, 0x24, 4)).isEqualTo(0x100);
    assertThat(context.messages()).containsExactly(0);

    dma(edu, 0x40000, 0x11800, 64, 3);
    context.virtualTime().advance(DMA);
    assertThat(context.memory().get(0x11800, 64)).isEqualTo(filled(64, 0xaa));
  }

  @Test
  void whoSeesTheEndOfATransferSeesItsInterrupt() {
    AtomicReference<EduModel> device = new AtomicReference<>();
    List<Long> seen = new ArrayList<>();
    // looks at the registers whenever the device asks for something on its way
    ModelContext looking =
        (ModelContext)
            Proxy.newProxyInstance(
                ModelContext.class.getClassLoader(),
                new Class<?>[] {ModelContext.class},
                (proxy, method, arguments) -> {
                  if (device.get() != null && (device.get().read(0, 0x98, 8) & 1) == 0) {
                    seen.add(device.get().read(0, 0x24, 4));
                  }
                  return method.invoke(context, arguments);
                });
    device.set(new EduModel(looking, new EduModel.Delays(DMA, COMPUTE)));
    dma(device.get(), 0x1000, 0x40000, 4, 5);
    seen.clear();

    context.virtualTime().advance(DMA);

    assertThat(seen).as("interrupts once the transfer has ended").isNotEmpty().containsOnly(0x100L);
  }

  @Test
  void registersStandStillWhileDmaRuns() {
    dma(edu, 1, 0x40000, 16, 1);
    dma(edu, 2, 3, 4, 3);

    assertThat(edu.read(0, 0x80, 8)).isEqualTo(1);
    assertThat(edu.read(0, 0x98, 8)).isEqualTo(1);
  }

  @Test
  void theDeviceDrives28AddressBits() {
    context.memory().map(0x1000, 0x1000).put(0x1000, filled(8, 0x77));

    dma(edu, 0xf_1000_1000L, 0x40000, 8, 1);
    context.virtualTime().advance(DMA);
    dma(edu, 0x40000, 0x1800, 8, 3);
    context.virtualTime().advance(DMA);

    assertThat(context.memory().get(0x1800, 8)).isEqualTo(filled(8, 0x77));
  }

  @Test
  void aRefusedWriteIsDroppedAndTheCommandEnds() {
    dma(edu, 0x40000, 0x5000, 64, 7);
    context.virtualTime().advance(DMA);

    assertThat(context.memory().refused()).isEqualTo(1);
    assertThat(edu.read(0, 0x98, 8)).isEqualTo(6);
    assertThat(edu.read(0, 0x24, 4)).isEqualTo(0x100);
  }

  @Property(seed = "20261122", tries = 200)
  void aRangeOutsideTheBufferTransfersNothing(@ForAll long address, @ForAll long count) {
    FakeModelContext own = new FakeModelContext("edu");
    EduModel device = create(own);
    boolean inside =
        address >= 0x40000 && address < 0x41000 && count > 0 && count <= 0x41000 - address;

    dma(device, address, 0x1000, count, 3);
    own.virtualTime().advance(DMA);

    assertThat(own.memory().refused()).isEqualTo(inside ? 1 : 0);
    assertThat(device.read(0, 0x98, 8)).isEqualTo(2);
  }

  @Test
  void aBigEndianBoardSeesSwappedRegisters() {
    FakeModelContext power = new FakeModelContext("edu").boardByteOrder(ByteOrder.BIG_ENDIAN);
    EduModel device = create(power);

    device.write(0, 0x60, 4, 0x1000000);

    assertThat(device.read(0, 0, 4)).isEqualTo(0xed000001L);
    assertThat(device.read(0, 0x24, 4)).isEqualTo(0x1000000);
    device.write(0, 0x80, 8, 0x0000_1000_0000_0000L);
    assertThat(device.read(0, 0x80, 8)).isEqualTo(0x0000_1000_0000_0000L);
    assertThat(device.read(0, 0x80, 4)).isEqualTo(0x0000_1000L);
  }

  @Test
  void resetEndsWhatIsUnderWay() {
    context.memory().map(0x1000, 0x1000);
    edu.write(0, 0x60, 4, 1);
    edu.write(0, 8, 4, 5);
    dma(edu, 0x40000, 0x1000, 64, 7);

    edu.reset();
    context.virtualTime().advance(DMA);

    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(context.virtualTime().pending()).isEmpty();
    assertThat(edu.read(0, 0x24, 4)).isZero();
    assertThat(edu.read(0, 0x98, 8)).isZero();
    assertThat(edu.read(0, 8, 4)).isZero();
    assertThat(edu.read(0, 0x20, 4)).isZero();
  }

  @Test
  void aSavedDeviceGoesOnWithTheTimeThatWasLeft() {
    context.memory().map(0x1000, 0x1000).put(0x1000, filled(64, 0x5a));
    edu.write(0, 4, 4, 0x1234);
    edu.write(0, 0x60, 4, 2);
    edu.write(0, 8, 4, 5);
    dma(edu, 0x1000, 0x40000, 64, 5);
    context.virtualTime().advance(200);

    StateRecord state = edu.save();
    context.virtualTime().advance(10 * DMA);
    assertThat(context.virtualTime().pending()).isEmpty();
    EduModel successor = create(context);
    successor.restore(state);
    edu.close();

    assertThat(context.virtualTime().pending()).containsExactly(COMPUTE - 200, DMA - 200);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    assertThat((int) successor.read(0, 4, 4)).isEqualTo(~0x1234);
    context.virtualTime().advance(DMA - 200);
    assertThat(successor.read(0, 8, 4)).isEqualTo(120);
    assertThat(successor.read(0, 0x24, 4)).isEqualTo(0x102);
    dma(successor, 0x40000, 0x1800, 64, 3);
    context.virtualTime().advance(DMA);
    assertThat(context.memory().get(0x1800, 64)).isEqualTo(filled(64, 0x5a));
  }

  @Test
  void aSaveThatLedNowhereIsResumed() {
    edu.write(0, 8, 4, 5);
    context.virtualTime().advance(100);
    edu.save();
    context.virtualTime().advance(10 * COMPUTE);
    assertThat(edu.read(0, 0x20, 4)).isEqualTo(1);

    edu.resume();
    context.virtualTime().advance(COMPUTE - 100);

    assertThat(edu.read(0, 8, 4)).isEqualTo(120);
  }

  @Test
  void aStateOfALaterVersionIsRefused() {
    StateRecord later = new StateRecord("edu", 2, edu.save().values());

    assertThatThrownBy(() -> edu.restore(later)).isInstanceOf(VfioException.class);
    assertThatThrownBy(() -> edu.restore(new StateRecord("edu", 1, Map.of())))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void aSaveWaitsForATransferThatHasBegunSoThatNothingRunsTwice() throws InterruptedException {
    try (SystemTiming real = new SystemTiming()) {
      FakeModelContext own = new FakeModelContext("edu").timing(real);
      own.memory().map(0x1000, 0x1000);
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch mayGoOn = new CountDownLatch(1);
      own.memory()
          .beforeAccess(
              () -> {
                begun.countDown();
                try {
                  mayGoOn.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      EduModel device = create(own);
      dma(device, 0x40000, 0x1000, 64, 3);
      begun.await();
      StateRecord[] state = new StateRecord[1];
      Thread saver = Thread.ofVirtual().start(() -> state[0] = device.save());
      assertThat(saver.join(java.time.Duration.ofMillis(50))).isFalse();

      mayGoOn.countDown();
      saver.join();

      assertThat(state[0].number("dmaCommand")).isEqualTo(2);
      assertThat(state[0].number("dmaLeftNanos")).isEqualTo(-1);
    }
  }

  @Test
  void twoThreadsRaiseAndAcknowledgeWithoutLosingABit() {
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> raiseAndAcknowledge(1)),
            CompletableFuture.runAsync(() -> raiseAndAcknowledge(2)))
        .join();

    assertThat(edu.read(0, 0x24, 4)).isEqualTo(3);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    edu.write(0, 0x64, 4, 3);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  private void raiseAndAcknowledge(int bit) {
    for (int i = 0; i < 5000; i++) {
      edu.write(0, 0x60, 4, bit);
      assertThat(edu.read(0, 0x24, 4) & bit).isEqualTo(bit);
      edu.write(0, 0x64, 4, bit);
    }
    edu.write(0, 0x60, 4, bit);
  }
}
