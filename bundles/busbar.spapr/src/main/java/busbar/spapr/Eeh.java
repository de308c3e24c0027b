package busbar.spapr;

import static busbar.uapi.VfioHeader.VFIO_EEH_PE_CONFIGURE;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_DISABLE;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_ENABLE;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_GET_STATE;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_INJECT_ERR;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_RESET_DEACTIVATE;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_RESET_FUNDAMENTAL;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_RESET_HOT;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_UNFREEZE_DMA;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_UNFREEZE_IO;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.iommu.EehPe;
import busbar.api.iommu.IommuGroup;
import busbar.uapi.VfioEehPeErr;
import busbar.uapi.VfioEehPeOp;
import java.lang.foreign.MemorySegment;

/** {@code VFIO_EEH_PE_OP}: enhanced error handling of the container's endpoints. */
final class Eeh {
  private static final long OFFSET_OP = VfioEehPeOp.OFFSET_OP;

  private Eeh() {}

  /** On each group in turn; the first result that is not 0 ends it and is the answer. */
  static long run(TceContainer container, MemorySegment argument) {
    for (IommuGroup group : container.groups) {
      long result = run(group, argument);
      if (result != 0) {
        return result;
      }
    }
    return 0;
  }

  private static long run(IommuGroup group, MemorySegment argument) {
    EehPe pe =
        group
            .eeh()
            .orElseThrow(() -> Errno.ENODEV.because("group %d has no error handling", group.id()));
    Args.sized(argument, VfioEehPeOp.MIN_ARGSZ);
    int flags = Args.u32(argument, VfioEehPeOp.OFFSET_FLAGS);
    if (flags != 0) {
      throw Errno.EINVAL.because("no flags are defined, 0x%x were given", flags);
    }
    switch (Args.u32(argument, OFFSET_OP)) {
      case VFIO_EEH_PE_DISABLE -> pe.disable();
      case VFIO_EEH_PE_ENABLE -> pe.enable();
      case VFIO_EEH_PE_UNFREEZE_IO -> pe.unfreezeIo();
      case VFIO_EEH_PE_UNFREEZE_DMA -> pe.unfreezeDma();
      case VFIO_EEH_PE_GET_STATE -> {
        return pe.state();
      }
      case VFIO_EEH_PE_RESET_DEACTIVATE -> pe.resetDeactivate();
      case VFIO_EEH_PE_RESET_HOT -> pe.resetHot();
      case VFIO_EEH_PE_RESET_FUNDAMENTAL -> pe.resetFundamental();
      case VFIO_EEH_PE_CONFIGURE -> pe.configure();
      case VFIO_EEH_PE_INJECT_ERR -> inject(pe, argument);
      default ->
          throw Errno.EINVAL.because(
              "EEH has no operation %s", Integer.toUnsignedString(Args.u32(argument, OFFSET_OP)));
    }
    return 0;
  }

  private static void inject(EehPe pe, MemorySegment argument) {
    if (Args.argsz(argument) < VfioEehPeOp.SIZE) {
      throw Errno.EINVAL.because(
          "argsz is %d, injecting needs %d", Args.argsz(argument), VfioEehPeOp.SIZE);
    }
    VfioEehPeErr error = VfioEehPeOp.decode(Args.struct(argument, VfioEehPeOp.SIZE)).err();
    pe.inject(error.type(), error.func(), error.addr(), error.mask());
  }
}
