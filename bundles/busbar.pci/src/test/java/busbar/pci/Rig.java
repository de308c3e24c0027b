package busbar.pci;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.DeviceSet.Member;
import busbar.conformance.swap.Side;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIrqSet;
import java.lang.annotation.Annotation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A driver with one function in a test's hands. */
final class Rig {
  final FakeFunction function;
  final FakeVfio vfio;
  final VfioPciDriver driver;
  PciCoreDevice core;

  Rig(FakeFunction function) {
    this(function, new VfioPciDriver(new TestConfig()), new FakeVfio(function));
  }

  Rig(FakeFunction function, VfioPciDriver driver, FakeVfio vfio) {
    this.function = function;
    this.vfio = vfio;
    this.driver = driver;
  }

  Rig bind() {
    core = driver.probe(function, vfio);
    vfio.set.members.add(new Member(vfio, "vfio-pci", core));
    return this;
  }

  /** The next version of the driver takes the function from this one. */
  Rig successor() {
    return successor(new TestConfig());
  }

  Rig successor(TestConfig config) {
    Rig next = new Rig(function, new VfioPciDriver(config), vfio);
    vfio.takenOver = true;
    next.core = next.driver.probe(function, vfio);
    vfio.takenOver = false;
    return next;
  }

  Side<PciCoreDevice> side() {
    return new Side<>(
        driver,
        core,
        type -> type.getPackageName().equals("busbar.pci"),
        () -> driver.remove(core));
  }

  Rig open() {
    driver.open(core, vfio);
    vfio.open = true;
    return this;
  }

  void close() {
    vfio.open = false;
    driver.release(core);
  }

  /** Reads a little-endian number of 1, 2, 4 or 8 bytes from the device file. */
  long read(int region, long offset, int width) {
    byte[] bytes = new byte[width];
    int count = driver.read(core, vfio, MemorySegment.ofArray(bytes), file(region, offset));
    assertThat(count).isEqualTo(width);
    return LittleEndian.get(MemorySegment.ofArray(bytes), 0, width);
  }

  void write(int region, long offset, int width, long value) {
    MemorySegment buffer = MemorySegment.ofArray(new byte[width]);
    LittleEndian.put(buffer, 0, width, value);
    assertThat(driver.write(core, vfio, buffer, file(region, offset))).isEqualTo(width);
  }

  static long file(int region, long offset) {
    return ((long) region << 40) + offset;
  }

  long config(int offset, int width) {
    return read(VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX, offset, width);
  }

  void config(int offset, int width, long value) {
    write(VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX, offset, width, value);
  }

  long ioctl(int command, MemorySegment argument) {
    return driver.ioctl(core, vfio, command, argument);
  }

  /** SET_IRQS with descriptors as data. */
  long irqs(int flags, int index, int start, int count, int... fds) {
    MemorySegment argument = irqSet(flags, index, start, count, 4 * fds.length);
    for (int i = 0; i < fds.length; i++) {
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqSet.OFFSET_DATA + 4L * i, fds[i]);
    }
    return ioctl(VfioHeader.VFIO_DEVICE_SET_IRQS, argument);
  }

  /** SET_IRQS with one truth value as data. */
  long irqsBool(int flags, int index, int start, int count, int bool) {
    MemorySegment argument = irqSet(flags, index, start, count, count);
    for (int i = 0; i < count; i++) {
      argument.set(ValueLayout.JAVA_BYTE, VfioIrqSet.OFFSET_DATA + i, (byte) bool);
    }
    return ioctl(VfioHeader.VFIO_DEVICE_SET_IRQS, argument);
  }

  private static MemorySegment irqSet(int flags, int index, int start, int count, int data) {
    MemorySegment argument = MemorySegment.ofArray(new byte[(int) VfioIrqSet.SIZE + data]);
    new VfioIrqSet((int) argument.byteSize(), flags, index, start, count).encode(argument);
    return argument;
  }

  static void refused(Errno errno, ThrowingCallable call) {
    assertThat(errnoOf(call)).isEqualTo(errno);
  }

  /** The errno that a call fails with, {@code null} if it does not. */
  static Errno errnoOf(ThrowingCallable call) {
    try {
      call.call();
      return null;
    } catch (VfioException e) {
      assertThat(e.because()).isNotBlank();
      return e.errno();
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** Parameters as a test wants them. */
  @SuppressWarnings("BadAnnotationImplementation")
  static final class TestConfig implements VfioPciDriver.Config {
    String ids = "";
    boolean nointxmask;
    boolean disableVga;
    boolean disableIdleD3 = true;
    boolean enableSriov = true;
    boolean disableDenylist;

    @Override
    public String ids() {
      return ids;
    }

    @Override
    public boolean nointxmask() {
      return nointxmask;
    }

    @Override
    public boolean disable_vga() {
      return disableVga;
    }

    @Override
    public boolean disable_idle_d3() {
      return disableIdleD3;
    }

    @Override
    public boolean enable_sriov() {
      return enableSriov;
    }

    @Override
    public boolean disable_denylist() {
      return disableDenylist;
    }

    @Override
    public Class<? extends Annotation> annotationType() {
      return VfioPciDriver.Config.class;
    }
  }
}
