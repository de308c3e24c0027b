package busbar.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.uapi.KernelFacts.Struct;
import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.UnionLayout;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares every record with the kernel's struct, field for field. */
class StructLayoutTest {

  private record Place(String name, long offset, long size) {}

  static List<Struct> structs() {
    return KernelFacts.structs();
  }

  @ParameterizedTest
  @MethodSource("structs")
  void layoutHasTheFieldsOfTheStruct(Struct struct) throws ReflectiveOperationException {
    StructLayout layout = (StructLayout) constant(struct.type(), "LAYOUT");
    List<Place> places = new ArrayList<>();
    flatten(layout, 0, places);

    assertThat(layout.name()).contains(struct.name());
    assertThat(layout.byteSize()).isEqualTo(struct.size());
    assertThat(places)
        .isEqualTo(
            struct.fields().stream().map(f -> new Place(f.name(), f.offset(), f.size())).toList());
  }

  @ParameterizedTest
  @MethodSource("structs")
  void offsetConstantsAreThoseOfTheStruct(Struct struct) throws IllegalAccessException {
    Map<String, Long> offsets = new TreeMap<>();
    for (var f : struct.type().getFields()) {
      if (f.getName().startsWith("OFFSET_")) {
        offsets.put(f.getName(), f.getLong(null));
      }
    }
    Map<String, Long> expected = new TreeMap<>();
    struct.ownFields().forEach(f -> expected.put(f.constantName(), f.offset()));
    assertThat(offsets).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("structs")
  void sizeIsThatOfTheStruct(Struct struct) throws ReflectiveOperationException {
    assertThat(constant(struct.type(), "SIZE")).isEqualTo(struct.size());
  }

  @ParameterizedTest
  @MethodSource("structs")
  void componentsAreTheFieldsInHeaderOrder(Struct struct) {
    List<String> expected = new ArrayList<>();
    long last = -1;
    for (var field : struct.ownFields()) {
      if (!field.isFlexible() && field.offset() != last) {
        expected.add(field.componentName());
      }
      last = field.offset();
    }
    assertThat(struct.type().getRecordComponents())
        .extracting(RecordComponent::getName)
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("structs")
  void flexibleArraysStartWhereTheStructSays(Struct struct) throws ReflectiveOperationException {
    var flexible = struct.ownFields().stream().filter(KernelFacts.Field::isFlexible).toList();
    boolean hasMethod =
        Arrays.stream(struct.type().getMethods()).anyMatch(m -> m.getName().equals("flexOffset"));
    assertThat(hasMethod).isEqualTo(!flexible.isEmpty());
    if (hasMethod) {
      assertThat(struct.type().getMethod("flexOffset").invoke(null))
          .isEqualTo(flexible.getFirst().offset());
    }
  }

  @Test
  void everyRecordIsAStructOfTheHeaders() throws IOException, URISyntaxException {
    assertThat(recordsOfThePackage())
        .containsExactlyInAnyOrderElementsOf(
            structs().stream().map(s -> s.type().getSimpleName()).toList());
  }

  /** Sizes of the first ABI version, from the checks in the kernel's handlers. */
  @Test
  void minimumArgszIsWhatTheKernelChecks() throws ReflectiveOperationException {
    Map<String, Integer> minimum = new TreeMap<>();
    for (Struct struct : structs()) {
      if (struct.fields().getFirst().name().equals("argsz")) {
        minimum.put(struct.name(), (Integer) constant(struct.type(), "MIN_ARGSZ"));
      }
    }
    assertThat(minimum)
        .isEqualTo(
            Map.ofEntries(
                Map.entry("vfio_device_attach_iommufd_pt", 12),
                Map.entry("vfio_device_bind_iommufd", 16),
                Map.entry("vfio_device_detach_iommufd_pt", 8),
                Map.entry("vfio_device_feature", 8),
                Map.entry("vfio_device_gfx_plane_info", 60),
                Map.entry("vfio_device_info", 16),
                Map.entry("vfio_device_ioeventfd", 28),
                Map.entry("vfio_eeh_pe_op", 12),
                Map.entry("vfio_group_status", 8),
                Map.entry("vfio_iommu_spapr_register_memory", 24),
                Map.entry("vfio_iommu_spapr_tce_create", 40),
                Map.entry("vfio_iommu_spapr_tce_info", 16),
                Map.entry("vfio_iommu_spapr_tce_remove", 16),
                Map.entry("vfio_iommu_type1_dirty_bitmap", 8),
                Map.entry("vfio_iommu_type1_dma_map", 32),
                Map.entry("vfio_iommu_type1_dma_unmap", 24),
                Map.entry("vfio_iommu_type1_info", 16),
                Map.entry("vfio_irq_info", 16),
                Map.entry("vfio_irq_set", 20),
                Map.entry("vfio_pci_hot_reset", 12),
                Map.entry("vfio_pci_hot_reset_info", 12),
                Map.entry("vfio_precopy_info", 24),
                Map.entry("vfio_region_info", 32)));
  }

  private static Object constant(Class<?> type, String name) throws ReflectiveOperationException {
    return type.getField(name).get(null);
  }

  /** Lists members as the layout tool does: the parts of a struct before the struct itself. */
  private static void flatten(GroupLayout group, long base, List<Place> places) {
    long offset = base;
    for (MemoryLayout member : group.memberLayouts()) {
      if (member instanceof GroupLayout nested) {
        flatten(nested, offset, places);
      } else if (member instanceof SequenceLayout s && s.elementLayout() instanceof GroupLayout g) {
        flatten(g, offset, places);
      }
      if (!(member instanceof PaddingLayout) && member.name().isPresent()) {
        places.add(new Place(member.name().get(), offset, member.byteSize()));
      }
      offset += group instanceof UnionLayout ? 0 : member.byteSize();
    }
  }

  private static List<String> recordsOfThePackage() throws IOException, URISyntaxException {
    URI home = VfioHeader.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    try (Stream<Path> files = Files.list(Path.of(home).resolve("busbar/uapi"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".class", ""))
          .filter(name -> !name.contains("$") && !name.equals("package-info"))
          .filter(StructLayoutTest::isRecord)
          .collect(Collectors.toList());
    }
  }

  private static boolean isRecord(String name) {
    try {
      return Class.forName("busbar.uapi." + name).isRecord();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
