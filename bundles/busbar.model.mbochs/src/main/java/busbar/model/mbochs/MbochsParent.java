package busbar.model.mbochs;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_GFX_DMABUF;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parent {@code mbochs}: Bochs displays, as many as there is video memory. Any thread. */
@Component(service = MdevParent.class)
@Designate(ocd = MbochsParent.Config.class)
public final class MbochsParent implements MdevParent<Mbochs>, HandoverOps<Mbochs> {
  /** What there is to hand out. */
  @ObjectClassDefinition(name = "Busbar: mediated Bochs displays")
  public @interface Config {
    @AttributeDefinition(description = "video memory of all displays together, in MiB")
    int mebibytes() default 256;
  }

  private final AtomicInteger freeMebibytes;
  private final PhysicalMemory physicalMemory;

  @Activate
  public MbochsParent(Config config, @Reference PhysicalMemory physicalMemory) {
    this(config.mebibytes(), physicalMemory);
  }

  MbochsParent(int mebibytes, PhysicalMemory physicalMemory) {
    this.freeMebibytes = new AtomicInteger(mebibytes);
    this.physicalMemory = physicalMemory;
  }

  @Override
  public String name() {
    return "mbochs";
  }

  @Override
  public String path() {
    return "class/mbochs/mbochs";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return Arrays.stream(Model.values()).map(Model::type).toList();
  }

  @Override
  public int availableInstances(MdevType type) {
    return Math.max(0, freeMebibytes.get()) / Model.of(type).mebibytes();
  }

  /** {@code ENOSPC} if too little video memory is left. */
  @Override
  public Mbochs create(MdevType type, String uuid, VfioDevice vfio) {
    Model model = Model.of(type);
    int free;
    do {
      free = freeMebibytes.get();
      if (free < model.mebibytes()) {
        throw Errno.ENOSPC.because(
            "%s needs %d MiB, mbochs has %d MiB left", uuid, model.mebibytes(), free);
      }
    } while (!freeMebibytes.compareAndSet(free, free - model.mebibytes()));
    return new Mbochs(uuid, model, physicalMemory);
  }

  @Override
  public void remove(Mbochs display) {
    display.close();
    freeMebibytes.addAndGet(display.model().mebibytes());
  }

  @Override
  public void open(Mbochs display, Caller caller) {}

  @Override
  public void release(Mbochs display) {
    display.close();
  }

  @Override
  public int read(Mbochs display, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.read(buffer, offset, display);
  }

  @Override
  public int write(Mbochs display, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.write(buffer, offset, display);
  }

  @Override
  public MappedRegion mmap(Mbochs display, Caller caller, MmapRequest request) {
    return display.map(request);
  }

  @Override
  public long ioctl(Mbochs display, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_DEVICE_GET_INFO -> display.deviceInfo(argument);
      case VFIO_DEVICE_GET_REGION_INFO -> display.regionInfo(argument);
      case VFIO_DEVICE_GET_IRQ_INFO -> display.irqInfo(argument);
      case VFIO_DEVICE_QUERY_GFX_PLANE -> display.queryPlane(argument);
      case VFIO_DEVICE_GET_GFX_DMABUF -> {
        return caller.install(display.dmaBuf(argument));
      }
      case VFIO_DEVICE_RESET -> display.reset();
      case VFIO_DEVICE_SET_IRQS -> throw Errno.EINVAL.because("mbochs has no interrupts");
      default -> throw Errno.ENOTTY.because("mbochs has no ioctl 0x%x", command);
    }
    return 0;
  }

  @Override
  public String stateKind() {
    return Mbochs.STATE_KIND;
  }

  @Override
  public int stateVersion() {
    return Mbochs.STATE_VERSION;
  }

  @Override
  public StateRecord save(Mbochs display) {
    return display.save();
  }

  @Override
  public void restore(Mbochs fresh, StateRecord state) {
    fresh.restore(state);
  }

  /** Nothing was stopped. */
  @Override
  public void resume(Mbochs display) {}

  @Override
  public void forget(Mbochs display) {
    display.forget();
  }
}
