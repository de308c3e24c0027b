package busbar.conformance.play;

import busbar.api.Capability;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Mapping;
import busbar.api.client.VfioClient;
import busbar.api.memory.AddressSpace;
import busbar.conformance.scenario.BadStepException;
import busbar.conformance.scenario.Expression;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One process of a scenario: a client of the edge, and the names that its steps gave to
 * descriptors, memory and values. Used by several threads where steps are spawned.
 */
final class Session implements AutoCloseable {
  /** What a descriptor is that a failed step did not make. */
  static final int NO_FD = -1;

  private static final long FIRST_ADDRESS = 1L << 44;
  private static final int MAX_FILES = 1024;

  /**
   * A piece of memory with a name.
   *
   * @param mapping the device mapping that it is, {@code null} for ordinary memory
   */
  record Area(long address, long size, Mapping mapping, int hugePages) {}

  private final Host host;
  private final VfioClient client;
  private final Map<String, Integer> descriptors;
  private final Map<String, Area> areas;
  private final Map<String, Long> variables;
  private long nextAddress;

  /** A fresh process, privileged as the recording one was. */
  Session(Host host, String name) {
    this(
        host,
        host.vfio()
            .connect(
                new ClientPolicy(
                    name,
                    AddressSpace.UNLIMITED,
                    EnumSet.of(Capability.IPC_LOCK, Capability.SYS_RAWIO, Capability.SYS_ADMIN),
                    MAX_FILES)),
        Map.of(),
        Map.of(),
        Map.of(),
        FIRST_ADDRESS);
  }

  private Session(
      Host host,
      VfioClient client,
      Map<String, Integer> descriptors,
      Map<String, Area> areas,
      Map<String, Long> variables,
      long nextAddress) {
    this.host = host;
    this.client = client;
    this.descriptors = new ConcurrentHashMap<>(descriptors);
    this.areas = new ConcurrentHashMap<>(areas);
    this.variables = new ConcurrentHashMap<>(variables);
    this.nextAddress = nextAddress;
  }

  /** A forked child: the same names; what it names itself is its own. */
  synchronized Session fork() {
    VfioClient child = client.fork(client.name() + "-child");
    Map<String, Area> theirs = new HashMap<>();
    // a mapping object acts for the client that made it: the child reaches the memory by address
    areas.forEach((name, area) -> theirs.put(name, new Area(area.address(), area.size(), null, 0)));
    return new Session(host, child, descriptors, theirs, variables, nextAddress);
  }

  Host host() {
    return host;
  }

  VfioClient client() {
    return client;
  }

  Map<String, Area> areas() {
    return areas;
  }

  void let(String name, long value) {
    variables.put(name, value);
  }

  /** Gives a descriptor a name; {@link #NO_FD} says that it should have been made, but was not. */
  void name(String name, int fd) {
    descriptors.put(name, fd);
  }

  /** The descriptor of a name, or the number itself. */
  int fd(String word) {
    Integer fd = descriptors.get(word);
    if (fd != null) {
      return fd;
    }
    if (!word.isEmpty() && (Character.isDigit(word.charAt(0)) || word.charAt(0) == '-')) {
      return (int) value(word);
    }
    throw BadStepException.because("nothing is called %s", word);
  }

  /** Whether the word names a descriptor. */
  boolean isDescriptor(String word) {
    return descriptors.containsKey(word);
  }

  /** The value of an expression. */
  long value(String expression) {
    return Expression.evaluate(expression, this::named);
  }

  private OptionalLong named(String name) {
    Area area = areas.get(name);
    if (area != null) {
      return OptionalLong.of(area.address());
    }
    Long value = variables.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /**
   * An address for new memory, a power of two aligned, with a gap after it that nothing lies in.
   */
  synchronized long addressFor(long size, long alignment) {
    long address = roundUp(nextAddress, alignment);
    nextAddress = roundUp(address + size, alignment) + alignment;
    return address;
  }

  private static long roundUp(long value, long alignment) {
    return value + alignment - 1 & -alignment;
  }

  @Override
  public void close() {
    client.close();
  }
}
