package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The descriptors of one client: small ints, the lowest free one first.
 *
 * <p>A number is taken before its file is opened and filled afterwards, so that a full table fails
 * the call before anything has happened. Look-ups take no lock.
 */
final class FileTable {
  private final String owner;
  private final int limit;
  private final Object numbersLock = new Object();
  private final BitSet taken = new BitSet();
  private volatile AtomicReferenceArray<Descriptor> descriptors = new AtomicReferenceArray<>(16);
  private boolean closed;

  FileTable(String owner, int limit) {
    this.owner = owner;
    this.limit = limit;
  }

  /** Takes the lowest free number. */
  int reserve() {
    synchronized (numbersLock) {
      if (closed) {
        throw Errno.ESRCH.because("client %s is closed", owner);
      }
      int number = taken.nextClearBit(0);
      if (number >= limit) {
        throw Errno.EMFILE.because("%s has %d files open, which is its limit", owner, limit);
      }
      taken.set(number);
      if (number >= descriptors.length()) {
        grow();
      }
      return number;
    }
  }

  /** Takes a certain number, for a table that is a copy of another. */
  void reserve(int number) {
    synchronized (numbersLock) {
      taken.set(number);
      while (number >= descriptors.length()) {
        grow();
      }
    }
  }

  private void grow() {
    AtomicReferenceArray<Descriptor> old = descriptors;
    AtomicReferenceArray<Descriptor> larger = new AtomicReferenceArray<>(old.length() * 2);
    for (int i = 0; i < old.length(); i++) {
      larger.set(i, old.get(i));
    }
    descriptors = larger;
  }

  /** Gives a reserved number back. */
  void cancel(int number) {
    synchronized (numbersLock) {
      taken.clear(number);
    }
  }

  /**
   * Puts a descriptor under its reserved number.
   *
   * @return {@code false} if the client was closed meanwhile; the caller lets the file go
   */
  boolean install(int number, Descriptor descriptor) {
    synchronized (numbersLock) {
      if (closed) {
        return false;
      }
      descriptors.set(number, descriptor);
      return true;
    }
  }

  /** The descriptor with the number. */
  Descriptor get(int number) {
    AtomicReferenceArray<Descriptor> now = descriptors;
    Descriptor found = number >= 0 && number < now.length() ? now.get(number) : null;
    if (found == null) {
      throw notOpen(number);
    }
    return found;
  }

  private VfioException notOpen(int number) {
    return Errno.EBADF.because("%s has no open file %d", owner, number);
  }

  /** Takes a descriptor out; {@code EBADF} if it is not, or no longer, the one under the number. */
  void remove(int number, Descriptor expected) {
    synchronized (numbersLock) {
      if (descriptors.get(number) != expected) {
        throw notOpen(number);
      }
      descriptors.set(number, null);
      taken.clear(number);
      expected.markClosed();
    }
  }

  /** One entry of a table. */
  record Entry(int number, Descriptor descriptor) {}

  /** All descriptors, by number. */
  List<Entry> entries() {
    synchronized (numbersLock) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < descriptors.length(); i++) {
        if (descriptors.get(i) != null) {
          entries.add(new Entry(i, descriptors.get(i)));
        }
      }
      return entries;
    }
  }

  /** From now on nothing can be reserved or installed. */
  void close() {
    synchronized (numbersLock) {
      closed = true;
    }
  }
}
