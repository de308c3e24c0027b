package busbar.mdev;

import static busbar.api.mdev.MdevAdmin.DefinitionView.State.ACTIVE;
import static busbar.api.mdev.MdevAdmin.DefinitionView.State.DEFINED;
import static busbar.api.mdev.MdevAdmin.Start.AUTO;
import static busbar.api.mdev.MdevAdmin.Start.MANUAL;
import static busbar.mdev.MdevBusTest.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.mdev.MdevAdmin.ChildView;
import busbar.api.mdev.MdevAdmin.DefinitionView;
import busbar.api.time.VirtualTiming;
import java.lang.annotation.Annotation;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DefinitionsTest {
  private static final String ONE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

  private final FakeCore core = new FakeCore();
  private final FakeParent parent = new FakeParent(5);
  private final FakeConfigurations configurations = new FakeConfigurations();
  private final MdevBus bus = bus(configurations);

  private MdevBus bus(FakeConfigurations stored) {
    MdevBus made = new MdevBus(core, new VirtualTiming(), 10_000);
    made.setConfigurationAdmin(stored.admin());
    made.addListener(core);
    return made;
  }

  private record Values(String uuid, String parent, String type, boolean autostart)
      implements MdevDefinition.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return MdevDefinition.Config.class;
    }
  }

  @Test
  void aDefinitionIsKeptUntilItIsUndefined() {
    bus.define("fake", "fake-small", ONE.toUpperCase() + "\n", MANUAL);
    assertThat(bus.definitions())
        .containsExactly(new DefinitionView(ONE, "fake", "fake-small", MANUAL, DEFINED));
    assertThat(bus(configurations).definitions()).as("after a restart").hasSize(1);
    bus.undefine(ONE);
    assertThat(bus.definitions()).isEmpty();
    assertThat(errnoOf(() -> bus.undefine(ONE))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void aDefinitionIsStartedAndUndefinedWithoutTouchingTheDevice() {
    bus.addParent(parent, Map.of());
    bus.define("fake", "fake-small", ONE, MANUAL);
    bus.start(ONE);
    assertThat(bus.definitions()).extracting(DefinitionView::state).containsExactly(ACTIVE);
    assertThat(errnoOf(() -> bus.start(ONE))).isEqualTo(Errno.EEXIST);
    bus.undefine(ONE);
    assertThat(bus.children()).containsExactly(new ChildView(ONE, "fake", "fake-small"));
    assertThat(errnoOf(() -> bus.start(ONE))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void autostartIsChangedByName() {
    bus.define("fake", "fake-small", ONE, MANUAL);
    bus.autostart(ONE, AUTO);
    assertThat(bus.definitions())
        .containsExactly(new DefinitionView(ONE, "fake", "fake-small", AUTO, DEFINED));
    bus.autostart(ONE, MANUAL);
    assertThat(bus.definitions()).extracting(DefinitionView::start).containsExactly(MANUAL);
    String other = ONE.replace('8', '9');
    assertThat(errnoOf(() -> bus.autostart(other, AUTO))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void whatCannotBeDefinedIsRefused() {
    assertThat(errnoOf(() -> bus.define("fake", "fake-small", "x", AUTO))).isEqualTo(Errno.EINVAL);
    bus.define("fake", "fake-small", ONE, MANUAL);
    assertThat(errnoOf(() -> bus.define("fake", "fake-large", ONE, AUTO))).isEqualTo(Errno.EEXIST);
    configurations.full = true;
    String other = ONE.replace('8', '9');
    assertThat(errnoOf(() -> bus.define("fake", "fake-large", other, AUTO))).isEqualTo(Errno.EIO);
    assertThat(bus.definitions()).hasSize(1);
    bus.setConfigurationAdmin(null);
    assertThat(errnoOf(() -> bus.define("fake", "fake-large", other, AUTO)))
        .isEqualTo(Errno.EOPNOTSUPP);
    assertThat(bus.definitions()).isEmpty();
  }

  @Test
  void anAutostartedDeviceIsThereWheneverDefinitionAndParentAre() {
    MdevDefinition automatic = new MdevDefinition(new Values(ONE, "fake", "fake-small", true));
    bus.addDefinition(automatic);
    assertThat(bus.children()).isEmpty();
    bus.addParent(parent, Map.of());
    assertThat(bus.children()).extracting(ChildView::uuid).containsExactly(ONE);

    String later = ONE.replace('8', '9');
    bus.addDefinition(new MdevDefinition(new Values(later, "fake", "fake-large", true)));
    assertThat(bus.children()).extracting(ChildView::uuid).containsExactly(ONE, later);
    bus.removeDefinition(automatic);
    assertThat(bus.children()).hasSize(2);
  }

  @Test
  void aManualOrSenselessDefinitionMakesNothing() {
    bus.addDefinition(new MdevDefinition(new Values(ONE, "fake", "fake-small", false)));
    bus.addDefinition(new MdevDefinition(new Values("x", "fake", "fake-small", true)));
    bus.addDefinition(new MdevDefinition(new Values(null, null, null, true)));
    bus.addDefinition(new MdevDefinition(new Values(ONE, "fake", "fake-huge", true)));
    bus.addParent(parent, Map.of());
    assertThat(bus.children()).isEmpty();
  }
}
