package busbar.model.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.time.SystemTiming;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.FakeModelContext.Messages;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class VirtioPciModelTest {
  private static final int STATUS = 0x14;
  private static final int NOTIFY = 0x3000;
  private static final int ACKNOWLEDGE = 1;
  private static final int DRIVER = 2;

  private final FakeModelContext context = card();
  private final DriverRings rings = new DriverRings(context.memory());
  private VirtioPciModel rng = create(context);

  private static FakeModelContext card() {
    FakeModelContext card = new FakeModelContext("virtio-rng").region(1, 0x1000).region(4, 0x4000);
    card.setConfig(0x34, 1, 0xdc);
    card.setConfig(0xdc, 4, 0x0001c811);
    card.setConfig(0xc8, 4, 0x0514b409);
    card.setConfig(0xb4, 4, 0x02140009);
    return card;
  }

  private static VirtioPciModel create(FakeModelContext context) {
    return new VirtioPciModel(context, new EntropyBackend(new Random(1)));
  }

  private long get(int offset, int width) {
    return rng.read(4, offset, width);
  }

  private void set(int offset, int width, long value) {
    rng.write(4, offset, width, value);
  }

  private void start(long features) {
    set(STATUS, 1, ACKNOWLEDGE | DRIVER);
    for (int half = 0; half < 2; half++) {
      set(0x08, 4, half);
      set(0x0c, 4, features >>> (32 * half) & 0xffffffffL);
    }
    set(STATUS, 1, 0xb);
    assertThat(get(STATUS, 1)).isEqualTo(0xb);
    set(0x10, 2, 0);
    set(0x16, 2, 0);
    set(0x1a, 2, 1);
    set(0x20, 8, DriverRings.DESCRIPTORS);
    set(0x28, 8, DriverRings.AVAILABLE);
    set(0x30, 8, DriverRings.USED);
    set(0x1c, 2, 1);
    set(STATUS, 1, 0xf);
  }

  private void work() {
    set(NOTIFY, 2, 0);
    context.virtualTime().advance(1);
  }

  private byte[] buffer(int head, int length) {
    return context.memory().get(DriverRings.BUFFERS + 0x1000L * head, length);
  }

  @Test
  void theCommonConfigurationDescribesTheDevice() {
    assertThat(get(0, 4)).isZero();
    assertThat(get(4, 4)).isEqualTo(0x30000000L);
    set(0, 4, 1);
    assertThat(get(4, 4)).isEqualTo(0x103);
    set(0, 4, 2);
    assertThat(get(4, 4)).isZero();
    assertThat(get(0x10, 2)).isEqualTo(0xffff);
    assertThat(get(0x12, 2)).isEqualTo(1);
    assertThat(get(0x18, 2)).isEqualTo(8);
    assertThat(get(0x1c, 2)).isZero();
    set(0x16, 2, 1);
    assertThat(get(0x18, 2)).isZero();
    assertThat(get(0x2000, 1)).isEqualTo(0xff);
  }

  @Test
  void featuresThatWereNotOfferedAreNotAgreedOn() {
    set(0x08, 4, 0);
    set(0x0c, 4, 1);
    set(0x08, 4, 1);
    set(0x0c, 4, 1);
    set(STATUS, 1, 0xb);
    assertThat(get(STATUS, 1)).isEqualTo(3);
  }

  @Test
  void aDriverHasToAcceptVersionOne() {
    set(STATUS, 1, 0xb);
    assertThat(get(STATUS, 1)).isEqualTo(3);
  }

  @Test
  void aVectorThatDoesNotExistBecomesNone() {
    set(0x10, 2, 2);
    assertThat(get(0x10, 2)).isEqualTo(0xffff);
    set(0x1a, 2, 1);
    assertThat(get(0x1a, 2)).isEqualTo(1);
  }

  @Test
  void buffersAreFilledAndGivenBackWithAMessage() {
    context.messages(Messages.ON);
    start(VirtioCore.VERSION_1);
    rings.addBuffer(3, 64);
    work();

    assertThat(rings.usedIndex()).isEqualTo(1);
    assertThat(rings.usedId(0)).isEqualTo(3);
    assertThat(rings.usedLength(0)).isEqualTo(64);
    byte[] expected = new byte[64];
    new Random(1).nextBytes(expected);
    assertThat(buffer(3, 64)).isEqualTo(expected);
    assertThat(context.messages()).containsExactly(1);
    assertThat(context.lineChanges()).isEmpty();
  }

  @Test
  void withoutMessagesTheLineIsHighUntilTheStatusIsRead() {
    start(VirtioCore.VERSION_1);
    rings.addBuffer(0, 16);
    work();
    assertThat(context.line(0)).isEqualTo(Level.HIGH);

    assertThat(get(0x1000, 1)).isEqualTo(1);

    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(0x1000, 1)).isZero();
  }

  @Test
  void chainsAndIndirectTablesAreFollowed() {
    start(VirtioCore.VERSION_1 | VirtioCore.INDIRECT_DESCRIPTORS);
    rings.describe(DriverRings.DESCRIPTORS, 0, DriverRings.BUFFERS, 16, 3, 5);
    rings.describe(DriverRings.DESCRIPTORS, 5, DriverRings.BUFFERS + 0x1000, 32, 2, 0);
    rings.describe(DriverRings.DESCRIPTORS, 1, DriverRings.INDIRECT, 32, 4, 0);
    rings.describe(DriverRings.INDIRECT, 0, DriverRings.BUFFERS + 0x2000, 8, 3, 1);
    rings.describe(DriverRings.INDIRECT, 1, DriverRings.BUFFERS + 0x3000, 8, 2, 0);
    rings.add(0);
    rings.add(1);
    work();

    assertThat(rings.usedLength(0)).isEqualTo(48);
    assertThat(rings.usedLength(1)).isEqualTo(16);
    assertThat(buffer(1, 32)).isNotEqualTo(new byte[32]);
    assertThat(buffer(3, 8)).isNotEqualTo(new byte[8]);
  }

  @Test
  void theDriverCanForbidInterrupts() {
    start(VirtioCore.VERSION_1);
    context.memory().put(DriverRings.AVAILABLE, 2, 1);
    rings.addBuffer(0, 16);
    work();

    assertThat(rings.usedIndex()).isEqualTo(1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void withEventIndexPositionsDecideWhoIsNotified() {
    context.messages(Messages.ON);
    start(VirtioCore.VERSION_1 | VirtioCore.EVENT_INDEX);
    context.memory().put(DriverRings.AVAILABLE + 4 + 16, 2, 1);
    rings.addBuffer(0, 16);
    work();
    assertThat(context.messages()).isEmpty();
    assertThat(context.memory().get64(DriverRings.USED + 4 + 64, 2)).isEqualTo(1);

    rings.addBuffer(1, 16);
    work();
    assertThat(context.messages()).containsExactly(1);
    assertThat(context.memory().get64(DriverRings.USED + 4 + 64, 2)).isEqualTo(2);
  }

  @Test
  void ringsThatMakeNoSenseStopTheDevice() {
    start(VirtioCore.VERSION_1);
    rings.add(9);
    work();
    assertThat(get(STATUS, 1)).isEqualTo(0x4f);
    assertThat(get(0x1000, 1)).isEqualTo(3);

    set(STATUS, 1, 0);
    assertThat(get(STATUS, 1)).isZero();
    assertThat(get(0x1c, 2)).isZero();
    assertThat(get(0x10, 2)).isEqualTo(0xffff);
  }

  @Test
  void aBufferOutOfReachStopsTheDevice() {
    start(VirtioCore.VERSION_1);
    rings.describe(DriverRings.DESCRIPTORS, 0, 0x900000, 16, 2, 0);
    rings.add(0);
    work();

    assertThat(get(STATUS, 1) & 0x40).isEqualTo(0x40);
    assertThat(rings.usedIndex()).isZero();
  }

  @Test
  void aLoopOfDescriptorsStopsTheDevice() {
    start(VirtioCore.VERSION_1);
    rings.describe(DriverRings.DESCRIPTORS, 0, DriverRings.BUFFERS, 16, 3, 0);
    rings.add(0);
    work();

    assertThat(get(STATUS, 1) & 0x40).isEqualTo(0x40);
  }

  @Test
  void theQueueCanBeResetAlone() {
    start(VirtioCore.VERSION_1 | VirtioCore.QUEUE_RESET);
    set(0x3a, 2, 1);
    assertThat(get(0x3a, 2)).isZero();
    assertThat(get(0x1c, 2)).isZero();
    assertThat(get(STATUS, 1)).isEqualTo(0xf);
    rings.addBuffer(0, 16);
    work();
    assertThat(rings.usedIndex()).isZero();
  }

  @Test
  void configurationSpaceReachesTheBar() {
    context.setConfig(0xcc, 1, 4);
    context.setConfig(0xd0, 4, 0x18);
    context.setConfig(0xd4, 4, 2);
    rng.configRead(0xd8, 4);
    assertThat(context.config(0xd8, 2)).isEqualTo(8);

    context.setConfig(0xd8, 2, 4);
    rng.configWritten(0xd8, 2);
    assertThat(get(0x18, 2)).isEqualTo(4);
  }

  @Test
  void aWindowThatAsksForNothingSensibleLeavesItsData() {
    context.setConfig(0xcc, 1, 0xff);
    context.setConfig(0xd0, 4, -1);
    context.setConfig(0xd4, 4, -1);
    context.setConfig(0xd8, 4, -1);
    rng.configRead(0xd8, 4);
    rng.configWritten(0xd8, 4);

    assertThat(context.config(0xd8, 4)).isEqualTo(-1);
  }

  @Test
  void resetEndsWhatIsUnderWay() {
    start(VirtioCore.VERSION_1);
    rings.addBuffer(0, 16);
    set(NOTIFY, 2, 0);

    rng.reset();
    context.virtualTime().advance(1);

    assertThat(rings.usedIndex()).isZero();
    assertThat(get(STATUS, 1)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(context.virtualTime().pending()).isEmpty();
  }

  @Test
  void aSuccessorGoesOnWhereTheQueueStood() {
    start(VirtioCore.VERSION_1);
    rings.addBuffer(0, 16);
    work();
    rings.addBuffer(1, 16);
    set(NOTIFY, 2, 0);
    StateRecord state = rng.save();
    context.virtualTime().advance(1);
    assertThat(rings.usedIndex()).isEqualTo(1);

    VirtioPciModel old = rng;
    rng = create(context);
    rng.restore(state);
    old.close();
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    context.virtualTime().advance(1);

    assertThat(rings.usedIndex()).isEqualTo(2);
    assertThat(rings.usedId(1)).isEqualTo(1);
    assertThat(get(STATUS, 1)).isEqualTo(0xf);
    rings.addBuffer(2, 16);
    work();
    assertThat(rings.usedIndex()).isEqualTo(3);
  }

  @Test
  void aSaveThatLedNowhereIsResumed() {
    start(VirtioCore.VERSION_1);
    rings.addBuffer(0, 16);
    set(NOTIFY, 2, 0);
    rng.save();
    rng.resume();
    context.virtualTime().advance(1);

    assertThat(rings.usedIndex()).isEqualTo(1);
  }

  @Test
  void aStateOfAnotherKindIsRefused() {
    VirtioMmioModel other = new VirtioMmioModel(card(), new EntropyBackend(new Random(1)));

    assertThatThrownBy(() -> rng.restore(other.save())).isInstanceOf(VfioException.class);
  }

  @Test
  void aResetDuringDmaReadsBackAsZeroOnlyAfterIt() throws InterruptedException {
    try (SystemTiming real = new SystemTiming()) {
      context.timing(real);
      rng = create(context);
      start(VirtioCore.VERSION_1);
      rings.addBuffer(0, 16);
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch mayGoOn = new CountDownLatch(1);
      context
          .memory()
          .beforeAccess(
              () -> {
                begun.countDown();
                try {
                  mayGoOn.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      set(NOTIFY, 2, 0);
      begun.await();
      set(STATUS, 1, 0);
      assertThat(get(STATUS, 1)).isNotZero();

      mayGoOn.countDown();
      while (get(STATUS, 1) != 0) {
        Thread.onSpinWait();
      }

      // the request under way was finished or dropped; from here on the device leaves memory alone
      int finished = rings.usedIndex();
      rng.close();
      assertThat(rings.usedIndex()).isEqualTo(finished);
    }
  }

  @Test
  void oneThreadAddsBuffersWhileAnotherReadsTheStatusAndNoneIsLost() {
    try (SystemTiming real = new SystemTiming()) {
      context.timing(real);
      rng = create(context);
      start(VirtioCore.VERSION_1);
      CompletableFuture<Void> reader =
          CompletableFuture.runAsync(
              () -> {
                while (rings.usedIndex() < 400) {
                  get(0x1000, 1);
                }
              });
      for (int i = 0; i < 400; i++) {
        rings.addBuffer(i % 4, 8);
        set(NOTIFY, 2, 0);
        while (rings.usedIndex() <= i - 3) {
          Thread.yield();
        }
      }
      reader.join();
      rng.close();
      assertThat(rings.usedIndex()).isEqualTo(400);
    }
  }
}
