package busbar.api.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class StateRecordTest {
  /** Stands for a type of a driver. */
  private record Foreign(int value) {}

  private static StateRecord record(Map<String, Object> values) {
    return new StateRecord("test", 1, values);
  }

  private static void refused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  @Test
  void aListWithOneWrongElementIsRefused() {
    StateRecord state = record(Map.of("numbers", List.of(1L, "two")));
    refused(() -> state.list("numbers", Long.class));
    assertThat(state.list("numbers", Object.class)).hasSize(2);
  }

  @Test
  void anOptionalValueMayBeAbsentButNotOfAnotherType() {
    StateRecord state = record(Map.of("there", 1L));
    assertThat(state.optional("there", Long.class)).contains(1L);
    assertThat(state.optional("absent", Long.class)).isEmpty();
    refused(() -> state.optional("there", String.class));
  }

  @Test
  void aChoiceIsOneOfItsConstants() {
    StateRecord state = record(Map.of("unit", "SECONDS", "wrong", "AGES", "number", 3L));
    assertThat(state.choice("unit", TimeUnit.class)).isEqualTo(TimeUnit.SECONDS);
    refused(() -> state.choice("wrong", TimeUnit.class));
    refused(() -> state.choice("number", TimeUnit.class));
    refused(() -> state.choice("absent", TimeUnit.class));
  }

  @Test
  void whatItHoldsIsFoundHoweverDeepItIs() {
    Foreign foreign = new Foreign(1);
    Runnable lambda = () -> {};
    StateRecord state =
        record(
            Map.of(
                "plain",
                new byte[3],
                "flag",
                new AtomicBoolean(),
                "direct",
                foreign,
                "array",
                new Foreign[0][0],
                "list",
                List.of("a", foreign),
                "cell",
                new AtomicReference<>(lambda),
                "nested",
                record(Map.of("map", Map.of("key", foreign)))));
    assertThat(state.holding(type -> type.getName().startsWith("busbar.api.state.StateRecordTest")))
        .containsExactlyInAnyOrder("direct", "array", "list", "cell", "nested.map.key");
  }
}
