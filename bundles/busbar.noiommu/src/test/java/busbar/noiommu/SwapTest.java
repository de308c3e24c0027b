package busbar.noiommu;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_NOIOMMU_IOMMU;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import busbar.api.Caller;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Swaps in every order that the registry has, between versions in class loaders of their own. */
class SwapTest {
  /** A client that may do everything. */
  private static final Caller CALLER =
      (Caller)
          Proxy.newProxyInstance(
              Caller.class.getClassLoader(),
              new Class<?>[] {Caller.class},
              (proxy, method, arguments) -> method.getName().equals("has") ? true : "test");

  /** A version of the backend with a container. */
  private static final class Version {
    final Copy copy = new Copy(NoIommuDriver.class, Map.of());
    final VfioIommuDriverOps<Object> driver = driver();
    final Object container = driver.open(VFIO_NOIOMMU_IOMMU, CALLER);

    @SuppressWarnings("unchecked")
    private VfioIommuDriverOps<Object> driver() {
      return copy.as(VfioIommuDriverOps.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(copy.as(HandoverOps.class), container, copy::owns, () -> {});
    }

    void assertServes() {
      assertThat(
              catchThrowable(
                  () -> driver.ioctl(container, CALLER, VFIO_IOMMU_MAP_DMA, MemorySegment.NULL)))
          .hasMessageStartingWith("ENOTTY");
    }
  }

  @Test
  void thereIsNothingToHandOverAndThatIsHandedOverInAnyOrder() {
    Version old = new Version();
    Swap.neverRestores(old.side(), new Version().side(), phase -> {});
    Swap.isCalledOff(old.side(), new Version().side(), phase -> {});
    for (Damage damage : Damage.of(old.side().save())) {
      assertThat(Swap.isRefused(old.side(), new Version().side(), damage.record()))
          .as(damage.what())
          .isTrue();
    }
    old.assertServes();
    Version next = new Version();
    Swap.succeeds(old.side(), next.side(), phase -> {});
    next.assertServes();
    WeakReference<ClassLoader> trace = old.copy.trace();
    old = null;
    assertThat(Copy.isCollected(trace)).isTrue();
    next.driver.release(next.container);
  }
}
