package busbar.type1;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters;
import java.util.List;
import java.util.Locale;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of the module {@code vfio_iommu_type1}. Any thread. */
@Component(service = {ModuleParameters.class, Type1Parameters.class})
@Designate(ocd = Type1Parameters.Config.class)
public final class Type1Parameters implements ModuleParameters {
  private static final String ALLOW_UNSAFE_INTERRUPTS = "allow_unsafe_interrupts";
  private static final String DISABLE_HUGEPAGES = "disable_hugepages";
  private static final String DMA_ENTRY_LIMIT = "dma_entry_limit";
  private static final long MAX_UINT = 0xffff_ffffL;

  /** First values, and after a change of the configuration the new ones. */
  @ObjectClassDefinition(name = "Busbar type1 IOMMU backend")
  public @interface Config {
    @AttributeDefinition(
        name = "Allow unsafe interrupts",
        description =
            "Takes groups whose IOMMU does not remap interrupts: their devices can forge"
                + " interrupts.")
    boolean allowUnsafeInterrupts() default false;

    @AttributeDefinition(
        name = "Disable huge pages",
        description = "Pins and maps one page at a time.")
    boolean disableHugepages() default false;

    @AttributeDefinition(
        name = "DMA entry limit",
        description = "Mappings that a container can have, 0 to 4294967295; for new containers.")
    long dmaEntryLimit() default 65535;
  }

  private record Values(boolean unsafeInterrupts, boolean noHugepages, long entryLimit) {}

  private volatile Values initial;
  private volatile Values now;

  @Activate
  public Type1Parameters(Config config) {
    configured(config);
  }

  Type1Parameters(boolean allowUnsafeInterrupts, boolean disableHugepages, long dmaEntryLimit) {
    initial = new Values(allowUnsafeInterrupts, disableHugepages, dmaEntryLimit);
    now = initial;
  }

  @Modified
  void configured(Config config) {
    long limit = Math.clamp(config.dmaEntryLimit(), 0, MAX_UINT);
    initial = new Values(config.allowUnsafeInterrupts(), config.disableHugepages(), limit);
    now = initial;
  }

  boolean allowUnsafeInterrupts() {
    return now.unsafeInterrupts;
  }

  boolean disableHugepages() {
    return now.noHugepages;
  }

  /** 0 to 2^32-1. */
  long dmaEntryLimit() {
    return now.entryLimit;
  }

  @Override
  public String module() {
    return "vfio_iommu_type1";
  }

  @Override
  public List<Parameter> parameters() {
    Values value = now;
    Values first = initial;
    return List.of(
        new Parameter(
            ALLOW_UNSAFE_INTERRUPTS,
            text(value.unsafeInterrupts),
            text(first.unsafeInterrupts),
            "Take groups whose interrupts are not remapped"),
        new Parameter(
            DISABLE_HUGEPAGES,
            text(value.noHugepages),
            text(first.noHugepages),
            "Pin and map one page at a time"),
        new Parameter(
            DMA_ENTRY_LIMIT,
            Long.toString(value.entryLimit),
            Long.toString(first.entryLimit),
            "Mappings that a container can have"));
  }

  @Override
  public synchronized void set(String name, String value) {
    String text = value.strip();
    Values old = now;
    now =
        switch (name) {
          case ALLOW_UNSAFE_INTERRUPTS ->
              new Values(bool(name, text), old.noHugepages, old.entryLimit);
          case DISABLE_HUGEPAGES ->
              new Values(old.unsafeInterrupts, bool(name, text), old.entryLimit);
          case DMA_ENTRY_LIMIT ->
              new Values(old.unsafeInterrupts, old.noHugepages, unsigned(name, text));
          default -> throw Errno.ENOENT.because("module %s has no parameter %s", module(), name);
        };
  }

  /** As {@code kstrtobool} takes it. */
  private static boolean bool(String name, String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    if (lower.startsWith("on") || !lower.isEmpty() && "yt1".indexOf(lower.charAt(0)) >= 0) {
      return true;
    }
    if (lower.startsWith("of") || !lower.isEmpty() && "nf0".indexOf(lower.charAt(0)) >= 0) {
      return false;
    }
    throw Errno.EINVAL.because("%s takes Y or N, not '%s'", name, value);
  }

  /** As {@code kstrtouint} takes it: decimal, 0x hexadecimal, 0 octal. */
  private static long unsigned(String name, String value) {
    try {
      long number = value.startsWith("-") ? -1 : Long.decode(value);
      if (number >= 0 && number <= MAX_UINT && !value.startsWith("#")) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw Errno.EINVAL.because("%s takes a number from 0 to 4294967295, not '%s'", name, value);
  }

  private static String text(boolean value) {
    return value ? "Y" : "N";
  }
}
