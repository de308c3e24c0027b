package busbar.pci;

import static busbar.pci.PciRegs.PCI_HEADER_TYPE;
import static busbar.pci.PciRegs.PCI_HEADER_TYPE_MASK;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_LOW_POWER_EXIT;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_SET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_IOEVENTFD;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_PCI_HOT_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.client.MmapRequest;
import busbar.api.device.FeatureCheck;
import busbar.api.device.MappedRegion;
import busbar.api.device.ModuleParameters;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import busbar.api.pci.VfioPciCore;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * {@code vfio-pci}: any PCI function with an ordinary header. Decodes each call once and hands it
 * to the part that serves it.
 */
@Component(
    service = {VfioBusDriver.class, VfioPciCore.class, ModuleParameters.class},
    configurationPid = "busbar.pci",
    property = VfioBusDriver.BUS + "=pci")
@Designate(ocd = VfioPciDriver.Config.class)
public final class VfioPciDriver implements VfioPciCore<PciCoreDevice>, ModuleParameters {
  private static final String NAME = "vfio-pci";

  /** A function whose ids the parameter names. */
  private static final int BID_BY_ID = 100;

  /** A virtual function whose physical one a user drives: nobody else may have it. */
  private static final int BID_FOR_VIRTUAL = Integer.MAX_VALUE;

  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final long UUID_SIZE = 16;

  /** Configuration of {@link VfioPciDriver}: first values of the parameters of {@code vfio_pci}. */
  @ObjectClassDefinition(name = "vfio-pci")
  public @interface Config {
    @AttributeDefinition(
        description =
            "Takes functions with these ids: vendor:device[:subvendor[:subdevice[:class[:mask]]]],"
                + " hexadecimal, with commas between them.")
    String ids() default "";

    @AttributeDefinition(description = "Masks INTx by its line, never by the COMMAND register.")
    boolean nointxmask() default false;

    @AttributeDefinition(description = "Shows no region of legacy VGA ranges.")
    boolean disable_vga() default false;

    @AttributeDefinition(description = "Leaves unused functions awake.")
    boolean disable_idle_d3() default false;

    @AttributeDefinition(
        description = "Allows virtual functions of functions that a user may open.")
    boolean enable_sriov() default false;

    @AttributeDefinition(description = "Takes accelerators that are known to be unsafe.")
    boolean disable_denylist() default false;
  }

  private final PciParameters parameters;

  /** Tokens of the functions whose virtual functions were enabled through this driver, by name. */
  private final Map<String, VfToken> sriovTokens = new ConcurrentHashMap<>();

  @Activate
  public VfioPciDriver(Config config) {
    parameters = new PciParameters(config);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public int bid(BusDevice device) {
    if (!(device instanceof PciDevice function)) {
      return 0;
    }
    if (physicalToken(function).isPresent()) {
      return BID_FOR_VIRTUAL;
    }
    List<PciIds.Pattern> patterns = parameters.ids();
    if (patterns.isEmpty()) {
      return 0;
    }
    PciIds ids = PciIds.of(function);
    return patterns.stream().anyMatch(pattern -> pattern.matches(ids)) ? BID_BY_ID : 0;
  }

  private Optional<VfToken> physicalToken(PciDevice function) {
    return function.physicalFunction().map(physical -> sriovTokens.get(physical.name()));
  }

  @Override
  public PciCoreDevice probe(BusDevice device, VfioDevice vfio) {
    if (!(device instanceof PciDevice function)) {
      throw Errno.EINVAL.because("%s is no PCI function", device.name());
    }
    if (!parameters.disableDenylist() && PciIds.of(function).isDenied()) {
      throw Errno.EINVAL.because(
          "%s is on the list of unsafe accelerators; vfio_pci.disable_denylist takes it anyway",
          device.name());
    }
    if ((function.readConfig(PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MASK) != 0) {
      throw Errno.EINVAL.because("%s is a bridge", device.name());
    }
    // while a swap goes on, the device is in use and its state comes with restore
    boolean inUse = vfio.isTakenOver();
    if (!inUse && function.sriov().map(Sriov::numVfs).orElse(0) > 0) {
      throw Errno.EBUSY.because("%s has virtual functions that were enabled before", device.name());
    }
    assignSet(function, vfio);
    PciCoreDevice core =
        new PciCoreDevice(function, vfio, parameters.latch(), physicalToken(function));
    if (inUse) {
      core.foresee();
    } else {
      function.setPowerState(FunctionPower.D0);
      core.idle();
    }
    return core;
  }

  /** Functions that can only be reset together are one set. */
  private static void assignSet(PciDevice function, VfioDevice vfio) {
    if (function.onRootBus() || function.physicalFunction().isPresent()) {
      return;
    }
    PciAddress address = function.address();
    String bus = "%04x:%02x".formatted(address.domain(), address.bus());
    vfio.assignSet(
        function.hotReset() == PciDevice.HotReset.SLOT
            ? "pci slot %s:%02x".formatted(bus, address.device())
            : "pci bus " + bus);
  }

  @Override
  public void remove(PciCoreDevice core) {
    if (core.isHandedOver()) {
      return;
    }
    disableVirtualFunctions(core);
    core.power.resume();
  }

  @Override
  public boolean matches(PciCoreDevice core, Caller caller, String text) {
    if (!DeviceName.names(text, core.name())) {
      return false;
    }
    Optional<UUID> given = DeviceName.token(text, core.name());
    if (core.isVirtualFunction() && core.physicalToken().isPresent()) {
      core.physicalToken().get().admitVirtual(core.name(), given);
    } else if (core.token().isPresent()) {
      core.token().get().admitPhysical(core.name(), given);
    } else if (given.isPresent()) {
      throw Errno.EINVAL.because("%s has no use for a token", core.name());
    }
    return true;
  }

  @Override
  public void open(PciCoreDevice core, Caller caller) {
    core.open();
  }

  @Override
  public void release(PciCoreDevice core) {
    core.close();
  }

  @Override
  public int read(PciCoreDevice core, Caller caller, MemorySegment buffer, long offset) {
    boolean begun = core.lowPower.begin();
    try {
      return core.opened().regions.read(buffer, offset);
    } catch (VfioException e) {
      if (!fellAsleep(core, begun, e)) {
        throw e;
      }
    } finally {
      core.lowPower.end(begun);
    }
    return read(core, caller, buffer, offset);
  }

  @Override
  public int write(PciCoreDevice core, Caller caller, MemorySegment buffer, long offset) {
    boolean begun = core.lowPower.begin();
    try {
      return core.opened().regions.write(buffer, offset);
    } catch (VfioException e) {
      if (!fellAsleep(core, begun, e)) {
        throw e;
      }
    } finally {
      core.lowPower.end(begun);
    }
    return write(core, caller, buffer, offset);
  }

  /** Another thread put the device to sleep while an access that did not count went on. */
  private static boolean fellAsleep(PciCoreDevice core, boolean begun, VfioException failure) {
    return !begun && failure.errno() == Errno.EIO && core.lowPower.isEngaged();
  }

  @Override
  public MappedRegion mmap(PciCoreDevice core, Caller caller, MmapRequest request) {
    return core.opened().regions.map(request);
  }

  @Override
  public long ioctl(PciCoreDevice core, Caller caller, int command, MemorySegment argument) {
    boolean begun = core.lowPower.begin();
    try {
      OpenFunction function = core.opened();
      switch (command) {
        case VFIO_DEVICE_GET_INFO -> function.deviceInfo(argument);
        case VFIO_DEVICE_GET_REGION_INFO -> function.regions.info(argument);
        case VFIO_DEVICE_GET_IRQ_INFO -> function.irqInfo(argument);
        case VFIO_DEVICE_SET_IRQS -> {
          return function.setIrqs.run(caller, argument);
        }
        case VFIO_DEVICE_RESET -> core.reset();
        case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO -> HotReset.info(core, argument);
        case VFIO_DEVICE_PCI_HOT_RESET -> HotReset.run(core, caller, argument);
        case VFIO_DEVICE_IOEVENTFD -> function.ioeventfds.set(caller, argument);
        default -> throw Errno.ENOTTY.because("%s has no ioctl 0x%x", NAME, command);
      }
      return 0;
    } finally {
      core.lowPower.end(begun);
    }
  }

  @Override
  public long deviceFeature(
      PciCoreDevice core, Caller caller, int flags, MemorySegment data, long payloadSize) {
    boolean begun = core.lowPower.begin();
    try {
      switch (FeatureCheck.index(flags)) {
        case VFIO_DEVICE_FEATURE_PCI_VF_TOKEN -> setToken(core, flags, data, payloadSize);
        case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY -> core.lowPower.enter(flags, payloadSize);
        case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP ->
            core.lowPower.enterWithWakeup(caller, flags, data, payloadSize);
        case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT -> core.lowPower.exit(flags, payloadSize);
        default ->
            throw Errno.ENOTTY.because("%s has no feature %d", NAME, FeatureCheck.index(flags));
      }
      return 0;
    } finally {
      core.lowPower.end(begun);
    }
  }

  private static void setToken(
      PciCoreDevice core, int flags, MemorySegment data, long payloadSize) {
    VfToken token =
        core.token()
            .orElseThrow(
                () -> Errno.ENOTTY.because("%s has no virtual functions to guard", core.name()));
    if (FeatureCheck.check(flags, payloadSize, VFIO_DEVICE_FEATURE_SET, UUID_SIZE)
        == FeatureCheck.Verdict.GO_ON) {
      MemorySegment uuid = Args.struct(data, UUID_SIZE);
      token.set(new UUID(uuid.get(BE64, 0), uuid.get(BE64, 8)));
    }
  }

  @Override
  public void request(PciCoreDevice core, int count) {
    OpenFunction function = core.opened();
    if (function != null) {
      function.errReq.request(count);
    }
  }

  @Override
  public int configureVirtualFunctions(PciCoreDevice core, int count) {
    if (!parameters.enableSriov()) {
      throw Errno.ENOENT.because(
          "vfio_pci.enable_sriov is off, %s keeps its virtual functions to itself", core.name());
    }
    Sriov sriov =
        core.device
            .sriov()
            .orElseThrow(() -> Errno.ENOENT.because("%s has no SR-IOV", core.name()));
    if (count == 0) {
      disableVirtualFunctions(core);
      return 0;
    }
    if (sriov.numVfs() == count) {
      return count;
    }
    // its token must be known before the first of them appears
    if (sriovTokens.putIfAbsent(core.name(), core.token().orElseThrow()) != null) {
      throw Errno.EBUSY.because(
          "%s has %d virtual functions, disable them first", core.name(), sriov.numVfs());
    }
    try {
      keepAwake(core);
      sriov.enable(count);
    } catch (RuntimeException e) {
      sriovTokens.remove(core.name());
      throw e;
    }
    return count;
  }

  /** Virtual functions are dead while their physical one sleeps. */
  private static void keepAwake(PciCoreDevice core) {
    ReentrantLock setLock = core.vfio.set().setLock();
    setLock.lock();
    try {
      core.power.resume();
      core.memory.exclusively(
          MemoryGate.Mappings.KEEP, () -> core.power.setState(FunctionPower.D0));
    } finally {
      setLock.unlock();
    }
  }

  private void disableVirtualFunctions(PciCoreDevice core) {
    core.device.sriov().filter(sriov -> sriov.numVfs() > 0).ifPresent(Sriov::disable);
    if (sriovTokens.remove(core.name()) != null && !core.isOpen()) {
      core.idle();
    }
  }

  @Override
  public String module() {
    return "vfio_pci";
  }

  @Override
  public List<Parameter> parameters() {
    return parameters.list();
  }

  @Override
  public void set(String name, String value) {
    parameters.set(name, value);
  }

  @Override
  public String stateKind() {
    return Handover.KIND;
  }

  @Override
  public int stateVersion() {
    return Handover.VERSION;
  }

  @Override
  public StateRecord save(PciCoreDevice core) {
    return Handover.save(core, sriovTokens.containsKey(core.name()));
  }

  @Override
  public void restore(PciCoreDevice fresh, StateRecord state) {
    if (Handover.restore(fresh, state)) {
      sriovTokens.put(fresh.name(), fresh.token().orElseThrow());
    }
  }

  @Override
  public void resume(PciCoreDevice core) {
    core.resume();
  }

  @Override
  public void forget(PciCoreDevice core) {
    // a successor on this same core has put its own there
    core.token().ifPresent(token -> sriovTokens.remove(core.name(), token));
    core.handOver();
  }
}
