package busbar.model.e1000e;

import busbar.model.e1000e.InterruptUnit.Mode;

/** What reads and writes of each register do beyond storing a value. The register lock is held. */
final class RegisterRules {
  /** What a write sets off outside the registers. */
  interface Effects {
    void resetCard();

    void transmit();

    void negotiate();
  }

  private static final int MDIO_WRITE = 1 << 26;
  private static final int MDIO_READ = 1 << 27;
  private static final int MDIO_READY = 1 << 28;
  private static final int MDIO_INTERRUPT = 1 << 29;
  private static final int MDIO_ERROR = 1 << 30;

  private final MacRegisters mac;
  private final Phy phy;
  private final Eeprom eeprom;
  private final InterruptUnit interrupts;
  private final Effects effects;

  RegisterRules(
      MacRegisters mac, Phy phy, Eeprom eeprom, InterruptUnit interrupts, Effects effects) {
    this.mac = mac;
    this.phy = phy;
    this.eeprom = eeprom;
    this.interrupts = interrupts;
    this.effects = effects;
  }

  int read(int offset, Mode mode) {
    if (!MacRegisters.readable(offset)) {
      return 0;
    }
    int value = mac.get(offset);
    return switch (offset) {
      case Reg.STATUS -> status();
      case Reg.CTRL_DUP -> mac.get(Reg.CTRL);
      case Reg.ICR -> interrupts.readCauses(mode);
      case Reg.ITR -> guestInterval(value);
      case Reg.TARC0, Reg.TARC1 -> value & 0x7800_07ff;
      case Reg.SWSM -> {
        mac.set(offset, value | 1); // the semaphore is taken by reading it
        yield value;
      }
      case Reg.TORL, Reg.TOTL, Reg.GORCL, Reg.GOTCL -> value; // cleared with the upper half
      case Reg.TORH, Reg.TOTH, Reg.GORCH, Reg.GOTCH -> {
        mac.set(offset, 0);
        mac.set(offset - 4, 0);
        yield value;
      }
      default -> {
        if (MacRegisters.clearedByRead(offset)) {
          mac.set(offset, 0);
        }
        yield isVectorInterval(offset) ? guestInterval(value) : value;
      }
    };
  }

  private static boolean isVectorInterval(int offset) {
    return offset >= Reg.EITR && offset < Reg.EITR + 4 * InterruptUnit.VECTORS;
  }

  /**
   * The interval as software wrote it: the upper half of the word; the lower is the one in force.
   */
  private static int guestInterval(int value) {
    return value >>> 16;
  }

  private static int interval(int value) {
    int written = value & 0xffff;
    return written << 16 | Math.max(written, MacRegisters.MINIMUM_THROTTLE);
  }

  private int status() {
    int control = mac.get(Reg.CTRL);
    int status = mac.get(Reg.STATUS);
    if ((control & Reg.CTRL_MASTER_DISABLE) == 0) {
      status |= Reg.STATUS_MASTER_ENABLE;
    }
    boolean duplexForced = (control & Reg.CTRL_FORCE_DUPLEX) != 0;
    if (!duplexForced || (control & Reg.CTRL_FULL_DUPLEX) != 0) {
      status |= 1;
    }
    boolean speedForced =
        (control & Reg.CTRL_FORCE_SPEED) != 0
            || (mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_SPEED_BYPASS) != 0;
    int speed = speedForced ? (control & Reg.CTRL_SPEED) >>> 8 : 2;
    return status | Math.min(speed, 2) << 6;
  }

  void write(int offset, int value, Mode mode) {
    if (!MacRegisters.writable(offset)) {
      return;
    }
    switch (offset) {
      case Reg.ICR -> interrupts.clearCauses(value, mode);
      case Reg.ICS -> interrupts.raise(value, mode);
      case Reg.IMS -> interrupts.unmask(value, mode);
      case Reg.IMC -> interrupts.mask(value, mode);
      case Reg.CTRL, Reg.CTRL_DUP -> writeControl(value);
      case Reg.MDIC -> writeMdio(value, mode);
      case Reg.RDTR, Reg.TIDV -> {
        mac.set(offset, value & 0xffff);
        if ((value & Reg.FLUSH_DELAYED) != 0) {
          interrupts.flush(offset, mode);
        }
      }
      case Reg.TCTL, Reg.TDT, Reg.TDT + Reg.QUEUE_STRIDE -> {
        mac.set(offset, offset == Reg.TCTL ? value : value & 0xffff);
        effects.transmit();
      }
      default -> mac.set(offset, stored(offset, value));
    }
    if (offset == Reg.RXDCTL) {
      mac.set(Reg.RXDCTL1, value);
    }
  }

  /** What stays of a value that is written. */
  private int stored(int offset, int value) {
    if (isVectorInterval(offset)) {
      return interval(value);
    }
    return switch (offset) {
      case Reg.ITR -> interval(value);
      case Reg.STATUS -> mac.get(offset) & (value | ~Reg.STATUS_PHY_RESET_ASSERTED);
      case Reg.CTRL_EXT -> value & ~Reg.CTRL_EXT_CLEARING;
      case Reg.EECD -> mac.get(offset) & 0x7b00 | value & ~0x7b00;
      case Reg.EERD -> eeprom.read(value);
      case Reg.EEWR -> eeprom.write(value);
      case Reg.FCAH,
          Reg.FCT,
          Reg.FCTTV,
          Reg.VET,
          Reg.FLASHT,
          Reg.RADV,
          Reg.TADV,
          Reg.RAID,
          0x5f40 ->
          value & 0xffff;
      case Reg.RDH, 0x2910, Reg.RDT, 0x2918, Reg.TDH, 0x3910 -> value & 0xffff;
      case Reg.RSRPD -> value & 0xfff;
      case Reg.FCRTH -> value & 0xfff8;
      case Reg.FCRTL -> value & 0x8000_fff8;
      case Reg.PBACLR -> value & 0x1f;
      case Reg.RDLEN, 0x2908, Reg.TDLEN, 0x3908 -> value & 0xf_ff80;
      case Reg.RDBAL, 0x2900, Reg.TDBAL, 0x3900 -> value & ~0xf;
      default -> value;
    };
  }

  private void writeControl(int value) {
    if ((value & Reg.CTRL_RESET) != 0) {
      effects.resetCard();
      return;
    }
    mac.set(Reg.CTRL, value);
    if ((value & Reg.CTRL_PHY_RESET) != 0) {
      mac.setBits(Reg.STATUS, Reg.STATUS_PHY_RESET_ASSERTED);
    }
  }

  private void writeMdio(int value, Mode mode) {
    int register = value >>> 16 & 0x1f;
    int result = value;
    if ((value >>> 21 & 0x1f) != 1) {
      result = mac.get(Reg.MDIC) | MDIO_ERROR;
    } else if ((value & MDIO_READ) != 0) {
      int data = phy.read(register);
      result = data < 0 ? value | MDIO_ERROR : value & ~0xffff | data;
    } else if ((value & MDIO_WRITE) != 0) {
      switch (phy.write(register, value & 0xffff)) {
        case NO_SUCH_REGISTER -> result = value | MDIO_ERROR;
        case RESTARTED_NEGOTIATION -> effects.negotiate();
        case STORED -> {}
      }
    }
    mac.set(Reg.MDIC, result | MDIO_READY);
    if ((value & MDIO_INTERRUPT) != 0) {
      interrupts.raise(Cause.MDIO_DONE, mode);
    }
  }
}
