package busbar.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.uapi.IoctlName.FileKind;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class IoctlNameTest {

  @Test
  void oneNumberMeansDifferentThingsOnDifferentFiles() {
    assertThat(IoctlName.of(FileKind.CONTAINER, 0x3b71)).containsExactly("VFIO_IOMMU_MAP_DMA");
    assertThat(IoctlName.of(FileKind.DEVICE, 0x3b71)).containsExactly("VFIO_DEVICE_PCI_HOT_RESET");
    assertThat(IoctlName.of(FileKind.GROUP, 0x3b71)).isEmpty();
    assertThat(IoctlName.of(FileKind.MIGRATION, 0x3b79))
        .containsExactly("VFIO_MIG_GET_PRECOPY_INFO");
  }

  @Test
  void backendsShareNumbersOnAContainer() {
    assertThat(IoctlName.of(FileKind.CONTAINER, 0x3b75))
        .containsExactly("VFIO_IOMMU_DIRTY_PAGES", "VFIO_IOMMU_SPAPR_REGISTER_MEMORY");
    assertThat(IoctlName.text(FileKind.CONTAINER, 0x3b70))
        .isEqualTo("VFIO_IOMMU_GET_INFO/VFIO_IOMMU_SPAPR_TCE_GET_INFO");
  }

  @Test
  void anIommufdTakesTheCommandsOfAType1Container() {
    assertThat(IoctlName.of(FileKind.IOMMUFD, 0x3b85)).containsExactly("IOMMU_IOAS_MAP");
    assertThat(IoctlName.of(FileKind.IOMMUFD, 0x3b71)).containsExactly("VFIO_IOMMU_MAP_DMA");
    assertThat(IoctlName.of(FileKind.IOMMUFD, 0x3b77)).isEmpty();
  }

  @Test
  void anUnknownNumberIsShownInHex() {
    assertThat(IoctlName.text(FileKind.GROUP, 0x3b7f)).isEqualTo("ioctl 0x3b7f");
    assertThat(IoctlName.text(FileKind.GROUP, -1)).isEqualTo("ioctl 0xffffffff");
  }

  @Test
  void everyIoctlOfTheHeadersHasItsNameUnderItsNumber() {
    Map<String, Long> constants = KernelFacts.constants();
    Set<String> named = new TreeSet<>();
    for (FileKind kind : FileKind.values()) {
      for (int cmd = 0x3b00; cmd <= 0x3bff; cmd++) {
        for (String name : IoctlName.of(kind, cmd)) {
          assertThat(constants).containsEntry(name, (long) cmd);
          named.add(name);
        }
      }
    }
    String[] ioctls =
        constants.entrySet().stream()
            .filter(c -> c.getValue() >> 8 == ';')
            .map(Map.Entry::getKey)
            .toArray(String[]::new);
    assertThat(named).containsExactlyInAnyOrder(ioctls);
    assertThat(Arrays.asList(ioctls)).hasSize(56);
  }
}
