package busbar.conformance.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTest {
  private static final Map<String, Long> NAMES = Map.of("m0", 0x7000_0000_0000L, "io-x", 1L);

  private static long evaluate(String text) {
    return Expression.evaluate(
        text,
        name -> NAMES.containsKey(name) ? OptionalLong.of(NAMES.get(name)) : OptionalLong.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "42, 42",
    "0x10, 16",
    "0XfF, 255",
    "-1, -1",
    "-0x10, -16",
    "4K, 4096",
    "2M, 2097152",
    "1G, 1073741824",
    "1T, 1099511627776",
    "18446744073709551615, -1",
    "0xffffffffffffffff, -1",
    "PAGE, 4096",
    "U64MAX, -1",
    "BADPTR, 16",
    "bar0, 0",
    "bar5, 0x50000000000",
    "cfg, 0x70000000000",
    "vga, 0x80000000000",
    "r9, 0x90000000000",
    "MSIX, 2",
    "SPAPR_TCE_v2, 7",
    "EEH_GET_STATE, 4",
  })
  void aTermIsANumberOrAName(String term, String value) {
    assertThat(evaluate(term)).isEqualTo(Long.decode(value));
  }

  @Test
  void operatorsAreTakenFromLeftToRight() {
    assertThat(evaluate("1|2+4")).isEqualTo(7);
    assertThat(evaluate("2+4|1-1")).isEqualTo(6);
    assertThat(evaluate("10-2-3")).isEqualTo(5);
    assertThat(evaluate("READ|WRITE|VADDR_MAP")).isEqualTo(7);
  }

  @Test
  void aSignBelongsToTheTermThatItStandsBefore() {
    assertThat(evaluate("5+-3")).isEqualTo(2);
    assertThat(evaluate("5--3")).isEqualTo(8);
  }

  @Test
  void sumsWrapAroundAt64Bits() {
    assertThat(evaluate("U64MAX+2")).isEqualTo(1);
    assertThat(evaluate("0-1")).isEqualTo(-1);
  }

  @Test
  void namesOfMemoryAreAddresses() {
    assertThat(evaluate("m0+0x1000")).isEqualTo(0x7000_0000_1000L);
  }

  @ParameterizedTest
  @CsvSource({
    "nosuch, nosuch",
    "1+x, x",
    "0x, 0x",
    "12z, 12z",
    "99999999999999999999, 99999999999999999999"
  })
  void aTermThatMeansNothingIsNamed(String text, String term) {
    assertThatThrownBy(() -> evaluate(text)).hasMessage("[bad-expr:" + term + "]");
  }

  @Property(seed = "20261122")
  void everyTextEvaluatesOrIsRefused(@ForAll String text) {
    try {
      evaluate(text);
    } catch (BadStepException e) {
      assertThat(e).hasMessageStartingWith("[bad-expr:");
    }
  }

  @Property(seed = "20261122")
  void numbersOfAllSizesAreReadInBothBases(@ForAll long value) {
    assertThat(evaluate(Long.toUnsignedString(value))).isEqualTo(value);
    assertThat(evaluate("0x" + Long.toHexString(value))).isEqualTo(value);
  }
}
