package busbar.conformance.play;

import busbar.api.Args;
import busbar.api.VfioException;
import busbar.conformance.play.IoctlTable.Ioctl;
import busbar.conformance.play.IoctlTable.Kind;
import busbar.conformance.play.StructSpec.Field;
import busbar.conformance.play.StructSpec.Shown;
import busbar.conformance.scenario.BadStepException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The step {@code ioctl}: builds the argument, makes the call, shows what came back. */
final class IoctlSteps {
  /**
   * The largest buffer that is really made; no call looks at more of what {@code argsz} promises.
   */
  private static final long MOST = 1 << 20;

  private static final Set<String> NOT_FIELDS =
      Set.of("argsz", "extra", "bufsz", "fill", "save", "arg", "data", "bools", "hex", "fds", "n");
  private static final Set<String> DESCRIPTOR_FIELDS = Set.of("fd", "iommufd", "fault_fd");

  private IoctlSteps() {}

  static void addTo(Map<String, StepAction> actions) {
    actions.put("ioctl", IoctlSteps::ioctl);
  }

  private static String ioctl(Session s, Arguments a) {
    String name = a.word(1, "ioctl");
    int fd = s.fd(a.word(0, "handle"));
    if (name.equals("RAW")) {
      return raw(s, a, fd);
    }
    Ioctl ioctl = IoctlTable.named(name);
    if (ioctl == null) {
      throw BadStepException.because("there is no ioctl %s", name);
    }
    if (ioctl.kind() == Kind.DEVICE_NAME) {
      return deviceFd(s, a, fd, ioctl);
    }
    if (a.option("arg").isPresent()) {
      MemorySegment argument = Args.immediate(s.value(a.required("arg")));
      return returned(ioctl, s.client().ioctl(fd, ioctl.number(), argument));
    }
    return switch (ioctl.kind()) {
      case IMMEDIATE -> {
        long number = ioctl.positional() ? s.value(a.word(2, "number")) : 0;
        yield returned(ioctl, s.client().ioctl(fd, ioctl.number(), Args.immediate(number)));
      }
      case DESCRIPTOR -> pointed(s, fd, ioctl, s.fd(a.word(2, "descriptor")));
      case DMABUF -> pointed(s, fd, ioctl, (int) s.value(a.option("dmabuf_id").orElse("0")));
      default -> struct(s, a, fd, ioctl);
    };
  }

  private static String returned(Ioctl ioctl, long value) {
    return value != 0 || ioctl.alwaysReturns() ? "OK ret=" + value : "OK";
  }

  private static String pointed(Session s, int fd, Ioctl ioctl, int number) {
    MemorySegment argument = Bytes.segment(Bytes.little(number, Integer.BYTES));
    return returned(ioctl, s.client().ioctl(fd, ioctl.number(), argument));
  }

  private static String deviceFd(Session s, Arguments a, int fd, Ioctl ioctl) {
    String handle = a.word(2, "new handle");
    s.name(handle, Session.NO_FD);
    MemorySegment argument =
        a.option("arg")
            .map(text -> Args.immediate(s.value(text)))
            .orElseGet(() -> Bytes.segment(deviceName(s, a)));
    s.name(handle, (int) s.client().ioctl(fd, ioctl.number(), argument));
    return "OK fd=" + handle;
  }

  private static byte[] deviceName(Session s, Arguments a) {
    String word = a.word(3, "device");
    String name = word.equals("\"\"") ? "" : s.host().device(word);
    String token = a.option("vf_token").map(uuid -> " vf_token=" + uuid).orElse("");
    byte[] text = (name + token).getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(text, text.length + 1);
  }

  private static String raw(Session s, Arguments a, int fd) {
    int number = (int) s.value(a.required("nr"));
    if (a.option("arg").isPresent()) {
      long value = s.client().ioctl(fd, number, Args.immediate(s.value(a.required("arg"))));
      return value == 0 ? "OK" : "OK ret=" + value;
    }
    byte[] given = Bytes.parse(a.required("hex"));
    int size = a.option("bufsz").map(n -> Bytes.length(s.value(n))).orElse(given.length);
    byte[] before = Arrays.copyOf(given, size);
    MemorySegment argument = Bytes.segment(before);
    String result;
    try {
      long value = s.client().ioctl(fd, number, argument);
      result = value == 0 ? "OK" : "OK ret=" + value;
    } catch (VfioException e) {
      result = FileSteps.failed(e);
    }
    byte[] after = Bytes.array(argument);
    return Arrays.equals(before, after) ? result : result + " buf=" + Bytes.shorten(after);
  }

  private static String struct(Session s, Arguments a, int fd, Ioctl ioctl) {
    StructSpec spec = ioctl.struct();
    MemorySegment argument = build(s, a, spec);
    byte[] before = Bytes.array(argument);
    StringBuilder result = new StringBuilder();
    boolean worked = true;
    try {
      long value = s.client().ioctl(fd, ioctl.number(), argument);
      result.append(returned(ioctl, value));
    } catch (VfioException e) {
      result.append(FileSteps.failed(e));
      worked = false;
    }
    MemorySegment old = MemorySegment.ofArray(before);
    for (Field field : spec.fields()) {
      if (field.fitsIn(argument)
          && (field.get(argument) != field.get(old)
              || worked && field.shown() == Shown.ON_SUCCESS)) {
        result.append(' ').append(shown(field, argument));
      }
    }
    result.append(Trailers.text(s, ioctl, argument, old, worked));
    if (worked) {
      a.option("save").ifPresent(what -> save(s, spec, what, argument));
    }
    return result.toString();
  }

  private static String shown(Field field, MemorySegment argument) {
    // the first word is a count of bytes under either of its names
    return field.offset() == 0
        ? "argsz=" + Long.toUnsignedString(field.get(argument))
        : field.text(argument);
  }

  private static void save(Session s, StructSpec spec, String what, MemorySegment argument) {
    int colon = what.indexOf(':');
    Optional<Field> field =
        spec.fields().stream().filter(f -> f.name().equals(what.substring(colon + 1))).findFirst();
    if (colon < 0 || field.isEmpty()) {
      throw BadStepException.because("save=%s is not VARIABLE:FIELD", what);
    }
    s.let(what.substring(0, colon), field.get().get(argument));
  }

  private static MemorySegment build(Session s, Arguments a, StructSpec spec) {
    byte[] data = data(s, a, spec);
    long size = sizeOf(a, spec) + data.length;
    long argsz =
        a.option("argsz")
            .map(s::value)
            .orElseGet(() -> size + a.option("extra").map(s::value).orElse(0L));
    long room = Math.max(Integer.toUnsignedLong((int) argsz), size);
    long bufsz = a.option("bufsz").map(s::value).orElse(room);
    if (bufsz < 0) {
      throw BadStepException.because("there is no buffer of %d bytes", bufsz);
    }
    // first with room for everything, then what of it fits into the buffer that the step wants
    MemorySegment whole = Bytes.segment(Math.min(Math.max(room, bufsz), Math.max(MOST, size)));
    a.option("fill").ifPresent(b -> whole.asSlice(size).fill((byte) s.value(b)));
    MemorySegment.copy(data, 0, whole, ValueLayout.JAVA_BYTE, size - data.length, data.length);
    spec.fields().getFirst().set(whole, argsz);
    setFields(s, a, spec, whole);
    MemorySegment buffer = Bytes.segment(Math.min(bufsz, whole.byteSize()));
    return buffer.copyFrom(whole.asSlice(0, buffer.byteSize()));
  }

  private static void setFields(Session s, Arguments a, StructSpec spec, MemorySegment whole) {
    a.options()
        .forEach(
            (name, text) -> {
              if (NOT_FIELDS.contains(name) && !hasField(spec, name)) {
                return;
              }
              Field field =
                  spec.fields().stream()
                      .filter(f -> f.name().equals(name))
                      .findFirst()
                      .orElseThrow(() -> BadStepException.because("there is no field %s", name));
              field.set(whole, DESCRIPTOR_FIELDS.contains(name) ? s.fd(text) : s.value(text));
            });
    if (a.option("n").isPresent()) {
      Field flags =
          spec.fields().stream()
              .filter(f -> f.name().equals("flags"))
              .findFirst()
              .orElseThrow(() -> BadStepException.because("there is no field n"));
      flags.set(whole, flags.get(whole) | s.value(a.required("n")));
    }
  }

  /** An ioeventfd has a number called data; elsewhere data are descriptors behind the struct. */
  private static boolean hasField(StructSpec spec, String name) {
    return !name.equals("argsz") && spec.fields().stream().anyMatch(f -> f.name().equals(name));
  }

  private static long sizeOf(Arguments a, StructSpec spec) {
    boolean optional =
        spec.fields().stream()
            .anyMatch(f -> f.offset() >= spec.size() && a.options().containsKey(f.name()));
    return optional ? spec.fullSize() : spec.size();
  }

  /** What follows the struct: descriptors, bytes of truth, or bytes. */
  private static byte[] data(Session s, Arguments a, StructSpec spec) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (String option : new String[] {"data", "fds"}) {
      a.option(option)
          .filter(names -> !hasField(spec, option))
          .ifPresent(
              names -> {
                for (String name : names.split(",")) {
                  data.writeBytes(Bytes.little(s.fd(name), Integer.BYTES));
                }
              });
    }
    a.option("bools")
        .ifPresent(
            values -> {
              for (String value : values.split(",")) {
                data.write((int) s.value(value));
              }
            });
    a.option("hex").ifPresent(hex -> data.writeBytes(Bytes.parse(hex)));
    return data.toByteArray();
  }
}
