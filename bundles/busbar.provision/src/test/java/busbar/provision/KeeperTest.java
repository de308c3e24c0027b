package busbar.provision;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.BundleSet;
import busbar.api.time.VirtualTiming;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

class KeeperTest extends FelixTest {
  private static final long SECOND = 1_000_000_000L;

  private final VirtualTiming timing = new VirtualTiming();
  private boolean changing;
  private Store store;
  private Keeper keeper;
  private Bundle one;

  @BeforeEach
  void aBundleAndAKeeperOfTenSeconds() throws Exception {
    one = start(Jars.bundle(folder, "one", "1.0.0"));
    store = new Store(folder.resolve("sets"), 8, 1 << 20);
    Inventory inventory = new Inventory(context);
    Health health = new Health(() -> null, () -> null);
    keeper = new Keeper(store, health, inventory::now, () -> changing, timing, 10);
    keeper.changed();
  }

  private void change(String version) throws Exception {
    update(one, Jars.bundle(folder, "one", version));
    keeper.changed();
  }

  private String good() {
    return store.sets().stream()
        .filter(BundleSet::good)
        .map(set -> set.members().getFirst().version())
        .findFirst()
        .orElse("none");
  }

  @Test
  void theFirstSetCountsSoonTheNextOnesAfterTheirTime() throws Exception {
    timing.advance(2 * SECOND);
    assertThat(good()).isEqualTo("1.0.0");
    change("2.0.0");
    timing.advance(9 * SECOND);
    assertThat(good()).isEqualTo("1.0.0");
    timing.advance(SECOND);
    assertThat(good()).isEqualTo("2.0.0");
  }

  @Test
  void aChangeBeginsTheTimeAnew() throws Exception {
    timing.advance(2 * SECOND);
    change("2.0.0");
    timing.advance(9 * SECOND);
    change("3.0.0");
    timing.advance(9 * SECOND);
    assertThat(good()).isEqualTo("1.0.0");
    timing.advance(SECOND);
    assertThat(good()).isEqualTo("3.0.0");
  }

  @Test
  void aBundleThatShouldRunAndDoesNotIsNoGoodSign() throws Exception {
    timing.advance(2 * SECOND);
    change("2.0.0");
    one.stop(Bundle.STOP_TRANSIENT);
    timing.advance(100 * SECOND);
    assertThat(good()).isEqualTo("1.0.0");
    one.start(Bundle.START_TRANSIENT);
    timing.advance(10 * SECOND);
    assertThat(good()).isEqualTo("2.0.0");
  }

  @Test
  void nothingIsKeptInTheMiddleOfAChange() throws Exception {
    changing = true;
    timing.advance(100 * SECOND);
    assertThat(store.sets()).isEmpty();
    changing = false;
    timing.advance(2 * SECOND);
    assertThat(good()).isEqualTo("1.0.0");
  }

  @Test
  void afterItsEndItDoesNothing() {
    keeper.close();
    timing.advance(100 * SECOND);
    assertThat(store.sets()).isEmpty();
  }
}
