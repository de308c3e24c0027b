package busbar.pci;

import busbar.api.Errno;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The secret that users of a physical function and of its virtual functions share, and how many
 * virtual functions are in use.
 *
 * <p>Its numbers live in an array of the platform's, so that after a swap of drivers the token of a
 * physical function is still one object for both versions. The monitor of that array guards it.
 */
final class VfToken {
  private static final int HIGH = 0;
  private static final int LOW = 1;
  private static final int USERS = 2;

  private final AtomicLongArray numbers;

  /** A token that nobody knows. */
  VfToken() {
    this(new AtomicLongArray(3));
    set(UUID.randomUUID());
  }

  /**
   * The token behind numbers that {@link #numbers} gave.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it did not
   */
  VfToken(AtomicLongArray numbers) {
    if (numbers.length() != USERS + 1) {
      throw Errno.EINVAL.because("a token of %d numbers", numbers.length());
    }
    this.numbers = numbers;
  }

  AtomicLongArray numbers() {
    return numbers;
  }

  void set(UUID uuid) {
    synchronized (numbers) {
      numbers.set(HIGH, uuid.getMostSignificantBits());
      numbers.set(LOW, uuid.getLeastSignificantBits());
    }
  }

  private boolean equals(UUID uuid) {
    return numbers.get(HIGH) == uuid.getMostSignificantBits()
        && numbers.get(LOW) == uuid.getLeastSignificantBits();
  }

  /** A virtual function was opened. */
  void addUser() {
    synchronized (numbers) {
      numbers.incrementAndGet(USERS);
    }
  }

  /** A virtual function was closed. */
  void removeUser() {
    synchronized (numbers) {
      numbers.decrementAndGet(USERS);
    }
  }

  /**
   * Whether a virtual function may be opened.
   *
   * @throws busbar.api.VfioException {@code EACCES} without the right token
   */
  void admitVirtual(String name, Optional<UUID> given) {
    synchronized (numbers) {
      if (given.isEmpty() || !equals(given.get())) {
        throw Errno.EACCES.because(
            "%s needs the token that the user of its physical function set%s",
            name, given.isEmpty() ? "" : ", not another one");
      }
    }
  }

  /**
   * Whether a physical function may be opened. Without users of its virtual functions the token
   * given becomes the new one.
   *
   * @throws busbar.api.VfioException {@code EACCES} without the right token while there are users
   */
  void admitPhysical(String name, Optional<UUID> given) {
    synchronized (numbers) {
      if (numbers.get(USERS) == 0) {
        given.ifPresent(this::set);
      } else if (given.isEmpty() || !equals(given.get())) {
        throw Errno.EACCES.because(
            "%d virtual functions of %s are in use, it needs their token",
            numbers.get(USERS), name);
      }
    }
  }
}
