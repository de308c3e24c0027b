package busbar.machine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessSizesTest {
  private final List<String> accesses = new ArrayList<>();

  private long read(long offset, int width) {
    accesses.add(offset + "/" + width);
    return 0x8877_6655_4433_2211L;
  }

  private void write(long offset, int width, long value) {
    accesses.add(offset + "/" + width + "=" + Long.toHexString(value));
  }

  @Test
  void aWideReadIsSplitIntoRegistersLowestFirst() {
    long value = AccessSizes.builtOf(4).read(8, 8, this::read);

    assertThat(value).isEqualTo(0x4433_2211_4433_2211L);
    assertThat(accesses).containsExactly("8/4", "12/4");
  }

  @Test
  void aNarrowReadGetsTheLowBitsOfTheRegister() {
    assertThat(AccessSizes.builtOf(4).read(3, 1, this::read)).isEqualTo(0x11);
    assertThat(accesses).containsExactly("3/4");
  }

  @Test
  void aSizeThatIsNotAcceptedReadsAsZeroAndIsNotWritten() {
    AccessSizes sizes = AccessSizes.between(4, 8);

    assertThat(sizes.read(0, 2, this::read)).isZero();
    sizes.write(0, 1, 0xff, this::write);

    assertThat(accesses).isEmpty();
  }

  @Test
  void aWideWriteIsSplitAndItsValueCutToTheRegisters() {
    AccessSizes.builtOf(1).write(2, 4, 0x4433_2211, this::write);

    assertThat(accesses).containsExactly("2/1=11", "3/1=22", "4/1=33", "5/1=44");
  }
}
