package busbar.load;

/** Writes registers and configuration space of an edu device and reads them back. */
final class EduRegisters implements Work {
  private static final long IDENTIFICATION = 0x00;
  private static final int IDENTIFICATION_VALUE = 0x0100_00ed;
  private static final long LIVENESS = 0x04;
  private static final long VENDOR_AND_DEVICE = 0x11e8_1234;
  private static final long INTERRUPT_LINE = 0x3c;

  private final Card edu;
  private final Tally tally;
  private int value;

  EduRegisters(Card edu, Tally tally) {
    this.edu = edu;
    this.tally = tally;
  }

  @Override
  public String name() {
    return "edu's registers";
  }

  @Override
  public void round() {
    value = value * 1_664_525 + 1_013_904_223;
    edu.registers.write32(LIVENESS, value);
    tally.expect("liveness", edu.registers.read32(LIVENESS), ~value);
    tally.expect("identification", edu.registers.read32(IDENTIFICATION), IDENTIFICATION_VALUE);
    edu.config.write8(INTERRUPT_LINE, value >>> 24);
    tally.expect("interrupt line", edu.config.read8(INTERRUPT_LINE), value >>> 24);
    tally.expect("vendor and device", edu.config.read32(0), VENDOR_AND_DEVICE);
    tally.operations.add(6);
  }
}
