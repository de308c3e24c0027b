package busbar.model.mdpy;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.client.MmapRequest;
import busbar.api.mdev.MdevParent;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.HandoverOps;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.DeviceStub;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Swaps in every order that the registry has, between versions in class loaders of their own. */
class SwapTest {
  private enum Ending {
    DONE,
    CALLED_OFF,
    NEVER_RESTORED
  }

  private static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa3001";
  private static final long MEMORY = 0x1000;
  private static final int PICTURE = 0x11223344;

  private final PhysicalMemory physical = new PhysicalMemory();

  /** A version of the parent with a display. */
  private final class Version {
    final Copy copy;
    final MdevParent<Object> parent;
    final Object display;

    Version(boolean isTakenOver) {
      this(new Copy(MdpyParent.class, Map.of(), physical), isTakenOver);
    }

    Version(Copy copy, boolean isTakenOver) {
      this.copy = copy;
      parent = parent();
      display = parent.create(parent.types().get(0), UUID, new DeviceStub(UUID, isTakenOver));
    }

    @SuppressWarnings("unchecked")
    private MdevParent<Object> parent() {
      return copy.as(MdevParent.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(
          copy.as(HandoverOps.class), display, copy::owns, () -> parent.remove(display));
    }

    MmioWindow mapped() {
      return parent.mmap(display, null, MmapRequest.shared(MEMORY, 4096)).fault(0);
    }
  }

  private Version version;
  private MmioWindow before;

  @BeforeEach
  void drawAPixel() {
    version = new Version(false);
    before = version.mapped();
    before.store(16, 4, PICTURE);
    byte[] bar = {0, 0, 0, (byte) 0xfe};
    version.parent.write(version.display, null, MemorySegment.ofArray(bar), 0x10);
  }

  private void swap(Ending ending) {
    Version next = new Version(true);
    switch (ending) {
      case DONE -> {
        Swap.succeeds(version.side(), next.side(), phase -> {});
        version = next;
      }
      case CALLED_OFF -> Swap.isCalledOff(version.side(), next.side(), phase -> {});
      case NEVER_RESTORED -> Swap.neverRestores(version.side(), next.side(), phase -> {});
    }
  }

  private void assertTheUserSeesTheSame() {
    MmioWindow now = version.mapped();
    assertThat(now.load(16, 4)).isEqualTo(PICTURE);
    assertThat(now.physical()).isEqualTo(before.physical());
    before.store(20, 4, 0x77);
    assertThat(now.load(20, 4)).as("the same memory").isEqualTo(0x77);
    byte[] bar = new byte[4];
    version.parent.read(version.display, null, MemorySegment.ofArray(bar), 0x10);
    assertThat(bar[3]).isEqualTo((byte) 0xfe);
    assertThat(physical.blockCount()).isEqualTo(1);
    version.parent.release(version.display);
    version.parent.remove(version.display);
    assertThat(physical.blockCount()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void everythingIsThereAfterEachSwap(Ending ending) {
    swap(ending);
    swap(Ending.DONE);
    swap(ending);
    assertTheUserSeesTheSame();
  }

  @Test
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn() {
    Copy other = new Copy(MdpyParent.class, Map.of(), physical);
    int refused = 0;
    for (Damage damage : Damage.of(version.side().save())) {
      Version next = new Version(other, true);
      try {
        refused += Swap.isRefused(version.side(), next.side(), damage.record()) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(damage.what(), e);
      }
    }
    assertThat(refused).isGreaterThan(10);
    assertTheUserSeesTheSame();
  }

  @Test
  void whoeverLeavesIsCollected() {
    WeakReference<ClassLoader> first = version.copy.trace();
    swap(Ending.DONE);
    assertThat(Copy.isCollected(first)).isTrue();
    Version next = new Version(true);
    Swap.isCalledOff(version.side(), next.side(), phase -> {});
    WeakReference<ClassLoader> second = next.copy.trace();
    next = null;
    assertThat(Copy.isCollected(second)).isTrue();
    assertThat(before.memory().get(ValueLayout.JAVA_INT_UNALIGNED, 16)).isEqualTo(PICTURE);
    assertTheUserSeesTheSame();
  }
}
