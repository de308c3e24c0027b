package busbar.model.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.time.SystemTiming;
import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import busbar.machine.testkit.FakeModelContext.Messages;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class NvmeModelTest {
  private static final long ADMIN_SQ = 0x10000;
  private static final long ADMIN_CQ = 0x11000;
  private static final long IO_SQ = 0x12000;
  private static final long IO_CQ = 0x13000;
  private static final long DATA = 0x20000;
  private static final long LIST = 0x40000;

  private final FakeModelContext context = controller();
  private final NvmeModel nvme = create(context);
  private NvmeModel used = nvme;
  private int adminTail;
  private int ioTail;

  private static FakeModelContext controller() {
    FakeModelContext context = new FakeModelContext("nvme").property("serial", "BB0001");
    context.setConfig(0, 2, 0x1b36);
    context.setConfig(0x34, 1, 0x40);
    context.setConfig(0x40, 4, 0x00020011);
    context.memory().map(ADMIN_SQ, 0x4000).map(DATA, 0x10000).map(LIST, 0x2000);
    return context;
  }

  private static NvmeModel create(FakeModelContext context) {
    return new NvmeModel(context, new Namespace(1 << 20));
  }

  private long get(int offset, int width) {
    return used.read(0, offset, width);
  }

  private void set(int offset, int width, long value) {
    used.write(0, offset, width, value);
  }

  private void enable() {
    set(0x24, 4, 7 << 16 | 7);
    set(0x28, 8, ADMIN_SQ);
    set(0x30, 8, ADMIN_CQ);
    set(0x14, 4, 0x460001);
  }

  private void putCommand(long at, int id, int opcode, int nsid, long prp1, long prp2, int... d) {
    byte[] entry = new byte[64];
    Le.put(entry, 0, 4, opcode | (long) id << 16);
    Le.put(entry, 4, 4, nsid);
    Le.put(entry, 24, 8, prp1);
    Le.put(entry, 32, 8, prp2);
    for (int i = 0; i < d.length; i++) {
      Le.put(entry, 40 + 4 * i, 4, d[i]);
    }
    context.memory().put(at, entry);
  }

  /** Carries out an admin command; its status, or -1 if it was not completed. */
  private int admin(int opcode, int nsid, long prp1, int... d) {
    int slot = adminTail;
    putCommand(ADMIN_SQ + 64L * slot, 0x100 + slot, opcode, nsid, prp1, 0, d);
    context.memory().put(ADMIN_CQ + 16L * slot, 8, 0);
    adminTail = (adminTail + 1) % 8;
    set(0x1000, 4, adminTail);
    context.virtualTime().advance(1);
    if (context.memory().get64(ADMIN_CQ + 16L * slot + 12, 2) != 0x100 + slot) {
      return -1;
    }
    set(0x1004, 4, adminTail);
    return (int) context.memory().get64(ADMIN_CQ + 16L * slot + 14, 2) >>> 1 & 0x3fff;
  }

  private void createIoQueues() {
    assertThat(admin(5, 0, IO_CQ, 7 << 16 | 1, 1 << 16 | 3)).isZero();
    assertThat(admin(1, 0, IO_SQ, 7 << 16 | 1, 1 << 16 | 1)).isZero();
  }

  private int io(int opcode, long prp1, long prp2, long block, int blocks) {
    int slot = ioTail;
    queueIo(opcode, prp1, prp2, block, blocks);
    context.virtualTime().advance(1);
    set(0x100c, 4, ioTail);
    return (int) context.memory().get64(IO_CQ + 16L * slot + 14, 2) >>> 1 & 0x3fff;
  }

  private void queueIo(int opcode, long prp1, long prp2, long block, int blocks) {
    putCommand(IO_SQ + 64L * ioTail, ioTail, opcode, 1, prp1, prp2, (int) block, 0, blocks - 1);
    ioTail = (ioTail + 1) % 8;
    set(0x1008, 4, ioTail);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void theRegistersShowWhatTheControllerCan() {
    assertThat(get(0, 8)).isEqualTo(0x004018200f0107ffL);
    assertThat(get(4, 4)).isEqualTo(0x00401820L);
    assertThat(get(8, 4)).isEqualTo(0x00010400L);
    assertThat(get(9, 1)).isEqualTo(4);
    assertThat(get(0x1c, 4)).isZero();
    assertThat(get(0x1000, 4)).isZero();
    assertThat(get(0xffc, 8)).isZero();
  }

  @Test
  void anEnabledControllerIsReadyAndADisabledOneIsNot() {
    enable();
    assertThat(get(0x1c, 4)).isEqualTo(1);

    set(0x14, 4, 0x460000);
    assertThat(get(0x1c, 4)).isZero();
  }

  @Test
  void aControllerWithoutAdminQueuesDoesNotStart() {
    set(0x14, 4, 0x460001);

    assertThat(get(0x1c, 4)).isEqualTo(2);
  }

  @Test
  void shutdownIsCompleteAtOnce() {
    enable();
    set(0x14, 4, 0x464001);

    assertThat(get(0x1c, 4)).isEqualTo(9);
  }

  @Test
  void identifyTellsControllerAndNamespace() {
    enable();

    assertThat(admin(6, 0, DATA, 1)).isZero();
    assertThat(new String(context.memory().get(DATA + 4, 20), StandardCharsets.US_ASCII))
        .startsWith("BB0001 ");
    assertThat(context.memory().get64(DATA, 2)).isEqualTo(0x1b36);
    assertThat(context.memory().get64(DATA + 516, 4)).isEqualTo(1);

    assertThat(admin(6, 1, DATA, 0)).isZero();
    assertThat(context.memory().get64(DATA, 8)).isEqualTo(2048);
    assertThat(context.memory().get64(DATA + 128, 4)).isEqualTo(9 << 16);

    assertThat(admin(6, 0, DATA, 2)).isZero();
    assertThat(context.memory().get64(DATA, 8)).isEqualTo(1);

    assertThat(admin(6, 2, DATA, 0)).isEqualTo(Result.INVALID_NAMESPACE);
    assertThat(admin(6, 0, DATA, 0x77)).isEqualTo(Result.INVALID_FIELD);
  }

  @Test
  void whatIsWrittenIsReadBack() {
    enable();
    createIoQueues();
    context.memory().put(DATA + 0x200, filled(0xe00 + 0x200, 0x5a));
    context.memory().put(DATA + 0x3000, filled(0x200, 0xa5));

    assertThat(io(1, DATA + 0x200, DATA + 0x3000, 100, 8)).isZero();
    assertThat(io(2, DATA + 0x4000, 0, 100, 8)).isZero();

    assertThat(context.memory().get(DATA + 0x4000, 0xe00)).isEqualTo(filled(0xe00, 0x5a));
    assertThat(context.memory().get(DATA + 0x4e00, 0x200)).isEqualTo(filled(0x200, 0xa5));
    assertThat(io(5, DATA + 0x4000, 0, 100, 8)).isZero();
    assertThat(io(5, DATA + 0x4000, 0, 101, 8)).isEqualTo(Result.COMPARE_FAILURE);
    assertThat(io(8, 0, 0, 100, 8)).isZero();
    assertThat(io(2, DATA + 0x4000, 0, 100, 8)).isZero();
    assertThat(context.memory().get(DATA + 0x4000, 0x1000)).isEqualTo(filled(0x1000, 0));
  }

  @Test
  void aLongTransferFollowsItsListAcrossPages() {
    enable();
    createIoQueues();
    for (int page = 0; page < 16; page++) {
      context.memory().put(DATA + 0x1000L * page, filled(0x1000, page + 1));
    }
    for (int i = 0; i < 2; i++) {
      context.memory().put(LIST + 0xff0 + 8 * i, 8, i == 0 ? DATA + 0x1000 : LIST + 0x1000);
    }
    for (int i = 0; i < 14; i++) {
      context.memory().put(LIST + 0x1000 + 8 * i, 8, DATA + 0x1000L * (i + 2));
    }

    assertThat(io(1, DATA, LIST + 0xff0, 0, 128)).isZero();
    context.memory().put(DATA, filled(0x10000, 0));
    assertThat(io(2, DATA, LIST + 0xff0, 0, 128)).isZero();

    for (int page = 0; page < 16; page++) {
      assertThat(context.memory().get(DATA + 0x1000L * page, 0x1000))
          .isEqualTo(filled(0x1000, page + 1));
    }
  }

  @Test
  void wrongCommandsEndWithTheStatusOfTheSpecification() {
    enable();
    createIoQueues();

    assertThat(io(2, DATA, 0, 2048, 1)).isEqualTo(Result.LBA_OUT_OF_RANGE);
    assertThat(io(2, 0x900000, 0, 0, 1)).isEqualTo(Result.DATA_TRANSFER_ERROR);
    assertThat(io(2, DATA, DATA + 0x10, 0, 16)).isEqualTo(Result.INVALID_PRP_OFFSET);
    assertThat(io(0x55, 0, 0, 0, 1)).isEqualTo(Result.INVALID_OPCODE);
    assertThat(admin(0x99, 0, 0)).isEqualTo(Result.INVALID_OPCODE);
    assertThat(admin(5, 0, IO_CQ, 7 << 16 | 1, 3)).isEqualTo(Result.INVALID_QUEUE);
    assertThat(admin(5, 0, IO_CQ, 7 << 16 | 3, 3)).isEqualTo(Result.INVALID_QUEUE);
    assertThat(admin(5, 0, IO_CQ, 7 << 16 | 2, 9 << 16 | 3)).isEqualTo(Result.INVALID_VECTOR);
    assertThat(admin(5, 0, IO_CQ, 7 << 16 | 2, 2)).isEqualTo(Result.INVALID_FIELD);
    assertThat(admin(1, 0, IO_SQ, 7 << 16 | 2, 2 << 16 | 1))
        .isEqualTo(Result.INVALID_COMPLETION_QUEUE);
    assertThat(admin(4, 0, 0, 1)).isEqualTo(Result.INVALID_QUEUE_DELETION);
    assertThat(admin(0, 0, 0, 1)).isZero();
    assertThat(admin(4, 0, 0, 1)).isZero();
    assertThat(admin(4, 0, 0, 1)).isEqualTo(Result.INVALID_QUEUE);
  }

  @Test
  void featuresAreSetAndRead() {
    enable();
    assertThat(admin(9, 0, 0, 7, 0x00ff00ff)).isZero();
    assertThat(context.memory().get64(ADMIN_CQ, 4)).isEqualTo(0x00010001L);
    assertThat(admin(9, 0, 0, 4, 0x150)).isZero();
    assertThat(admin(10, 0, 0, 4)).isZero();
    assertThat(context.memory().get64(ADMIN_CQ + 32, 4)).isEqualTo(0x150);
    assertThat(admin(10, 0, 0, 0x104)).isZero();
    assertThat(context.memory().get64(ADMIN_CQ + 48, 4)).isEqualTo(0x157);
    assertThat(admin(10, 0, 0, 0x7f)).isEqualTo(Result.INVALID_FIELD);
    assertThat(admin(9, 0, 0, 0x80000004)).isEqualTo(Result.FEATURE_NOT_SAVEABLE);
  }

  @Test
  void eventRequestsWaitAndTheFifthIsOneTooMany() {
    enable();
    for (int i = 0; i < 4; i++) {
      putCommand(ADMIN_SQ + 64L * i, i, 0x0c, 0, 0, 0);
    }
    putCommand(ADMIN_SQ + 64L * 4, 4, 0x0c, 0, 0, 0);
    set(0x1000, 4, 5);
    context.virtualTime().advance(1);

    assertThat(context.memory().get64(ADMIN_CQ + 12, 2)).isEqualTo(4);
    assertThat(context.memory().get64(ADMIN_CQ + 14, 2) >>> 1 & 0x3fff)
        .isEqualTo(Result.TOO_MANY_EVENT_REQUESTS);
  }

  @Test
  void theLineIsHighUntilTheHostHasTakenTheCompletion() {
    enable();
    putCommand(ADMIN_SQ, 1, 8, 0, 0, 0);
    set(0x1000, 4, 1);
    context.virtualTime().advance(1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);

    set(0x0c, 4, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
    assertThat(get(0x10, 4)).isEqualTo(1);
    set(0x10, 4, 1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
    set(0x1004, 4, 1);
    assertThat(context.line(0)).isEqualTo(Level.LOW);
  }

  @Test
  void withMessagesEachQueueSendsItsOwnVector() {
    context.messages(Messages.ON);
    enable();
    createIoQueues();
    io(2, DATA, 0, 0, 1);

    assertThat(context.messages()).containsExactly(0, 0, 1);
    assertThat(context.lineChanges()).isEmpty();
  }

  @Test
  void aFullCompletionQueueHoldsCommandsBackUntilTheHostTakesSome() {
    enable();
    for (int i = 0; i < 7; i++) {
      putCommand(ADMIN_SQ + 64L * i, i, 8, 0, 0, 0);
    }
    set(0x1000, 4, 7);
    context.virtualTime().advance(1);
    for (int i = 0; i < 2; i++) {
      putCommand(ADMIN_SQ + 64L * (7 + i & 7), 7 + i, 8, 0, 0, 0);
    }
    set(0x1000, 4, 1);
    context.virtualTime().advance(1);
    assertThat(context.memory().get64(ADMIN_CQ + 16 * 7, 8)).isZero();

    set(0x1004, 4, 2);
    context.virtualTime().advance(1);

    assertThat(context.memory().get64(ADMIN_CQ + 16 * 7 + 12, 4)).isEqualTo(0x10007);
    assertThat(context.memory().get64(ADMIN_CQ + 12, 4)).isEqualTo(8);
  }

  @Test
  void aQueueThatCannotBeReadIsFatal() {
    enable();
    context.memory().unmap(ADMIN_SQ, 0x1000);
    set(0x1000, 4, 1);
    context.virtualTime().advance(1);

    assertThat(get(0x1c, 4)).isEqualTo(3);
  }

  @Test
  void aVirtualFunctionIsOffline() {
    FakeModelContext function = controller();
    function.setConfig(0, 2, 0xffff);
    used = create(function);

    assertThat(get(8, 4)).isZero();
    assertThat(get(0x1c, 4)).isEqualTo(2);
    enable();
    assertThat(get(0x14, 4)).isZero();
    used.reset();
    assertThat(get(0x1c, 4)).isEqualTo(2);
  }

  @Test
  void resetForgetsQueuesAndKeepsTheNamespace() {
    enable();
    createIoQueues();
    context.memory().put(DATA, filled(0x200, 0x33));
    io(1, DATA, 0, 5, 1);
    queueIo(2, DATA, 0, 5, 1);

    nvme.reset();
    assertThat(context.virtualTime().pending()).isEmpty();
    assertThat(get(0x14, 4)).isZero();
    assertThat(get(0x28, 8)).isZero();
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    adminTail = 0;
    ioTail = 0;
    enable();
    createIoQueues();
    context.memory().put(DATA, filled(0x200, 0));
    assertThat(io(2, DATA, 0, 5, 1)).isZero();
    assertThat(context.memory().get(DATA, 0x200)).isEqualTo(filled(0x200, 0x33));
  }

  @Test
  void aSuccessorCarriesOutWhatWasQueuedAndHasTheSameContents() {
    enable();
    createIoQueues();
    context.memory().put(DATA, filled(0x200, 0x33));
    io(1, DATA, 0, 5, 1);
    admin(0x0c, 0, 0);
    queueIo(2, DATA + 0x1000, 0, 5, 1);
    StateRecord state = nvme.save();
    context.virtualTime().advance(1000);
    assertThat(context.memory().get(DATA + 0x1000, 0x200)).isEqualTo(filled(0x200, 0));

    used = create(context);
    used.restore(state);
    nvme.close();
    context.virtualTime().advance(1);

    assertThat(context.memory().get(DATA + 0x1000, 0x200)).isEqualTo(filled(0x200, 0x33));
    assertThat(context.memory().get64(IO_CQ + 16 + 12, 4)).isEqualTo(0x10001);
    assertThat(get(0x1c, 4)).isEqualTo(1);
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  @Test
  void aSaveThatLedNowhereIsResumed() {
    enable();
    putCommand(ADMIN_SQ, 1, 8, 0, 0, 0);
    set(0x1000, 4, 1);
    nvme.save();
    context.virtualTime().advance(1);
    assertThat(context.memory().get64(ADMIN_CQ + 12, 4)).isZero();

    nvme.resume();
    context.virtualTime().advance(1);

    assertThat(context.memory().get64(ADMIN_CQ + 12, 4)).isEqualTo(0x10001);
  }

  @Test
  void aStateOfAnotherNamespaceIsRefused() {
    NvmeModel larger = new NvmeModel(context, new Namespace(2 << 20));

    assertThatThrownBy(() -> larger.restore(nvme.save())).isInstanceOf(VfioException.class);
    Map<String, Object> values = new HashMap<>(nvme.save().values());
    values.remove("queues");
    assertThatThrownBy(() -> nvme.restore(new StateRecord("nvme", 1, values)))
        .isInstanceOf(VfioException.class);
  }

  @Test
  void aControllerThatIsDisabledDuringDmaIsReadyNoMoreOnlyAfterThat() throws Exception {
    try (SystemTiming real = new SystemTiming()) {
      FakeModelContext own = controller().timing(real);
      used = create(own);
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
      enable();
      set(0x1000, 4, 1);
      begun.await();
      set(0x14, 4, 0x460000);
      assertThat(get(0x1c, 4)).isEqualTo(1);

      mayGoOn.countDown();
      used.close();

      assertThat(get(0x1c, 4)).isZero();
      assertThat(own.memory().get64(ADMIN_CQ + 8, 8)).isZero();
    }
  }

  @Test
  void twoThreadsRingDoorbellsOfTheirOwnQueuesAndEveryCommandIsCompletedOnce() {
    try (SystemTiming real = new SystemTiming()) {
      enable();
      createIoQueues();
      assertThat(admin(5, 0, IO_CQ + 0x800, 7 << 16 | 2, 3)).isEqualTo(Result.INVALID_PRP_OFFSET);
      context.memory().map(0x50000, 0x2000);
      assertThat(admin(5, 0, 0x50000, 7 << 16 | 2, 3)).isZero();
      assertThat(admin(1, 0, 0x51000, 7 << 16 | 2, 2 << 16 | 1)).isZero();
      StateRecord state = nvme.save();
      used = new NvmeModel(context.timing(real), new Namespace(1 << 20));
      used.restore(state);

      CompletableFuture.allOf(
              CompletableFuture.runAsync(() -> flushMany(1, IO_SQ, IO_CQ)),
              CompletableFuture.runAsync(() -> flushMany(2, 0x51000, 0x50000)))
          .join();
      used.close();
    }
  }

  private void flushMany(int queue, long submission, long completion) {
    for (int i = 0; i < 200; i++) {
      int slot = i % 8;
      putCommand(submission + 64L * slot, i, 0, 1, 0, 0);
      set(0x1000 + 8 * queue, 4, (slot + 1) % 8);
      int phase = i / 8 % 2 == 0 ? 1 : 0;
      long expected = i | (long) phase << 16;
      while (context.memory().get64(completion + 16L * slot + 12, 4) != expected) {
        Thread.yield();
      }
      set(0x1004 + 8 * queue, 4, (slot + 1) % 8);
    }
  }
}
