package busbar.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class HeaderConstantsTest {

  private static final Predicate<String> API_STRING =
      name -> name.matches("VFIO_DEVICE_API_\\w+_STRING");

  @Test
  void vfioConstantsAreThoseOfTheHeader() throws IllegalAccessException {
    assertThat(numbersOf(VfioHeader.class)).isEqualTo(kernelNumbers(this::isVfio));
  }

  @Test
  void iommufdConstantsAreThoseOfTheHeader() throws IllegalAccessException {
    assertThat(numbersOf(IommufdHeader.class)).isEqualTo(kernelNumbers(name -> !isVfio(name)));
  }

  /** The layout tool saw the addresses of these, so the names come from it and the texts do not. */
  @Test
  void deviceApiStringsAreThoseOfTheHeader() throws IllegalAccessException {
    Map<String, String> strings = new TreeMap<>();
    for (Field f : VfioHeader.class.getFields()) {
      if (f.getType() == String.class) {
        strings.put(f.getName(), (String) f.get(null));
      }
    }
    assertThat(strings)
        .isEqualTo(
            Map.of(
                "VFIO_DEVICE_API_PCI_STRING", "vfio-pci",
                "VFIO_DEVICE_API_PLATFORM_STRING", "vfio-platform",
                "VFIO_DEVICE_API_AMBA_STRING", "vfio-amba",
                "VFIO_DEVICE_API_CCW_STRING", "vfio-ccw",
                "VFIO_DEVICE_API_AP_STRING", "vfio-ap"));
    assertThat(strings.keySet())
        .containsExactlyInAnyOrderElementsOf(
            KernelFacts.constants().keySet().stream().filter(API_STRING).toList());
  }

  private boolean isVfio(String name) {
    return name.startsWith("VFIO_") || name.startsWith("__VFIO_");
  }

  private static Map<String, Long> kernelNumbers(Predicate<String> names) {
    Map<String, Long> numbers = new TreeMap<>(KernelFacts.constants());
    numbers.keySet().removeIf(names.and(API_STRING.negate()).negate());
    return numbers;
  }

  private static Map<String, Long> numbersOf(Class<?> header) throws IllegalAccessException {
    Map<String, Long> numbers = new TreeMap<>();
    for (Field f : header.getFields()) {
      assertThat(Modifier.isFinal(f.getModifiers())).as(f.getName()).isTrue();
      if (f.getType().isPrimitive()) {
        numbers.put(f.getName(), f.getLong(null));
      }
    }
    return numbers;
  }
}
