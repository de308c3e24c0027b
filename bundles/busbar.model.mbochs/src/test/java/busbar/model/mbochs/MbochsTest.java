package busbar.model.mbochs;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_GFX_DMABUF;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.memory.PhysicalMemory;
import busbar.uapi.VfioDeviceGfxPlaneInfo;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values as Linux recorded them; what was not recorded as the Bochs interface defines it. */
class MbochsTest {
  private static final long REGISTERS = 0x1000;
  private static final long VBE = REGISTERS + 0x500;
  private static final long EDID = 0x2000;
  private static final long MEMORY = 0x3000;
  private static final int PROBE = 1;
  private static final int DMABUF = 2;
  private static final int REGION = 4;

  private final PhysicalMemory physical = new PhysicalMemory();
  private final MbochsParent parent = new MbochsParent(256, physical);
  private final Mbochs display = make(0);
  private final List<FileOps> installed = new ArrayList<>();

  /** A caller that can only take files. */
  private final Caller caller =
      (Caller)
          Proxy.newProxyInstance(
              Caller.class.getClassLoader(),
              new Class<?>[] {Caller.class},
              (proxy, method, arguments) -> {
                installed.add((FileOps) arguments[0]);
                return 10 + installed.size();
              });

  private Mbochs make(int type) {
    return parent.create(parent.types().get(type), "83b8f4f2-509f-382f-3c1e-e6bfe0fa3001", null);
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

  private String hex(long offset, int count) {
    byte[] bytes = new byte[count];
    parent.read(display, caller, MemorySegment.ofArray(bytes), offset);
    return HexFormat.of().formatHex(bytes);
  }

  private void write(long offset, String hex) {
    parent.write(display, caller, MemorySegment.ofArray(HexFormat.of().parseHex(hex)), offset);
  }

  private void vbe(int index, int value) {
    write(VBE + 2L * index, "%02x%02x".formatted(value & 0xff, value >> 8));
  }

  private void show(int width, int height, int yOffset) {
    vbe(1, width);
    vbe(2, height);
    vbe(3, 32);
    vbe(9, yOffset);
    vbe(4, 0x41);
  }

  @Test
  void theBudgetIsSharedByAllSizes() {
    assertThat(parent.types())
        .extracting("name")
        .containsExactly("mbochs-small", "mbochs-medium", "mbochs-large");
    assertThat(parent.types().get(0).description()).isEqualTo("virtual display, 4 MB video memory");
    assertThat(parent.availableInstances(parent.types().get(0))).isEqualTo(63);
    for (int i = 0; i < 3; i++) {
      make(2);
    }
    assertThat(parent.availableInstances(parent.types().get(1))).isEqualTo(3);
    assertThat(errnoOf(() -> make(2))).isEqualTo(Errno.ENOSPC);
    parent.remove(display);
    make(2);
    assertThat(parent.availableInstances(parent.types().get(0))).isZero();
  }

  @Test
  void configurationSpaceIsThatOfTheRecordedDisplay() {
    String recorded = "34121111030000000100800300000000" + "08" + "00".repeat(27) + "f41a0011";
    assertThat(hex(0, 128)).isEqualTo(recorded + "00".repeat(80));
    assertThat(errnoOf(() -> hex(0xfe, 4))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> hex(7L << 40, 128))).isEqualTo(Errno.EFAULT);
    write(0x10, "ffffffff");
    write(0x18, "ffffffff");
    assertThat(hex(0x10, 12)).isEqualTo("0800c0ff" + "00000000" + "00f0ffff");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 7, 0x400000, 0x3000",
    "1, 0, 0, 0",
    "2, 3, 0x1000, 0x1000",
    "7, 3, 0xff, 0",
    "8, 0, 0, 0"
  })
  void regionsAreAsRecorded(int index, int flags, String size, String offset) {
    MemorySegment info = regionInfo(index, 128);
    assertThat(VfioRegionInfo.decode(info))
        .isEqualTo(
            new VfioRegionInfo(128, flags, index, 0, Long.decode(size), Long.decode(offset)));
  }

  private MemorySegment regionInfo(int index, int argsz) {
    MemorySegment info = struct(argsz);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, index);
    parent.ioctl(display, caller, VFIO_DEVICE_GET_REGION_INFO, info);
    return info;
  }

  @Test
  void theEdidRegionSaysWhatItIsIfThereIsRoom() {
    MemorySegment info = regionInfo(9, 128);
    assertThat(VfioRegionInfo.decode(info))
        .isEqualTo(new VfioRegionInfo(128, 0xb, 9, 32, 0x1000, 0x2000));
    byte[] capability = info.asSlice(32, 16).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    assertThat(HexFormat.of().formatHex(capability)).isEqualTo("02000100000000000100000001000000");
    assertThat(VfioRegionInfo.decode(regionInfo(9, 47)))
        .isEqualTo(new VfioRegionInfo(48, 0xb, 9, 0, 0x1000, 0x2000));
    assertThat(errnoOf(() -> regionInfo(10, 128))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void thereAreIndexesButNoInterrupts() {
    MemorySegment irq = struct(16);
    Args.putU32(irq, VfioIrqInfo.OFFSET_INDEX, 4);
    parent.ioctl(display, caller, VFIO_DEVICE_GET_IRQ_INFO, irq);
    assertThat(VfioIrqInfo.decode(irq)).isEqualTo(new VfioIrqInfo(16, 0, 4, 0));
    Args.putU32(irq, VfioIrqInfo.OFFSET_INDEX, 5);
    assertThat(errnoOf(() -> parent.ioctl(display, caller, VFIO_DEVICE_GET_IRQ_INFO, irq)))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> parent.ioctl(display, caller, VFIO_DEVICE_SET_IRQS, struct(20))))
        .isEqualTo(Errno.EINVAL);
    MemorySegment info = struct(24);
    parent.ioctl(display, caller, VFIO_DEVICE_GET_INFO, info);
    assertThat(VfioDeviceInfo.decode(info)).isEqualTo(new VfioDeviceInfo(24, 2, 10, 5, 0, 0));
  }

  @Test
  void theDisplayInterfaceTakesSixteenBitsAtATime() {
    assertThat(hex(VBE, 2)).isEqualTo("c5b0");
    assertThat(hex(VBE + 20, 2)).as("memory in 64 KiB").isEqualTo("4000");
    assertThat(hex(VBE, 4)).isEqualTo("00000000");
    vbe(1, 0x1234);
    write(VBE + 2, "ff");
    assertThat(hex(VBE + 2, 2)).isEqualTo("3412");
    parent.ioctl(display, caller, VFIO_DEVICE_RESET, MemorySegment.NULL);
    assertThat(hex(VBE + 2, 2)).isEqualTo("0000");
    assertThat(hex(VBE, 2)).isEqualTo("c5b0");
  }

  @Test
  void theGuestReadsTheEdidWhileTheLinkIsUp() {
    assertThat(hex(EDID, 24))
        .isEqualTo("00080000" + "00040000" + "00000000" + "20030000" + "58020000" + "00000000");
    write(EDID + 0x800, "00ffffffffffff00");
    write(EDID + 8, "80000000");
    write(EDID + 12, "ffffffff");
    assertThat(hex(EDID + 12, 4)).as("read-only").isEqualTo("20030000");
    assertThat(hex(REGISTERS, 8)).isEqualTo("00".repeat(8));
    write(EDID + 20, "01000000");
    assertThat(hex(REGISTERS, 8)).isEqualTo("00ffffffffffff00");
    assertThat(hex(REGISTERS + 0x80, 4)).isEqualTo("00000000");
    write(EDID + 20, "02000000");
    assertThat(hex(REGISTERS, 8)).isEqualTo("00".repeat(8));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, PROBE, REGION, PROBE | REGION, DMABUF | REGION, PROBE | DMABUF | REGION})
  void aPlaneIsADmaBufAndNothingElse(int flags) {
    assertThat(errnoOf(() -> plane(flags, 1))).isEqualTo(Errno.EINVAL);
  }

  private VfioDeviceGfxPlaneInfo plane(int flags, int type) {
    MemorySegment plane = struct(64);
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_FLAGS, flags);
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_DRM_PLANE_TYPE, type);
    parent.ioctl(display, caller, VFIO_DEVICE_QUERY_GFX_PLANE, plane);
    return VfioDeviceGfxPlaneInfo.decode(plane);
  }

  private static VfioDeviceGfxPlaneInfo nothing(int flags, int type) {
    return new VfioDeviceGfxPlaneInfo(64, flags, type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void withoutAPictureThePlaneIsEmpty() {
    assertThat(plane(PROBE | DMABUF, 0)).isEqualTo(nothing(PROBE | DMABUF, 0));
    assertThat(plane(DMABUF, 1)).isEqualTo(nothing(DMABUF, 1));
    show(63, 480, 0);
    assertThat(plane(DMABUF, 1)).as("too narrow").isEqualTo(nothing(DMABUF, 1));
    show(1024, 1025, 0);
    assertThat(plane(DMABUF, 1)).as("too large").isEqualTo(nothing(DMABUF, 1));
    show(640, 480, 0);
    vbe(3, 16);
    assertThat(plane(DMABUF, 1)).as("16 bits").isEqualTo(nothing(DMABUF, 1));
  }

  @Test
  void aPictureIsFoundAtTheSecondQueryAndStaysTheSameDmaBuf() {
    show(640, 480, 0);
    assertThat(errnoOf(() -> plane(DMABUF, 1))).isEqualTo(Errno.ENOMEM);
    VfioDeviceGfxPlaneInfo first = plane(DMABUF, 1);
    assertThat(first)
        .isEqualTo(
            new VfioDeviceGfxPlaneInfo(
                64, DMABUF, 1, 0x34325258, 0, 640, 480, 2560, 640 * 480 * 4, 0, 0, 0, 0, 1, 0));
    show(800, 600, 0);
    assertThat(errnoOf(() -> plane(DMABUF, 1))).isEqualTo(Errno.ENOMEM);
    assertThat(plane(DMABUF, 1).regionIndex()).isEqualTo(2);
    show(640, 480, 0);
    assertThat(plane(DMABUF, 1)).isEqualTo(first);
    assertThat(plane(DMABUF, 0)).as("another plane").isEqualTo(nothing(DMABUF, 0));
  }

  @Test
  void aDmaBufIsAFileOfTheCaller() {
    show(640, 480, 0);
    assertThat(errnoOf(() -> plane(DMABUF, 1))).isEqualTo(Errno.ENOMEM);
    assertThat(dmaBuf(1)).isEqualTo(11);
    assertThat(installed).singleElement().extracting(FileOps::name).asString().contains("dmabuf");
    assertThat(errnoOf(() -> dmaBuf(2))).isEqualTo(Errno.ENOENT);
    show(640, 480, 1);
    assertThat(errnoOf(() -> plane(DMABUF, 1))).isEqualTo(Errno.ENOMEM);
    assertThat(errnoOf(() -> dmaBuf(2))).as("not at a page").isEqualTo(Errno.EINVAL);
    parent.release(display);
    assertThat(errnoOf(() -> dmaBuf(1))).isEqualTo(Errno.ENOENT);
  }

  private long dmaBuf(int id) {
    MemorySegment argument = MemorySegment.ofArray(new byte[4]);
    Args.putU32(argument, 0, id);
    return parent.ioctl(display, caller, VFIO_DEVICE_GET_GFX_DMABUF, argument);
  }

  @Test
  void memoryThroughTheDeviceFileLiesTwoPagesFurtherThanInAMapping() {
    MappedRegion region = parent.mmap(display, caller, MmapRequest.shared(MEMORY, 0x400000));
    assertThat(region.fault(0).load(0, 4)).isZero();
    write(MEMORY, "11223344");
    assertThat(region.fault(0).load(region.windowOffset(0x2000), 4)).isEqualTo(0x44332211);
    assertThat(errnoOf(() -> hex(MEMORY + 0x3fe000, 1))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> hex(MEMORY + 0x400000, 1))).isEqualTo(Errno.EFAULT);
    assertThat(hex(MEMORY + 0x3fdfff, 1)).isEqualTo("00");
  }

  @Test
  void whatWasDrawnIsGoneWithTheLastUser() {
    write(MEMORY, "11223344");
    assertThat(physical.blockCount()).isEqualTo(1);
    parent.release(display);
    assertThat(physical.blockCount()).isZero();
    assertThat(hex(MEMORY, 4)).isEqualTo("00000000");
  }

  @Test
  void mappingsBeginAtTheStartOfMemory() {
    for (long offset : new long[] {0, 0x1000, 0x2000, 0x4000}) {
      assertThat(errnoOf(() -> parent.mmap(display, caller, MmapRequest.shared(offset, 4096))))
          .isEqualTo(Errno.EINVAL);
    }
    assertThat(errnoOf(() -> parent.mmap(display, caller, MmapRequest.shared(MEMORY, 0x401000))))
        .isEqualTo(Errno.EINVAL);
  }
}
