package busbar.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.client.Vfio;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

/** What a change does to those who use devices. */
class HealthTest extends FelixTest {
  private final Places places = new Places();
  private Sets sets;
  private Bundle one;

  /** One place, which the bundle {@code one} fills while it runs, unless it is of version 2. */
  private final class Places implements SwapAdmin {
    final List<SwapRecord> history = new ArrayList<>();
    boolean inUse = true;
    boolean gone;
    Result resultOfVersion3 = Result.KEPT;

    @Override
    public List<Slot> slots() {
      boolean there = one.getState() == Bundle.ACTIVE && one.getVersion().getMajor() != 2;
      Candidate current = new Candidate("driver", "one", "", one.getBundleId());
      gone = gone || one.getVersion().getMajor() == 4;
      if (one.getVersion().getMajor() == 3 && history.isEmpty()) {
        add(resultOfVersion3);
      }
      if (gone) {
        return List.of();
      }
      return List.of(new Slot("a", "driver", there ? current : null, List.of(), inUse));
    }

    void add(Result result) {
      history.add(
          new SwapRecord(
              history.size() + 1,
              Instant.now(),
              "a",
              "driver",
              Way.UPDATE,
              "",
              "1",
              "3",
              List.of(),
              0,
              result,
              "the state is too new",
              ""));
    }

    @Override
    public List<SwapPlan> plan(String target, String successor) {
      throw new AssertionError("not asked for");
    }

    @Override
    public List<SwapRecord> swap(String target, String successor, String who) {
      throw new AssertionError("not asked for");
    }

    @Override
    public List<SwapRecord> history() {
      slots();
      return history;
    }

    @Override
    public SwapSettings settings() {
      return new SwapSettings(100, 100, SwapPolicy.MANUAL);
    }

    @Override
    public void settings(SwapSettings settings) {
      throw new AssertionError("not asked for");
    }
  }

  @BeforeEach
  void aGoodSetAndADriver() throws Exception {
    one = start(Jars.bundle(folder, "one", "1.0.0"));
    sets =
        new Sets(
            context,
            new Store(folder.resolve("sets"), 8, 1 << 20),
            new Health(() -> places, () -> null),
            new Inventory(context),
            record -> record,
            "");
  }

  /** A set with another version of the driver, or without it, and the first version running. */
  private long set(String version) throws Exception {
    if (version.isEmpty()) {
      one.uninstall();
    } else {
      update(one, Jars.bundle(folder, "one", version));
    }
    long number = sets.declareGood(0, "test").number();
    if (version.isEmpty()) {
      one = start(Jars.bundle(folder, "one", "1.0.0"));
    } else {
      update(one, Jars.bundle(folder, "one", "1.0.0"));
    }
    places.history.clear();
    return number;
  }

  @Test
  void aBundleWhoseSuccessorLeavesAPlaceEmptyComesBack() throws Exception {
    long number = set("2.0.0");
    assertThatThrownBy(() -> sets.restore(number, "test"))
        .hasMessage(
            "EIO: nobody took over as the driver of a within 50 ms; everything is as it was");
    assertThat(bundles()).containsExactly("one 1.0.0 runs");
  }

  @Test
  void aPlaceThatNobodyUsesMayBeEmpty() throws Exception {
    long number = set("2.0.0");
    places.inUse = false;
    sets.restore(number, "test");
    assertThat(bundles()).containsExactly("one 2.0.0 runs");
  }

  @Test
  void aBundleThatIsInUseIsNotTakenAway() throws Exception {
    long number = set("");
    assertThat(sets.planRestore(number).findings())
        .containsExactly(
            "a is in use: unless something new takes it over from one, all is taken back");
    assertThatThrownBy(() -> sets.restore(number, "test")).hasMessageContaining("nobody took over");
    assertThat(bundles()).containsExactly("one 1.0.0 runs");
  }

  @Test
  void aSwapThatWentWrongIsTakenBackAtOnce() throws Exception {
    long number = set("3.0.0");
    assertThatThrownBy(() -> sets.restore(number, "test"))
        .hasMessage(
            "EIO: the swap of a to 3 went wrong: the state is too new; everything is as it was");
    assertThat(bundles()).containsExactly("one 1.0.0 runs");
  }

  @Test
  void aPlaceThatVanishesUnderItsUserIsHarm() throws Exception {
    long number = set("4.0.0");
    places.gone = false;
    assertThatThrownBy(() -> sets.restore(number, "test"))
        .hasMessageStartingWith("EIO: the place for the driver of a vanished; and what was done");
    assertThat(bundles()).containsExactly("one 1.0.0 runs");
  }

  @Test
  void theBundleThatHoldsTheFilesStaysWhileSomebodyHasAny() throws Exception {
    long number = set("1.0.1");
    one.getBundleContext()
        .registerService(
            Vfio.class,
            policy -> {
              throw new AssertionError("not asked for");
            },
            null);
    assertThatThrownBy(() -> sets.restore(number, "test"))
        .hasMessageStartingWith("EBUSY")
        .hasMessageContaining("one holds the open files of clients");
    places.inUse = false;
    assertThat(sets.planRestore(number).possible()).isTrue();
  }

  @Test
  void aSwapThatWentWellIsNone() throws Exception {
    long number = set("3.0.0");
    places.resultOfVersion3 = Result.DONE;
    sets.restore(number, "test");
    assertThat(bundles()).containsExactly("one 3.0.0 runs");
  }

  @Test
  void aSetUnderWhichASwapWentWrongIsNotGood() {
    Health health = new Health(() -> places, () -> null);
    List<Running> running = new Inventory(context).now();
    long mark = health.mark();
    assertThat(health.complaint(running, mark)).isEmpty();
    places.add(Result.LOST);
    assertThat(health.complaint(running, mark))
        .hasValueSatisfying(text -> assertThat(text).contains("the state is too new"));
    assertThat(health.complaint(running, health.mark())).isEmpty();
  }
}
