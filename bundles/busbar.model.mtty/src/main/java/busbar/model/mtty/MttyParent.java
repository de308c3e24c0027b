package busbar.model.mtty;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.device.DmaLoggingOps;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.mdev.NaturalAccess;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * The parent {@code mtty}: serial cards of one or two ports, as many as there are ports. Any
 * thread.
 */
@Component(service = MdevParent.class)
@Designate(ocd = MttyParent.Config.class)
public final class MttyParent
    implements MdevParent<Mtty>, MigrationOps<Mtty>, DmaLoggingOps<Mtty>, HandoverOps<Mtty> {
  private static final int STATE_VERSION = 1;
  private static final MdevType SINGLE = new MdevType("mtty-1", "Single port serial", "");
  private static final MdevType DUAL = new MdevType("mtty-2", "Dual port serial", "");

  /** What there is to hand out. */
  @ObjectClassDefinition(name = "Busbar: mediated serial cards")
  public @interface Config {
    @AttributeDefinition(description = "ports of all cards together")
    int ports() default 24;
  }

  private final AtomicInteger freePorts;

  @Activate
  public MttyParent(Config config) {
    this(config.ports());
  }

  MttyParent(int ports) {
    this.freePorts = new AtomicInteger(ports);
  }

  @Override
  public String name() {
    return "mtty";
  }

  @Override
  public String path() {
    return "class/mtty/mtty";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return List.of(SINGLE, DUAL);
  }

  private static int portsOf(MdevType type) {
    return type.equals(DUAL) ? 2 : 1;
  }

  @Override
  public int availableInstances(MdevType type) {
    return Math.max(0, freePorts.get()) / portsOf(type);
  }

  /** {@code ENOSPC} if too few ports are left. */
  @Override
  public Mtty create(MdevType type, String uuid, VfioDevice vfio) {
    int ports = portsOf(type);
    int free;
    do {
      free = freePorts.get();
      if (free < ports) {
        throw Errno.ENOSPC.because("%s needs %d ports, mtty has %d left", uuid, ports, free);
      }
    } while (!freePorts.compareAndSet(free, free - ports));
    return new Mtty(uuid, ports);
  }

  @Override
  public void remove(Mtty card) {
    freePorts.addAndGet(card.shownPorts());
  }

  /** Nothing to do: a card keeps its state from user to user. */
  @Override
  public void open(Mtty card, Caller caller) {}

  @Override
  public void release(Mtty card) {
    card.close();
  }

  @Override
  public int read(Mtty card, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.read(buffer, offset, card);
  }

  @Override
  public int write(Mtty card, Caller caller, MemorySegment buffer, long offset) {
    return NaturalAccess.write(buffer, offset, card);
  }

  @Override
  public long ioctl(Mtty card, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_DEVICE_GET_INFO -> card.deviceInfo(argument);
      case VFIO_DEVICE_GET_REGION_INFO -> card.regionInfo(argument);
      case VFIO_DEVICE_GET_IRQ_INFO -> card.irqInfo(argument);
      case VFIO_DEVICE_SET_IRQS -> card.setIrqs(caller, argument);
      case VFIO_DEVICE_RESET -> resetDone(card);
      default -> throw Errno.ENOTTY.because("mtty has no ioctl 0x%x", command);
    }
    return 0;
  }

  @Override
  public long migrationFlags(Mtty card) {
    return MttyMigration.FLAGS;
  }

  @Override
  public Optional<FileOps> setState(Mtty card, Caller caller, MigrationState target) {
    return card.migration().setState(target);
  }

  @Override
  public MigrationState state(Mtty card) {
    return card.migration().state();
  }

  @Override
  public long dataSize(Mtty card) {
    return MttyImage.size(card.shownPorts());
  }

  @Override
  public void enablePrecopyInfoV2(Mtty card) {
    card.migration().enablePrecopyInfoV2();
  }

  /** A reset ends a migration and leaves the ports as they are, as the sample's does. */
  @Override
  public void resetDone(Mtty card) {
    card.migration().reset();
  }

  /** Nothing is logged: the card writes no memory. */
  @Override
  public long loggingStart(Mtty card, List<Range> ranges, long pageSize) {
    return pageSize;
  }

  @Override
  public void loggingStop(Mtty card) {}

  @Override
  public void readAndClear(Mtty card, long iova, long length, DirtySink sink) {}

  @Override
  public String stateKind() {
    return Mtty.STATE_KIND;
  }

  @Override
  public int stateVersion() {
    return STATE_VERSION;
  }

  @Override
  public StateRecord save(Mtty card) {
    return card.save(STATE_VERSION);
  }

  @Override
  public void restore(Mtty fresh, StateRecord state) {
    fresh.restore(state, STATE_VERSION);
  }

  /** Nothing was stopped. */
  @Override
  public void resume(Mtty card) {}

  @Override
  public void forget(Mtty card) {
    card.forget();
  }
}
