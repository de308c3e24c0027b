package busbar.machine.internal.tce;

/** What a platform's firmware makes of one group's windows. The group's lock is held. */
interface WindowRules {
  /** What distinguishes implementations that cannot share a container. */
  Object operations();

  /** Bit n: pages of 2^n bytes. */
  long pageSizes();

  int maxLevels();

  /** In bytes, 0 for what is impossible. */
  long tableSize(int pageShift, long windowSize, int levels);

  /**
   * Makes room for a window.
   *
   * @return its bus address
   * @throws busbar.api.VfioException as the platform refuses it
   */
  long place(int number, int pageShift, long windowSize, int levels);

  /** The table of {@link #place} is there. */
  void made(int number, SimTceTable table);

  /** Whether the group can show this table as its window {@code number}; throws if not. */
  void checkShow(int number, SimTceTable table);

  /** The window is no longer shown. */
  void hidden(int number);

  /** The host's own windows go. */
  void taken();

  /** The host's own windows come back. */
  void released();
}
