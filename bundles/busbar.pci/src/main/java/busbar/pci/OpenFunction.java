package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_CAPS;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PCI;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_AUTOMASKED;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_MASKABLE;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_NORESIZE;
import static busbar.uapi.VfioHeader.VFIO_PCI_ERR_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSIX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_REGIONS;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.pci.PciSavedState;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioDeviceInfoCapPciAtomicComp;
import busbar.uapi.VfioIrqInfo;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What a device has while it is open: everything here is made by the open and gone at the close.
 */
final class OpenFunction {
  /** How the open found the function. */
  record Findings(
      boolean resetWorks, Intx.Masking masking, boolean intxBroken, PciSavedState atOpen) {}

  private final PciCoreDevice core;
  final Findings findings;
  final Interrupts irqs;
  final ErrReq errReq;
  final ConfigSpace config;
  final Bars bars;
  final Regions regions;
  final Ioeventfds ioeventfds;
  final SetIrqs setIrqs;

  /** Looks the function up, unless that is done, and claims its BARs, unless a predecessor did. */
  OpenFunction(PciCoreDevice core, Findings findings, Bars.Claim claim) {
    this.core = core;
    this.findings = findings;
    Layout layout = core.layout();
    irqs = new Interrupts(core, layout, findings.masking(), findings.intxBroken());
    errReq = new ErrReq(core.name());
    config = new ConfigSpace(core, irqs, layout);
    bars = new Bars(core, layout, claim);
    regions = new Regions(core, bars, config, new Rom(core, layout.rom()), vga(core));
    ioeventfds = new Ioeventfds(core.memory, bars);
    setIrqs = new SetIrqs(this);
  }

  private static Optional<Vga> vga(PciCoreDevice core) {
    if (core.options().disableVga() || !core.ids.isVga()) {
      return Optional.empty();
    }
    return core.device.legacyVga().map(Vga::new);
  }

  /** How many interrupts an index has. */
  int irqCount(int index) {
    return irqs.count(index, config.hasPin());
  }

  /** {@code VFIO_DEVICE_GET_INFO}. */
  void deviceInfo(MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    long argsz = Args.argsz(argument);
    int flags = VFIO_DEVICE_FLAGS_PCI | (findings.resetWorks() ? VFIO_DEVICE_FLAGS_RESET : 0);
    long answered = argsz;
    int capOffset = 0;
    CapabilityChain capabilities = capabilities();
    if (!capabilities.isEmpty()) {
      flags |= VFIO_DEVICE_FLAGS_CAPS;
      long needed = VfioDeviceInfo.SIZE + capabilities.byteSize();
      if (argsz < needed) {
        answered = needed;
      } else {
        capabilities.copyInto(Args.struct(argument, needed), VfioDeviceInfo.SIZE);
        capOffset = (int) VfioDeviceInfo.SIZE;
      }
    }
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioDeviceInfo.SIZE]);
    new VfioDeviceInfo((int) answered, flags, VFIO_PCI_NUM_REGIONS, VFIO_PCI_NUM_IRQS, capOffset, 0)
        .encode(answer);
    // the struct grew once: who knows its first version gets no more than that
    long copied = Math.min(argsz, VfioDeviceInfo.SIZE);
    MemorySegment.copy(answer, 0, Args.struct(argument, copied), 0, copied);
  }

  private CapabilityChain capabilities() {
    CapabilityChain chain = new CapabilityChain();
    int widths = core.device.atomicCompleter();
    if (widths != 0) {
      chain.add(
          VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP,
          1,
          VfioDeviceInfoCapPciAtomicComp.SIZE,
          capability ->
              Args.putU32(capability, VfioDeviceInfoCapPciAtomicComp.OFFSET_FLAGS, widths));
    }
    return chain;
  }

  /** {@code VFIO_DEVICE_GET_IRQ_INFO}. */
  void irqInfo(MemorySegment argument) {
    Args.sized(argument, VfioIrqInfo.MIN_ARGSZ);
    int index = Args.u32(argument, VfioIrqInfo.OFFSET_INDEX);
    if (Integer.compareUnsigned(index, VFIO_PCI_NUM_IRQS) >= 0
        || index == VFIO_PCI_ERR_IRQ_INDEX && irqCount(index) == 0) {
      throw Errno.EINVAL.because(
          "%s has no interrupt index %s", core.name(), Integer.toUnsignedString(index));
    }
    int flags = VFIO_IRQ_INFO_EVENTFD;
    if (index == VFIO_PCI_INTX_IRQ_INDEX) {
      flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
    } else if (index != VFIO_PCI_MSIX_IRQ_INDEX || !canAddMessages()) {
      flags |= VFIO_IRQ_INFO_NORESIZE;
    }
    Args.putU32(argument, VfioIrqInfo.OFFSET_FLAGS, flags);
    Args.putU32(argument, VfioIrqInfo.OFFSET_COUNT, irqCount(index));
  }

  private boolean canAddMessages() {
    return bars.msixTable().bar() >= 0 && core.device.canAddMessages();
  }
}
