package busbar.api;

/**
 * Error numbers as user space of Linux sees them (generic numbering of {@code
 * <asm-generic/errno.h>}).
 *
 * <p>Every failure that crosses the client edge is one of these and a sentence; see {@link
 * VfioException}.
 */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  ESRCH(3),
  EINTR(4),
  EIO(5),
  ENXIO(6),
  E2BIG(7),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  EXDEV(18),
  ENODEV(19),
  EINVAL(22),
  ENFILE(23),
  EMFILE(24),
  ENOTTY(25),
  EFBIG(27),
  ENOSPC(28),
  ESPIPE(29),
  EROFS(30),
  EPIPE(32),
  ERANGE(34),
  EDEADLK(35),
  ENOSYS(38),
  ENOMSG(42),
  ENODATA(61),
  EPROTO(71),
  EOVERFLOW(75),
  EBADFD(77),
  EUSERS(87),
  EMSGSIZE(90),
  EOPNOTSUPP(95),
  EADDRINUSE(98),
  ENOTCONN(107),
  ETIMEDOUT(110),
  ECANCELED(125);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /** The positive number, as {@code errno} holds it. */
  public int number() {
    return number;
  }

  /**
   * The errno with that positive number.
   *
   * @throws IllegalArgumentException if this list has no such number
   */
  public static Errno of(int number) {
    for (Errno errno : values()) {
      if (errno.number == number) {
        return errno;
      }
    }
    throw new IllegalArgumentException("no errno has the number " + number);
  }

  /** A failure with this errno; {@code because} is a full sentence that names the culprit. */
  public VfioException because(String because) {
    return new VfioException(this, because);
  }

  /** As {@link #because(String)}, formatted with {@link String#format}. */
  public VfioException because(String format, Object... arguments) {
    return new VfioException(this, String.format(format, arguments));
  }
}
