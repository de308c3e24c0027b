package busbar.api.platform;

import busbar.api.bus.BusDevice;
import busbar.api.irq.InterruptSource;
import busbar.api.memory.MmioWindow;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A device that firmware describes: buses {@code "platform"} and {@code "amba"}. */
@ConsumerType
public interface PlatformDevice extends BusDevice {
  /** A memory or port resource. */
  record Resource(Kind kind, long start, long size, Writability writability) {}

  /** The kind of a resource. */
  enum Kind {
    MEMORY,
    PORTS
  }

  /** Whether a resource takes stores. */
  enum Writability {
    READ_WRITE,
    READ_ONLY
  }

  /** An interrupt line of the device and how it triggers. */
  record Irq(int number, Trigger trigger, InterruptSource source) {}

  /** How a line triggers. */
  enum Trigger {
    LEVEL,
    EDGE
  }

  /** What it is, most specific first: {@code "arm,pl031"}, {@code "arm,primecell"}. */
  List<String> compatible();

  /** Memory and ports, in the order of the description. */
  List<Resource> resources();

  /** The registers behind a resource. */
  MmioWindow window(int resource);

  /** Interrupts, in the order of the description. */
  List<Irq> irqs();

  /** Runtime power: the device is in use. */
  default void resume() {}

  /** Runtime power: nobody uses the device. */
  default void suspend() {}
}
