package busbar.spapr;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_INFO_DDW;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.iommu.TceTableGroup;
import busbar.uapi.VfioIommuSpaprTceDdwInfo;
import busbar.uapi.VfioIommuSpaprTceInfo;
import java.lang.foreign.MemorySegment;

/** {@code VFIO_IOMMU_SPAPR_TCE_GET_INFO}. The container's lock is held. */
final class Info {
  private Info() {}

  static void run(TceContainer container, MemorySegment argument) {
    if (container.groups.isEmpty()) {
      throw Errno.ENXIO.because("the container has no group");
    }
    TceTableGroup tables = TceContainer.tables(container.groups.getFirst());
    Args.sized(argument, VfioIommuSpaprTceInfo.MIN_ARGSZ);
    boolean dynamic = container.isV2() && tables.hasDynamicWindows();
    VfioIommuSpaprTceDdwInfo windows =
        dynamic
            ? new VfioIommuSpaprTceDdwInfo(
                tables.pageSizes(), tables.maxDynamicWindows(), tables.maxLevels())
            : new VfioIommuSpaprTceDdwInfo(0, 0, 0);
    MemorySegment info = MemorySegment.ofArray(new byte[(int) VfioIommuSpaprTceInfo.SIZE]);
    new VfioIommuSpaprTceInfo(
            (int) Args.argsz(argument),
            dynamic ? VFIO_IOMMU_SPAPR_INFO_DDW : 0,
            (int) tables.tce32Start(),
            (int) tables.tce32Size(),
            windows)
        .encode(info);
    boolean whole = Args.argsz(argument) >= VfioIommuSpaprTceInfo.SIZE;
    Args.copyOut(argument, whole ? info : info.asSlice(0, VfioIommuSpaprTceInfo.MIN_ARGSZ));
  }
}
