package busbar.model.mbochs;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.FileOps;
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
import busbar.uapi.VfioDeviceGfxPlaneInfo;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
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
  private static final long VBE = 0x1500;
  private static final long MEMORY = 0x3000;
  private static final int PICTURE = 0x11223344;

  private final PhysicalMemory physical = new PhysicalMemory();
  private final List<FileOps> installed = new ArrayList<>();
  private final Caller caller =
      (Caller)
          Proxy.newProxyInstance(
              Caller.class.getClassLoader(),
              new Class<?>[] {Caller.class},
              (proxy, method, arguments) -> {
                installed.add((FileOps) arguments[0]);
                return 10 + installed.size();
              });

  /** A version of the parent with a display. */
  private final class Version {
    final Copy copy;
    final MdevParent<Object> parent;
    final Object display;

    Version() {
      this(new Copy(MbochsParent.class, Map.of(), physical));
    }

    Version(Copy copy) {
      this.copy = copy;
      parent = parent();
      display = parent.create(parent.types().get(0), UUID, DeviceStub.takenOver(UUID));
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

    void writeRegister(int index, int value) {
      byte[] bytes = {(byte) value, (byte) (value >> 8)};
      parent.write(display, caller, MemorySegment.ofArray(bytes), VBE + 2L * index);
    }

    MmioWindow mapped() {
      return parent.mmap(display, caller, MmapRequest.shared(MEMORY, 4096)).fault(0);
    }

    /** The id of the picture as a dma-buf. */
    int plane() {
      MemorySegment info = MemorySegment.ofArray(new byte[(int) VfioDeviceGfxPlaneInfo.SIZE]);
      Args.putU32(info, 0, (int) info.byteSize());
      Args.putU32(info, VfioDeviceGfxPlaneInfo.OFFSET_FLAGS, 2);
      Args.putU32(info, VfioDeviceGfxPlaneInfo.OFFSET_DRM_PLANE_TYPE, 1);
      parent.ioctl(display, caller, VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE, info);
      return Args.u32(info, VfioDeviceGfxPlaneInfo.OFFSET_DMABUF_ID);
    }
  }

  private Version version;
  private MmioWindow before;
  private int plane;

  @BeforeEach
  void showAPicture() {
    version = new Version();
    version.writeRegister(1, 640);
    version.writeRegister(2, 480);
    version.writeRegister(3, 32);
    version.writeRegister(4, 1);
    before = version.mapped();
    before.store(16, 4, PICTURE);
    byte[] edid = {0x55};
    version.parent.write(version.display, caller, MemorySegment.ofArray(edid), 0x2800);
    try {
      version.plane();
    } catch (RuntimeException e) {
      // the first query of a picture fails, as the sample's does
    }
    plane = version.plane();
    MemorySegment id = MemorySegment.ofArray(new byte[4]);
    Args.putU32(id, 0, plane);
    version.parent.ioctl(version.display, caller, VfioHeader.VFIO_DEVICE_GET_GFX_DMABUF, id);
  }

  private void swap(Ending ending) {
    Version next = new Version();
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
    assertThat(version.plane()).as("the same picture is the same dma-buf").isEqualTo(plane);
    byte[] edid = new byte[1];
    version.parent.read(version.display, caller, MemorySegment.ofArray(edid), 0x2800);
    assertThat(edid[0]).isEqualTo((byte) 0x55);
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
  void aDisplayThatNobodyUsedYetHasNoMemoryToPassOn() {
    Version unused = new Version();
    Version next = new Version();
    Swap.succeeds(unused.side(), next.side(), phase -> {});
    assertThat(physical.blockCount()).isEqualTo(1);
    assertThat(next.mapped().load(0, 4)).isZero();
    next.parent.remove(next.display);
    assertThat(physical.blockCount()).isEqualTo(1);
  }

  @Test
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn() {
    Copy other = new Copy(MbochsParent.class, Map.of(), physical);
    int refused = 0;
    for (Damage damage : Damage.of(version.side().save())) {
      Version next = new Version(other);
      try {
        refused += Swap.isRefused(version.side(), next.side(), damage.record()) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(damage.what(), e);
      }
    }
    assertThat(refused).isGreaterThan(30);
    assertTheUserSeesTheSame();
  }

  @Test
  void whoeverLeavesIsCollectedAlthoughItsDmaBufIsOpen() {
    WeakReference<ClassLoader> first = version.copy.trace();
    swap(Ending.DONE);
    assertThat(Copy.isCollected(first)).isTrue();
    assertThat(installed).hasSize(1);
    Version next = new Version();
    Swap.isCalledOff(version.side(), next.side(), phase -> {});
    WeakReference<ClassLoader> second = next.copy.trace();
    next = null;
    assertThat(Copy.isCollected(second)).isTrue();
    assertThat(before.memory().get(ValueLayout.JAVA_INT_UNALIGNED, 16)).isEqualTo(PICTURE);
    assertTheUserSeesTheSame();
  }
}
