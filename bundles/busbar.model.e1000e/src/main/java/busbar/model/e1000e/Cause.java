package busbar.model.e1000e;

/** Bits of the interrupt cause registers (82574 datasheet, section 10.2.4). */
final class Cause {
  static final int TX_WRITTEN_BACK = 1;
  static final int TX_QUEUE_EMPTY = 1 << 1;
  static final int LINK_CHANGE = 1 << 2;
  static final int RX_OVERRUN = 1 << 6;
  static final int RX_TIMER = 1 << 7;
  static final int MDIO_DONE = 1 << 9;
  static final int RX_QUEUE_0 = 1 << 20;
  static final int RX_QUEUE_1 = 1 << 21;
  static final int TX_QUEUE_0 = 1 << 22;
  static final int TX_QUEUE_1 = 1 << 23;
  static final int OTHER = 1 << 24;
  static final int ASSERTED = 1 << 31;

  /** The causes that MSI-X sends as {@link #OTHER}. */
  static final int OTHER_CAUSES =
      LINK_CHANGE | RX_OVERRUN | MDIO_DONE | 1 << 16 | 1 << 17 | 1 << 18;

  /** What the mask register takes. */
  static final int MASKABLE =
      TX_WRITTEN_BACK
          | TX_QUEUE_EMPTY
          | LINK_CHANGE
          | 1 << 4
          | RX_OVERRUN
          | RX_TIMER
          | MDIO_DONE
          | 1 << 15
          | 1 << 16
          | 1 << 17
          | 1 << 18
          | RX_QUEUE_0
          | RX_QUEUE_1
          | TX_QUEUE_0
          | TX_QUEUE_1
          | OTHER;

  /** In the order of their fields in the vector allocation register, 4 bits each. */
  static final int[] VECTORED = {RX_QUEUE_0, RX_QUEUE_1, TX_QUEUE_0, TX_QUEUE_1, OTHER};

  /** Causes of transmission that its delay timers may hold back. */
  static final int TX_DELAYABLE = TX_WRITTEN_BACK | TX_QUEUE_EMPTY | TX_QUEUE_0 | TX_QUEUE_1;

  /** Causes of reception that its delay timers may hold back. */
  static final int RX_DELAYABLE = RX_TIMER | RX_QUEUE_0 | RX_QUEUE_1;

  private Cause() {}
}
