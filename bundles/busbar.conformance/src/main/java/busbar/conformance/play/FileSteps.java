package busbar.conformance.play;

import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.client.OpenMode;
import busbar.conformance.scenario.BadStepException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** Steps on descriptors: open, close, read, write, seek, poll, eventfds. */
final class FileSteps {
  private static final String CONTAINER = "/dev/vfio/vfio";
  private static final long EVENT_TIMEOUT_MILLIS = 300;
  private static final long POLL_TIMEOUT_MILLIS = 1000;
  private static final int[] WIDTHS = {8, 16, 32, 64};

  private FileSteps() {}

  static void addTo(Map<String, StepAction> actions) {
    actions.put("open-container", FileSteps::openContainer);
    actions.put("open-group", FileSteps::openGroup);
    actions.put("open-cdev", (s, a) -> open(s, a, cdev(s, a)));
    actions.put("open-iommufd", (s, a) -> open(s, a, "/dev/iommu"));
    actions.put("open", (s, a) -> open(s, a, s.host().path(a.word(1, "path"))));
    actions.put("close", FileSteps::close);
    actions.put("dup", FileSteps::dup);
    actions.put("pread", FileSteps::pread);
    actions.put("pwrite", FileSteps::pwrite);
    actions.put("read", FileSteps::read);
    actions.put("write", FileSteps::write);
    actions.put("lseek", FileSteps::seek);
    actions.put("poll", FileSteps::poll);
    actions.put("poll32", FileSteps::pollRegister);
    actions.put("eventfd", FileSteps::eventFd);
    actions.put("eventfd-read", FileSteps::eventRead);
    actions.put("eventfd-write", FileSteps::eventWrite);
    for (int bits : WIDTHS) {
      actions.put("rd" + bits, (s, a) -> readRegister(s, a, bits / 8));
      actions.put("wr" + bits, (s, a) -> writeRegister(s, a, bits / 8));
    }
  }

  private static String openContainer(Session s, Arguments a) {
    return open(s, a, a.option("path").map(s.host()::path).orElse(CONTAINER));
  }

  private static String openGroup(Session s, Arguments a) {
    String number =
        a.option("id")
            .map(id -> Long.toString(s.value(id)))
            .orElseGet(
                () -> {
                  OptionalInt group = s.host().group(s.host().device(a.required("device")));
                  return group.isPresent() ? Integer.toString(group.getAsInt()) : "none";
                });
    boolean noIommu = a.option("noiommu").map(s::value).orElse(0L) != 0;
    return open(s, a, "/dev/vfio/" + (noIommu ? "noiommu-" : "") + number);
  }

  private static String cdev(Session s, Arguments a) {
    return "/dev/vfio/devices/" + s.host().device(a.required("device"));
  }

  private static String open(Session s, Arguments a, String path) {
    String name = a.word(0, "handle");
    s.name(name, Session.NO_FD);
    OpenMode mode =
        a.has("rdonly")
            ? OpenMode.READ_ONLY
            : a.has("wronly") ? OpenMode.WRITE_ONLY : OpenMode.READ_WRITE;
    s.name(name, s.client().open(path, mode));
    return "OK";
  }

  private static String close(Session s, Arguments a) {
    String name = a.word(0, "handle");
    int fd = s.fd(name);
    if (s.isDescriptor(name)) {
      s.name(name, Session.NO_FD);
    }
    s.client().close(fd);
    return "OK";
  }

  private static String dup(Session s, Arguments a) {
    int fd = s.fd(a.word(0, "handle"));
    String name = a.word(1, "new handle");
    s.name(name, Session.NO_FD);
    s.name(name, s.client().dup(fd));
    return "OK";
  }

  private static String pread(Session s, Arguments a) {
    MemorySegment buffer = Bytes.segment(Bytes.length(s.value(a.word(2, "length"))));
    int fd = s.fd(a.word(0, "handle"));
    return shown(buffer, s.client().pread(fd, buffer, s.value(a.word(1, "offset"))));
  }

  private static String read(Session s, Arguments a) {
    MemorySegment buffer = Bytes.segment(Bytes.length(s.value(a.word(1, "length"))));
    return shown(buffer, s.client().read(s.fd(a.word(0, "handle")), buffer));
  }

  private static String shown(MemorySegment buffer, int count) {
    byte[] bytes = Arrays.copyOf(Bytes.array(buffer), count);
    return "OK n=" + count + " hex=" + Bytes.shorten(bytes);
  }

  private static String pwrite(Session s, Arguments a) {
    byte[] bytes;
    if (a.option("fill").isPresent()) {
      bytes = new byte[Bytes.length(s.value(a.required("len")))];
      Arrays.fill(bytes, (byte) s.value(a.required("fill")));
    } else {
      bytes = Bytes.parse(a.word(2, "bytes"));
    }
    int fd = s.fd(a.word(0, "handle"));
    long offset = s.value(a.word(1, "offset"));
    return "OK n=" + s.client().pwrite(fd, Bytes.segment(bytes), offset);
  }

  private static String write(Session s, Arguments a) {
    byte[] bytes = Bytes.parse(a.word(1, "bytes"));
    return "OK n=" + s.client().write(s.fd(a.word(0, "handle")), Bytes.segment(bytes));
  }

  private static String seek(Session s, Arguments a) {
    long at = s.client().lseek(s.fd(a.word(0, "handle")), s.value(a.word(1, "offset")));
    return at == 0 ? "OK" : "OK ret=" + at;
  }

  private static String poll(Session s, Arguments a) {
    return "OK revents=0x" + Integer.toHexString(s.client().poll(s.fd(a.word(0, "handle"))));
  }

  private static String readRegister(Session s, Arguments a, int width) {
    MemorySegment buffer = Bytes.segment(width);
    int fd = s.fd(a.word(0, "handle"));
    int count = s.client().pread(fd, buffer, s.value(a.word(1, "offset")));
    long value = Bytes.little(Bytes.array(buffer), width);
    a.option("save").ifPresent(name -> s.let(name, value));
    String text = String.format("value=0x%0" + 2 * width + "x", value);
    return count == width ? "OK " + text : "OK n=" + count + " " + text;
  }

  private static String writeRegister(Session s, Arguments a, int width) {
    int fd = s.fd(a.word(0, "handle"));
    long offset = s.value(a.word(1, "offset"));
    byte[] bytes = Bytes.little(s.value(a.word(2, "value")), width);
    int count = s.client().pwrite(fd, Bytes.segment(bytes), offset);
    return count == width ? "OK" : "OK n=" + count;
  }

  private static String pollRegister(Session s, Arguments a) throws InterruptedException {
    int fd = s.fd(a.word(0, "handle"));
    long offset = s.value(a.word(1, "offset"));
    long mask = s.value(a.required("mask"));
    long wanted = s.value(a.required("value"));
    long timeout = a.option("timeout").map(s::value).orElse(POLL_TIMEOUT_MILLIS);
    MemorySegment buffer = Bytes.segment(4);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Waits.millis(timeout));
    while (true) {
      s.client().pread(fd, buffer, offset);
      long value = Bytes.little(Bytes.array(buffer), 4);
      if ((value & mask) == wanted) {
        return "OK";
      }
      if (System.nanoTime() - deadline > 0) {
        return String.format("ERR ETIMEDOUT value=0x%08x", value);
      }
      Thread.sleep(1);
    }
  }

  private static String eventFd(Session s, Arguments a) {
    String name = a.word(0, "handle");
    s.name(name, Session.NO_FD);
    s.name(name, s.client().eventFd());
    return "OK";
  }

  private static String eventRead(Session s, Arguments a) throws InterruptedException {
    EventFd event = s.client().eventFd(s.fd(a.word(0, "handle")));
    long millis = a.option("timeout").map(s::value).orElse(EVENT_TIMEOUT_MILLIS);
    long count = event.await(TimeUnit.MILLISECONDS.toNanos(Waits.millis(millis)));
    if (count == 0) {
      return "OK none";
    }
    // "any" is said where the number of signals depends on timing
    return "OK count=" + (a.has("any") ? 1 : Long.toUnsignedString(count));
  }

  private static String eventWrite(Session s, Arguments a) {
    long n = a.words().size() > 1 ? s.value(a.word(1, "count")) : 1;
    int fd = s.fd(a.word(0, "handle"));
    int count = s.client().write(fd, Bytes.segment(Bytes.little(n, Long.BYTES)));
    if (count != Long.BYTES) {
      throw BadStepException.because("the eventfd took %d bytes", count);
    }
    return "OK";
  }

  /** The result of a call that failed. */
  static String failed(VfioException e) {
    return "ERR " + e.errno();
  }
}
