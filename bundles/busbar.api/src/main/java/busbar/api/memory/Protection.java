package busbar.api.memory;

/** What a client may do with a piece of its memory. */
public enum Protection {
  NONE,
  READ,
  READ_WRITE;

  /** Whether an access of that kind is allowed. */
  public boolean allows(Access access) {
    return switch (this) {
      case NONE -> false;
      case READ -> access == Access.READ;
      case READ_WRITE -> true;
    };
  }
}
