package busbar.load;

/** Sends bytes over a serial card whose line leads back to it: each raises an interrupt. */
final class MttyInterrupts implements Work {
  private static final long DATA = 0;
  private static final long INTERRUPT_ENABLE = 1;
  private static final long FIFO_CONTROL = 2;
  private static final int RECEIVED = 1;
  private static final int ENABLE_AND_CLEAR = 7;

  private final Card mtty;
  private final Tally tally;
  private int value;

  MttyInterrupts(Card mtty, Tally tally) {
    this.mtty = mtty;
    this.tally = tally;
    mtty.registers.write8(FIFO_CONTROL, ENABLE_AND_CLEAR);
    mtty.registers.write8(INTERRUPT_ENABLE, RECEIVED);
  }

  @Override
  public String name() {
    return "mtty's interrupts";
  }

  @Override
  public void round() {
    int sent = ++value & 0xff;
    tally.interrupted("mtty's data", mtty.raise(() -> mtty.registers.write8(DATA, sent)));
    tally.expect("byte from mtty", mtty.registers.read8(DATA), sent);
    tally.operations.add(2);
  }
}
