package busbar.load;

/** Writes the scratch register of a serial card and reads it back. */
final class MttyRegisters implements Work {
  private static final long SCRATCH = 7;

  private final Card mtty;
  private final Tally tally;
  private int value;

  MttyRegisters(Card mtty, Tally tally) {
    this.mtty = mtty;
    this.tally = tally;
  }

  @Override
  public String name() {
    return "mtty's registers";
  }

  @Override
  public void round() {
    value = value + 37 & 0xff;
    mtty.registers.write8(SCRATCH, value);
    tally.expect("scratch", mtty.registers.read8(SCRATCH), value);
    tally.operations.add(2);
  }
}
