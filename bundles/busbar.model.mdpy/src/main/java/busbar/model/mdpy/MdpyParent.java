package busbar.model.mdpy;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.mdev.NaturalAccess;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parent {@code mdpy}: displays of three sizes. Any thread. */
@Component(service = MdevParent.class)
@Designate(ocd = MdpyParent.Config.class)
public final class MdpyParent implements MdevParent<Mdpy>, HandoverOps<Mdpy> {
  private static final int STATE_VERSION = 1;

  /** What there is to hand out. */
  @ObjectClassDefinition(name = "Busbar: mediated displays")
  public @interface Config {
    @AttributeDefinition(description = "displays of all sizes together")
    int count() default 4;
  }

  private final int count;
  private final PhysicalMemory physicalMemory;

  @Activate
  public MdpyParent(Config config, @Reference PhysicalMemory physicalMemory) {
    this(config.count(), physicalMemory);
  }

  MdpyParent(int count, PhysicalMemory physicalMemory) {
    if (count < 1) {
      throw new IllegalArgumentException("mdpy cannot hand out " + count + " displays");
    }
    this.count = count;
    this.physicalMemory = physicalMemory;
  }

  @Override
  public String name() {
    return "mdpy";
  }

  @Override
  public String path() {
    return "class/mdpy/mdpy";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return Arrays.stream(Resolution.values()).map(Resolution::type).toList();
  }

  @Override
  public int maxInstances() {
    return count;
  }

  @Override
  public Mdpy create(MdevType type, String uuid, VfioDevice vfio) {
    Mdpy.Origin framebuffer = vfio.isTakenOver() ? Mdpy.Origin.INHERITED : Mdpy.Origin.NEW;
    return new Mdpy(uuid, Resolution.of(type), physicalMemory, framebuffer);
  }

  @Override
  public void remove(Mdpy display) {
    display.drop();
  }

  /** Nothing to do: a display keeps its picture from user to user. */
  @Override
  public void open(Mdpy display, Caller caller) {}

  @Override
  public void release(Mdpy display) {}

  @Override
  public int read(Mdpy display, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.read(buffer, offset, display);
  }

  @Override
  public int write(Mdpy display, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.write(buffer, offset, display);
  }

  @Override
  public MappedRegion mmap(Mdpy display, Caller caller, MmapRequest request) {
    return display.map(request);
  }

  @Override
  public long ioctl(Mdpy display, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_DEVICE_GET_INFO -> display.deviceInfo(argument);
      case VFIO_DEVICE_GET_REGION_INFO -> display.regionInfo(argument);
      case VFIO_DEVICE_GET_IRQ_INFO -> display.irqInfo(argument);
      case VFIO_DEVICE_QUERY_GFX_PLANE -> display.queryPlane(argument);
      case VFIO_DEVICE_RESET -> display.reset();
      case VFIO_DEVICE_SET_IRQS -> throw Errno.EINVAL.because("mdpy has no interrupts");
      default -> throw Errno.ENOTTY.because("mdpy has no ioctl 0x%x", command);
    }
    return 0;
  }

  @Override
  public String stateKind() {
    return Mdpy.STATE_KIND;
  }

  @Override
  public int stateVersion() {
    return STATE_VERSION;
  }

  @Override
  public StateRecord save(Mdpy display) {
    return display.save(STATE_VERSION);
  }

  @Override
  public void restore(Mdpy fresh, StateRecord state) {
    fresh.restore(state, STATE_VERSION);
  }

  /** Nothing was stopped. */
  @Override
  public void resume(Mdpy display) {}

  @Override
  public void forget(Mdpy display) {
    display.forget();
  }
}
