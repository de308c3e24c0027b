package busbar.load;

/** Writes registers and configuration space and reads them back. */
final class RegisterWork implements Work {
  private static final long EDU_IDENTIFICATION = 0x00;
  private static final int EDU_IDENTIFICATION_VALUE = 0x0100_00ed;
  private static final long EDU_LIVENESS = 0x04;
  private static final long EDU_VENDOR_AND_DEVICE = 0x11e8_1234;
  private static final long INTERRUPT_LINE = 0x3c;
  private static final long MTTY_SCRATCH = 7;

  private final Card edu;
  private final Card mtty;
  private final Tally tally;
  private int value;

  RegisterWork(Card edu, Card mtty, Tally tally) {
    this.edu = edu;
    this.mtty = mtty;
    this.tally = tally;
  }

  @Override
  public String name() {
    return "registers";
  }

  @Override
  public void round() {
    value = value * 1_664_525 + 1_013_904_223;
    edu.registers.write32(EDU_LIVENESS, value);
    check("liveness", edu.registers.read32(EDU_LIVENESS), ~value);
    check("identification", edu.registers.read32(EDU_IDENTIFICATION), EDU_IDENTIFICATION_VALUE);
    edu.config.write8(INTERRUPT_LINE, value >>> 24);
    check("interrupt line", edu.config.read8(INTERRUPT_LINE), value >>> 24);
    check("vendor and device", edu.config.read32(0), EDU_VENDOR_AND_DEVICE);
    mtty.registers.write8(MTTY_SCRATCH, value >>> 16 & 0xff);
    check("scratch", mtty.registers.read8(MTTY_SCRATCH), value >>> 16 & 0xff);
    tally.operations.add(9);
  }

  private void check(String what, long read, long expected) {
    if (read != expected) {
      tally.wrong(
          "the %s is 0x%x, and 0x%x was written or stands there".formatted(what, read, expected),
          Integer.BYTES);
    }
  }
}
