package busbar.api.client;

/** How a file is opened: {@code O_RDONLY}, {@code O_WRONLY}, {@code O_RDWR}. */
public enum OpenMode {
  READ_ONLY,
  WRITE_ONLY,
  READ_WRITE;

  public boolean reads() {
    return this != WRITE_ONLY;
  }

  public boolean writes() {
    return this != READ_ONLY;
  }
}
