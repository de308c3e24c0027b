package busbar.load;

/** Has the devices raise interrupts and counts what comes. */
final class InterruptWork implements Work {
  private static final long EDU_RAISE = 0x60;
  private static final long EDU_ACKNOWLEDGE = 0x64;
  private static final int EDU_BIT = 1;
  private static final long MTTY_DATA = 0;
  private static final long MTTY_INTERRUPT_ENABLE = 1;
  private static final long MTTY_FIFO_CONTROL = 2;
  private static final int MTTY_RECEIVED = 1;
  private static final int MTTY_ENABLE_AND_CLEAR = 7;

  private final Card edu;
  private final Card mtty;
  private final Tally tally;
  private int value;

  InterruptWork(Card edu, Card mtty, Tally tally) {
    this.edu = edu;
    this.mtty = mtty;
    this.tally = tally;
    mtty.registers.write8(MTTY_FIFO_CONTROL, MTTY_ENABLE_AND_CLEAR);
    mtty.registers.write8(MTTY_INTERRUPT_ENABLE, MTTY_RECEIVED);
  }

  @Override
  public String name() {
    return "interrupts";
  }

  @Override
  public void round() {
    edu.vector.lock();
    try {
      tally.interrupted(
          "edu's register", edu.raise(() -> edu.registers.write32(EDU_RAISE, EDU_BIT)));
      edu.registers.write32(EDU_ACKNOWLEDGE, EDU_BIT);
    } finally {
      edu.vector.unlock();
    }
    int sent = ++value & 0xff;
    tally.interrupted("mtty's data", mtty.raise(() -> mtty.registers.write8(MTTY_DATA, sent)));
    int came = mtty.registers.read8(MTTY_DATA);
    if (came != sent) {
      tally.wrong("mtty was sent 0x%x and gave 0x%x back".formatted(sent, came), 1);
    }
    tally.operations.add(4);
  }
}
