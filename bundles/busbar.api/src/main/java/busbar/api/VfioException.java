package busbar.api;

import java.util.Objects;

/**
 * The one failure of the client edge and of everything a driver may throw across a contract: an
 * {@link Errno} and a sentence that names the device, driver, range or limit at fault.
 *
 * <p>It is unchecked: nearly every call of the edge can fail, with an errno that is part of the
 * call's contract and stands in its Javadoc. Any other exception that a driver lets escape is
 * turned into {@link Errno#EIO} by the registry, with the driver named.
 */
public class VfioException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  public VfioException(Errno errno, String because) {
    this(errno, because, null);
  }

  public VfioException(Errno errno, String because, Throwable cause) {
    super(Objects.requireNonNull(because, "because"), cause);
    this.errno = Objects.requireNonNull(errno, "errno");
  }

  /** What a C caller would find in {@code errno}. */
  public Errno errno() {
    return errno;
  }

  /** The sentence alone, without the errno. */
  public String because() {
    return super.getMessage();
  }

  @Override
  public String getMessage() {
    return errno + ": " + super.getMessage();
  }
}
