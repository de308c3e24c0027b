package busbar.model.mdpy;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.DeviceMemory;
import busbar.api.memory.Extent;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.memory.Protection;
import busbar.conformance.swap.DeviceStub;
import busbar.uapi.VfioDeviceGfxPlaneInfo;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values as Linux recorded them; what was not recorded as the sample's registers define it. */
class MdpyTest {
  private static final long FRAMEBUFFER = 4096;
  private static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa2001";
  private static final int PROBE = 1;
  private static final int DMABUF = 2;
  private static final int REGION = 4;

  private final PhysicalMemory physical = new PhysicalMemory();
  private final MdpyParent parent = new MdpyParent(4, physical);
  private final Mdpy vga = make(0);

  private Mdpy make(int type) {
    return parent.create(parent.types().get(type), UUID, DeviceStub.of(UUID));
  }

  private static MemorySegment struct(int size) {
    MemorySegment struct = MemorySegment.ofArray(new byte[size]);
    Args.putU32(struct, 0, size);
    return struct;
  }

  private static Errno errnoOf(ThrowingCallable call) {
    VfioException failure = catchThrowableOfType(VfioException.class, call);
    return failure == null ? null : failure.errno();
  }

  private String hex(Mdpy display, long offset, int count) {
    byte[] bytes = new byte[count];
    parent.read(display, null, MemorySegment.ofArray(bytes), offset);
    return HexFormat.of().formatHex(bytes);
  }

  private void write(Mdpy display, long offset, String hex) {
    parent.write(display, null, MemorySegment.ofArray(HexFormat.of().parseHex(hex)), offset);
  }

  @Test
  void theParentNamesItsTypesAsRecorded() {
    assertThat(parent.types())
        .extracting("name")
        .containsExactly("mdpy-vga", "mdpy-xga", "mdpy-hd");
    assertThat(parent.types().get(0).description())
        .isEqualTo("virtual display, 640x480 framebuffer");
    assertThat(parent.maxInstances()).isEqualTo(4);
  }

  @Test
  void configurationSpaceIsThatOfTheRecordedDisplay() {
    String recorded =
        "361b0f000300100001008003000000000800000000000000000000000000000000000000000000000000000"
            + "0f41a001100000000400000000000000000000000090010005852323480020000e00100000000000000000"
            + "0000000000000000000000000000000000000000000000000000000000000000000000000000000";
    assertThat(hex(vga, 0, 128)).isEqualTo((recorded + "0".repeat(256)).substring(0, 256));
    assertThat(hex(vga, 0xfc, 4)).isEqualTo("00000000");
    assertThat(errnoOf(() -> hex(vga, 0xfe, 4))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> hex(vga, 7L << 40, 128))).isEqualTo(Errno.EFAULT);
  }

  @Test
  void theBarTellsItsSizeAndKeepsAnAddress() {
    write(vga, 0x10, "ffffffff");
    assertThat(hex(vga, 0x10, 4)).isEqualTo("0800e0ff");
    write(vga, 0x10, "010000fe");
    assertThat(hex(vga, 0x10, 4)).isEqualTo("080000fe");
    write(vga, 0x00, "00000000");
    assertThat(hex(vga, 0x00, 4)).isEqualTo("361b0f00");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 7, 0x200000, 0x1000",
    "1, 0, 0, 0",
    "6, 0, 0, 0",
    "7, 3, 0xff, 0",
    "8, 0, 0, 0",
    "16, 7, 0x200000, 0x1000"
  })
  void regionsAreAsRecorded(int index, int flags, String size, String offset) {
    MemorySegment info = struct(128);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, index);
    parent.ioctl(vga, null, VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info))
        .isEqualTo(
            new VfioRegionInfo(128, flags, index, 0, Long.decode(size), Long.decode(offset)));
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 15, 17, -1})
  void otherRegionsThereAreNot(int index) {
    MemorySegment info = struct(32);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, index);
    assertThat(errnoOf(() -> parent.ioctl(vga, null, VFIO_DEVICE_GET_REGION_INFO, info)))
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void interruptIndexesAreKnownOnceTheDeviceInfoWasAsked() {
    MemorySegment irq = struct(16);
    Args.putU32(irq, VfioIrqInfo.OFFSET_COUNT, 9);
    assertThat(errnoOf(() -> parent.ioctl(vga, null, VFIO_DEVICE_GET_IRQ_INFO, irq)))
        .isEqualTo(Errno.EINVAL);
    MemorySegment info = struct(24);
    parent.ioctl(vga, null, VFIO_DEVICE_GET_INFO, info);
    assertThat(VfioDeviceInfo.decode(info)).isEqualTo(new VfioDeviceInfo(24, 2, 9, 5, 0, 0));
    parent.ioctl(vga, null, VFIO_DEVICE_GET_IRQ_INFO, irq);
    assertThat(VfioIrqInfo.decode(irq)).isEqualTo(new VfioIrqInfo(16, 0, 0, 0));
    Args.putU32(irq, VfioIrqInfo.OFFSET_INDEX, 5);
    assertThat(errnoOf(() -> parent.ioctl(vga, null, VFIO_DEVICE_GET_IRQ_INFO, irq)))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> parent.ioctl(vga, null, VFIO_DEVICE_SET_IRQS, struct(20))))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> parent.ioctl(vga, null, 0x3bff, struct(20)))).isEqualTo(Errno.ENOTTY);
  }

  @Test
  void thePlaneIsARegionAndNothingElse() {
    MemorySegment plane = plane(REGION);
    assertThat(VfioDeviceGfxPlaneInfo.decode(plane))
        .isEqualTo(
            new VfioDeviceGfxPlaneInfo(
                64, REGION, 0, 0x34325258, 0, 640, 480, 2560, 0x200000, 0, 0, 0, 0, 16, 0));
    assertThat(plane(PROBE | REGION).get(ValueLayout.JAVA_INT_UNALIGNED, 12)).isZero();
    for (int flags : new int[] {0, PROBE, DMABUF, PROBE | DMABUF, REGION | DMABUF}) {
      assertThat(errnoOf(() -> plane(flags))).as("flags %d", flags).isEqualTo(Errno.EINVAL);
    }
  }

  private MemorySegment plane(int flags) {
    MemorySegment plane = struct(64);
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_FLAGS, flags);
    parent.ioctl(vga, null, VFIO_DEVICE_QUERY_GFX_PLANE, plane);
    return plane;
  }

  @Test
  void aMappingShowsThePictureAndStartsAtItsStart() {
    MappedRegion region = parent.mmap(vga, null, MmapRequest.shared(FRAMEBUFFER, 0x200000));
    MmioWindow window = region.fault(0);
    assertThat(window.load(region.windowOffset(0), 4)).isZero();
    assertThat(window.load(region.windowOffset(479 * 2560), 1)).isEqualTo(479 * 255 / 480);
    window.store(region.windowOffset(8), 4, 0x11223344);
    assertThat(window.memory().get(ValueLayout.JAVA_INT, 8)).isEqualTo(0x11223344);
    parent.ioctl(vga, null, VFIO_DEVICE_RESET, MemorySegment.NULL);
    assertThat(window.load(8, 4)).isZero();
  }

  @Test
  void otherMappingsAreRefused() {
    assertThat(errnoOf(() -> map(0, 4096))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> map(0x2000, 4096))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> map(FRAMEBUFFER, 0x200001))).isEqualTo(Errno.EINVAL);
    MmapRequest copy =
        new MmapRequest(
            FRAMEBUFFER, 4096, Set.of(MmapRequest.Prot.READ), MmapRequest.Sharing.PRIVATE);
    assertThat(errnoOf(() -> parent.mmap(vga, null, copy))).isEqualTo(Errno.EINVAL);
  }

  private MappedRegion map(long offset, long length) {
    return parent.mmap(vga, null, MmapRequest.shared(offset, length));
  }

  @Test
  void throughTheDeviceFileOnlyTheFirstBytesAreReached() {
    write(vga, FRAMEBUFFER + 0x10000, "55667788");
    assertThat(hex(vga, FRAMEBUFFER, 4)).isEqualTo("55667788");
    assertThat(errnoOf(() -> hex(vga, FRAMEBUFFER + 0x200000, 1))).isEqualTo(Errno.EFAULT);
    assertThat(hex(vga, FRAMEBUFFER + 0x1fffff, 1)).isEqualTo("55");
  }

  @Test
  void aDeviceCanWriteToAMappedFramebuffer() {
    AddressSpace client = new AddressSpace("client", physical);
    MappedRegion region = map(FRAMEBUFFER, 0x200000);
    DeviceMemory mapped =
        new DeviceMemory() {
          @Override
          public MmioWindow windowAt(long offset) {
            return region.fault(offset);
          }

          @Override
          public long windowOffset(long offset) {
            return region.windowOffset(offset);
          }
        };
    long vaddr = client.placeDevice(mapped, 0x200000, Protection.READ_WRITE);
    Extent extent = client.pin(vaddr + 0x1000, 0x2000, Access.WRITE);
    assertThat(extent.length()).isEqualTo(0x2000);
    parent.remove(vga);
    MemorySegment pixel = MemorySegment.ofArray(new byte[] {1, 2, 3, 4});
    assertThat(physical.write(extent.physical(), pixel, 0, 4)).as("while it is pinned").isTrue();
    assertThat(region.fault(0).load(0x1000, 4)).isEqualTo(0x04030201);
    physical.unpin(extent.physical(), extent.length());
    assertThat(physical.write(extent.physical(), pixel, 0, 4)).isFalse();
    assertThat(physical.blockCount()).isZero();
  }

  @Test
  void aSuccessorShowsTheSamePicture() {
    MmioWindow before = map(FRAMEBUFFER, 4096).fault(0);
    before.store(16, 4, 0xcafe);
    write(vga, 0x10, "000000fe");
    MdpyParent next = new MdpyParent(4, physical);
    Mdpy fresh = next.create(next.types().get(0), "other", DeviceStub.takenOver("other"));
    next.restore(fresh, parent.save(vga));
    parent.forget(vga);
    parent.remove(vga);
    MmioWindow after = next.mmap(fresh, null, MmapRequest.shared(FRAMEBUFFER, 4096)).fault(0);
    assertThat(after.load(16, 4)).isEqualTo(0xcafe);
    before.store(16, 4, 0xbeef);
    assertThat(after.load(16, 4)).isEqualTo(0xbeef);
    assertThat(after.physical()).isEqualTo(before.physical());
    next.remove(fresh);
    assertThat(physical.blockCount()).isZero();
  }

  @Test
  void aPictureOfAnotherSizeIsNotTakenOver() {
    Mdpy hd = make(2);
    assertThat(errnoOf(() -> parent.restore(hd, parent.save(vga)))).isEqualTo(Errno.EINVAL);
    assertThat(hex(hd, 0x48, 8)).isEqualTo("8007000038040000");
  }
}
