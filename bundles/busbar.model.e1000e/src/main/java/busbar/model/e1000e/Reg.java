package busbar.model.e1000e;

/**
 * Offsets of the MAC's registers and the bits that the model acts on (82574 datasheet, section 10).
 */
final class Reg {
  static final int CTRL = 0x0;
  static final int CTRL_DUP = 0x4;
  static final int STATUS = 0x8;
  static final int EECD = 0x10;
  static final int EERD = 0x14;
  static final int CTRL_EXT = 0x18;
  static final int MDIC = 0x20;
  static final int FCAH = 0x2c;
  static final int FCT = 0x30;
  static final int VET = 0x38;
  static final int ICR = 0xc0;
  static final int ITR = 0xc4;
  static final int ICS = 0xc8;
  static final int IMS = 0xd0;
  static final int IMC = 0xd8;
  static final int EIAC = 0xdc;
  static final int IAM = 0xe0;
  static final int IVAR = 0xe4;
  static final int EITR = 0xe8;
  static final int RCTL = 0x100;
  static final int FCTTV = 0x170;
  static final int TCTL = 0x400;
  static final int EEWR = 0x102c;
  static final int FLASHT = 0x1028;
  static final int FCRTL = 0x2160;
  static final int FCRTH = 0x2168;
  static final int PSRCTL = 0x2170;
  static final int RDBAL = 0x2800;
  static final int RDBAH = 0x2804;
  static final int RDLEN = 0x2808;
  static final int RDH = 0x2810;
  static final int RDT = 0x2818;
  static final int RDTR = 0x2820;
  static final int RXDCTL = 0x2828;
  static final int RADV = 0x282c;
  static final int RXDCTL1 = 0x2928;
  static final int RSRPD = 0x2c00;
  static final int RAID = 0x2c08;
  static final int TDBAL = 0x3800;
  static final int TDBAH = 0x3804;
  static final int TDLEN = 0x3808;
  static final int TDH = 0x3810;
  static final int TDT = 0x3818;
  static final int TIDV = 0x3820;
  static final int TADV = 0x382c;
  static final int TARC0 = 0x3840;
  static final int TARC1 = 0x3940;
  static final int PRC64 = 0x405c;
  static final int GPRC = 0x4074;
  static final int BPRC = 0x4078;
  static final int MPRC = 0x407c;
  static final int GPTC = 0x4080;
  static final int GORCL = 0x4088;
  static final int GORCH = 0x408c;
  static final int GOTCL = 0x4090;
  static final int GOTCH = 0x4094;
  static final int RNBC = 0x40a0;
  static final int TORL = 0x40c0;
  static final int TORH = 0x40c4;
  static final int TOTL = 0x40c8;
  static final int TOTH = 0x40cc;
  static final int TPR = 0x40d0;
  static final int TPT = 0x40d4;
  static final int PTC64 = 0x40d8;
  static final int MPTC = 0x40f0;
  static final int BPTC = 0x40f4;
  static final int IAC = 0x4100;
  static final int RFCTL = 0x5008;
  static final int MTA = 0x5200;
  static final int RAL0 = 0x5400;
  static final int RAH0 = 0x5404;
  static final int PBACLR = 0x5b68;
  static final int SWSM = 0x5b50;

  /** The second queue's registers stand this far behind the first's. */
  static final int QUEUE_STRIDE = 0x100;

  static final int CTRL_FULL_DUPLEX = 1;
  static final int CTRL_MASTER_DISABLE = 1 << 2;
  static final int CTRL_SPEED = 3 << 8;
  static final int CTRL_FORCE_SPEED = 1 << 11;
  static final int CTRL_FORCE_DUPLEX = 1 << 12;
  static final int CTRL_RESET = 1 << 26;
  static final int CTRL_PHY_RESET = 1 << 31;

  static final int STATUS_LINK_UP = 1 << 1;
  static final int STATUS_PHY_RESET_ASSERTED = 1 << 10;
  static final int STATUS_MASTER_ENABLE = 1 << 19;

  static final int CTRL_EXT_CLEARING = 1 << 12 | 1 << 13;
  static final int CTRL_EXT_SPEED_BYPASS = 1 << 15;
  static final int CTRL_EXT_EIAME = 1 << 24;
  static final int CTRL_EXT_IAME = 1 << 27;
  static final int CTRL_EXT_TIMERS_CLEAR = 1 << 29;

  static final int RCTL_ENABLE = 1 << 1;
  static final int RCTL_UNICAST_PROMISCUOUS = 1 << 3;
  static final int RCTL_MULTICAST_PROMISCUOUS = 1 << 4;
  static final int RCTL_LOOPBACK = 3 << 6;
  static final int RCTL_LOOPBACK_MAC = 1 << 6;
  static final int RCTL_PACKET_SPLIT = 3 << 10;
  static final int RCTL_MULTICAST_OFFSET_SHIFT = 12;
  static final int RCTL_BROADCAST = 1 << 15;
  static final int RCTL_SIZE_SHIFT = 16;
  static final int RCTL_SIZE_EXTENSION = 1 << 25;
  static final int RCTL_STRIP_CRC = 1 << 26;

  static final int TCTL_ENABLE = 1 << 1;
  static final int TARC_ENABLE = 1 << 10;
  static final int RFCTL_EXTENDED = 1 << 15;
  static final int RAH_VALID = 1 << 31;
  static final int FLUSH_DELAYED = 1 << 31;

  private Reg() {}
}
