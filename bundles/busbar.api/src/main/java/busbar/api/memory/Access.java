package busbar.api.memory;

/** The kind of an access, seen from the one who makes it (a CPU, or a device doing DMA). */
public enum Access {
  READ,
  WRITE,
  READ_WRITE;

  /** Whether the access changes memory. */
  public boolean writes() {
    return this != READ;
  }
}
