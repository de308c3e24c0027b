package busbar.api.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IrqSetTest {
  private static MemorySegment call(
      int argsz, int flags, int index, int start, int count, int data) {
    MemorySegment argument = MemorySegment.ofArray(new byte[20 + data]);
    new VfioIrqSet(argsz, flags, index, start, count).encode(argument);
    return argument;
  }

  private static IrqSet decode(MemorySegment argument) {
    return IrqSet.decode(argument, 2, index -> index == 0 ? 1 : 3);
  }

  @ParameterizedTest
  @CsvSource({
    "19, 0x21, 0, 0, 1, argsz",
    "20, 0x21, 2, 0, 1, index 2",
    "20, 0x21, -1, 0, 1, index 4294967295",
    "20, 0x21, 1, 5, -6, overflow",
    "20, 0x61, 1, 0, 1, unknown",
    "20, 0x21, 1, 3, 0, beyond",
    "20, 0x21, 1, 2, 2, beyond",
    "20, 0x20, 1, 0, 1, exactly one",
    "20, 0x23, 1, 0, 1, exactly one",
    "27, 0x24, 1, 0, 2, bytes more"
  })
  void eachCheckRefusesWithItsReason(
      int argsz, String flags, int index, int start, int count, String reason) {
    MemorySegment argument = call(argsz, Integer.decode(flags), index, start, count, 16);
    assertThatThrownBy(() -> decode(argument))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
        .hasMessageContaining(reason);
  }

  @Test
  void memoryThatIsShorterThanItsPayloadIsEfault() {
    assertThatThrownBy(() -> decode(call(28, 0x24, 1, 0, 2, 7)))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EFAULT));
  }

  @Test
  void twoEventfdsAreTwoDescriptors() {
    MemorySegment argument = call(28, 0x24, 1, 1, 2, 8);
    argument.set(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, 20, 7);
    argument.set(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, 24, -1);
    IrqSet set = decode(argument);
    assertThat(set.action()).isEqualTo(IrqSet.Action.TRIGGER);
    assertThat(set.data()).isEqualTo(IrqSet.DataKind.EVENTFD);
    assertThat(set.fd(0)).isEqualTo(7);
    assertThat(set.fd(1)).isEqualTo(-1);
  }

  @Test
  void noneOrSeveralActionsAreLeftToTheDriver() {
    assertThat(decode(call(20, 0x01, 0, 0, 0, 0)).action())
        .isEqualTo(IrqSet.Action.NONE_OR_SEVERAL);
    assertThat(decode(call(20, 0x31, 0, 0, 0, 0)).action())
        .isEqualTo(IrqSet.Action.NONE_OR_SEVERAL);
  }
}
