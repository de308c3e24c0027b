package busbar.pci;

import static busbar.api.Errno.EACCES;
import static busbar.api.Errno.EBUSY;
import static busbar.api.Errno.EINVAL;
import static busbar.api.Errno.ENOENT;
import static busbar.api.Errno.ENOTTY;
import static busbar.api.Errno.ERANGE;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The table of who has to show which token. */
class TokensTest {
  private static final String TOKEN = "00112233-4455-6677-8899-aabbccddeeff";
  private static final String OTHER = "11111111-2222-3333-4444-555555555555";

  private final FakeFunction function = ConfigImage.card();
  private final FakeFunction virtual = new ConfigImage(256).function();
  private Rig physical;

  @BeforeEach
  void bind() {
    function.sriov = new FakeSriov();
    virtual.physical = function;
    physical = new Rig(function).bind();
  }

  private static Errno match(Rig rig, String options) {
    return Rig.errnoOf(
        () ->
            assertThat(rig.driver.matches(rig.core, rig.vfio, rig.core.name() + options)).isTrue());
  }

  private Rig virtualRig() {
    return new Rig(virtual, physical.driver, new FakeVfio(virtual)).bind();
  }

  @Test
  void aVirtualFunctionOfAForeignPhysicalOneNeedsNone() {
    Rig user = virtualRig();
    assertThat(match(user, "")).isNull();
    assertThat(match(user, " vf_token=" + TOKEN)).isEqualTo(EINVAL);
  }

  @Test
  void aVirtualFunctionNeedsTheTokenOfItsPhysicalOne() {
    assertThat(physical.driver.configureVirtualFunctions(physical.core, 2)).isEqualTo(2);
    Rig user = virtualRig();
    assertThat(match(user, "")).isEqualTo(EACCES);
    assertThat(match(user, " vf_token=" + OTHER)).isEqualTo(EACCES);
    physical.core.token().get().set(UUID.fromString(TOKEN));
    assertThat(match(user, "  vf_token=" + TOKEN + " ")).isNull();
  }

  @Test
  void aPhysicalFunctionWithUsersNeedsIt() {
    physical.driver.configureVirtualFunctions(physical.core, 1);
    assertThat(match(physical, " vf_token=" + TOKEN)).as("sets it").isNull();
    Rig user = virtualRig();
    assertThat(match(user, " vf_token=" + TOKEN)).isNull();
    user.open();
    assertThat(match(physical, "")).isEqualTo(EACCES);
    assertThat(match(physical, " vf_token=" + OTHER)).isEqualTo(EACCES);
    assertThat(match(physical, " vf_token=" + TOKEN)).isNull();
    user.close();
    assertThat(match(physical, "")).isNull();
    assertThat(match(physical, " vf_token=" + OTHER)).isNull();
    assertThat(match(user, " vf_token=" + TOKEN)).isEqualTo(EACCES);
  }

  @Test
  void anOrdinaryFunctionHasNoUseForIt() {
    Rig plain = new Rig(ConfigImage.card()).bind();
    assertThat(match(plain, "")).isNull();
    assertThat(match(plain, " vf_token=" + TOKEN)).isEqualTo(EINVAL);
    Rig.refused(ENOTTY, () -> setToken(plain, 16));
  }

  @Test
  void wrongOptionsAreInvalidAndOtherNamesAreNotOurs() {
    for (String options :
        new String[] {
          " x",
          " vf_token=",
          " vf_token=" + TOKEN.substring(1),
          " vf_token=" + TOKEN + "x",
          " vf_token=" + TOKEN + " vf_token=" + TOKEN,
          " vf_token=" + TOKEN.replace('-', '_'),
          "\tx"
        }) {
      Errno expected = options.startsWith(" ") ? EINVAL : null;
      assertThat(
              Rig.errnoOf(
                  () ->
                      physical.driver.matches(
                          physical.core, physical.vfio, physical.core.name() + options)))
          .as(options)
          .isEqualTo(expected);
    }
    assertThat(physical.driver.matches(physical.core, physical.vfio, "0000:00:06.1")).isFalse();
    assertThat(physical.driver.matches(physical.core, physical.vfio, "0000:00:06.00")).isFalse();
    assertThat(physical.driver.matches(physical.core, physical.vfio, "")).isFalse();
  }

  @Property(seed = "20261122", tries = 300)
  void noTextGivesAnythingButAnAnswerOrInvalid(
      @ForAll @StringLength(max = 60) @CharRange(from = ' ', to = '~') String options) {
    bind();
    assertThat(
            Rig.errnoOf(
                () ->
                    physical.driver.matches(
                        physical.core, physical.vfio, physical.core.name() + options)))
        .isIn(null, EINVAL);
  }

  @Test
  void theFeatureSetsItAndNeverTellsIt() {
    physical.open();
    assertThat(setToken(physical, 16)).isZero();
    Rig.refused(EINVAL, () -> setToken(physical, 15));
    Rig.refused(
        EINVAL,
        () ->
            physical.driver.deviceFeature(
                physical.core,
                physical.vfio,
                VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_PROBE,
                MemorySegment.NULL,
                0));
    physical.driver.configureVirtualFunctions(physical.core, 1);
    assertThat(match(virtualRig(), " vf_token=" + TOKEN)).isNull();
  }

  private static long setToken(Rig rig, int size) {
    byte[] uuid = new byte[16];
    for (int i = 0; i < 16; i++) {
      uuid[i] = (byte) (0x11 * i);
    }
    return rig.driver.deviceFeature(
        rig.core, rig.vfio, VFIO_DEVICE_FEATURE_SET, MemorySegment.ofArray(uuid), size);
  }

  @Test
  void countsOfVirtualFunctionsAreChecked() {
    VfioPciDriver driver = physical.driver;
    assertThat(driver.bid(virtual)).isZero();
    Rig.refused(ERANGE, () -> driver.configureVirtualFunctions(physical.core, 3));
    driver.configureVirtualFunctions(physical.core, 2);
    assertThat(driver.bid(virtual)).isEqualTo(Integer.MAX_VALUE);
    Rig.refused(EBUSY, () -> driver.configureVirtualFunctions(physical.core, 1));
    assertThat(driver.configureVirtualFunctions(physical.core, 2)).isEqualTo(2);
    Rig.refused(EBUSY, () -> driver.probe(function, new FakeVfio(function)));
    driver.remove(physical.core);
    assertThat(function.sriov.numVfs()).isZero();
    assertThat(driver.bid(virtual)).isZero();
    driver.set("enable_sriov", "N");
    Rig.refused(ENOENT, () -> driver.configureVirtualFunctions(physical.core, 1));
  }
}
