package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import busbar.api.state.StateRecord;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long calls of a container wait while it is handed over: for save and restore. */
class SwapTimeTest {
  private static final boolean LONG = Boolean.getBoolean("busbar.long");
  private static final int ROUNDS = LONG ? 400 : 60;

  @ParameterizedTest
  @CsvSource({"1,false", "1000,false", "1000,true", "65000,false", "65000,true"})
  void mappingsCrossInLittleTime(int mappings, boolean allTouchedInBetween) {
    assumeTrue(LONG || mappings <= 1_000, "in the long profile only");
    TestContainer container = TestContainer.v2();
    Type1Driver successor = new Type1Driver(container.parameters);
    long memory = container.memory.allocate(PAGE);
    for (int i = 0; i < mappings; i++) {
      container.map(memory, 2L * i * PAGE, PAGE);
    }
    long[] nanos = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      if (allTouchedInBetween) {
        DmaIndex all = container.iommu.mappings;
        for (DmaMapping m = all.first(); m != null; ) {
          m = all.next(m);
        }
      }
      Type1Iommu fresh = successor.open(3, container.caller);
      long begun = System.nanoTime();
      StateRecord state = container.driver.save(container.iommu);
      successor.restore(fresh, state);
      nanos[i] = System.nanoTime() - begun;
      container.driver.forget(container.iommu);
      container.iommu = fresh;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "type1 save+restore, %d mappings%s: median %d us, best %d us, worst %d us%n",
        mappings,
        allTouchedInBetween ? ", all touched in between" : "",
        nanos[ROUNDS / 2] / 1000,
        nanos[0] / 1000,
        nanos[ROUNDS - 1] / 1000);
    assertThat(container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0)).isEqualTo(mappings * PAGE);
    assertThat(nanos[ROUNDS / 2]).as("median").isLessThan(1_000_000L + 1_000L * mappings);
  }
}
