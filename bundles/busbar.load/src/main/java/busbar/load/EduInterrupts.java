package busbar.load;

/** Has an edu device raise its interrupt. */
final class EduInterrupts implements Work {
  private static final long RAISE = 0x60;
  private static final long ACKNOWLEDGE = 0x64;
  private static final int BIT = 1;

  private final Card edu;
  private final Tally tally;

  EduInterrupts(Card edu, Tally tally) {
    this.edu = edu;
    this.tally = tally;
  }

  @Override
  public String name() {
    return "edu's interrupts";
  }

  @Override
  public void round() {
    edu.vector.lock();
    try {
      tally.interrupted("edu's register", edu.raise(() -> edu.registers.write32(RAISE, BIT)));
      edu.registers.write32(ACKNOWLEDGE, BIT);
      tally.operations.add(2);
    } finally {
      edu.vector.unlock();
    }
  }
}
