package busbar.registry;

import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;

/** A domain that somebody else has attached. */
final class ForeignDomain implements IommuDomain {
  @Override
  public Iommu iommu() {
    return null;
  }

  @Override
  public long pageSizes() {
    return 4096;
  }

  @Override
  public long apertureStart() {
    return 0;
  }

  @Override
  public long apertureEnd() {
    return -1;
  }

  @Override
  public void attach(IommuGroup group) {}

  @Override
  public void detach(IommuGroup group) {}

  @Override
  public void map(long iova, long physical, long size, int protection) {}

  @Override
  public long unmap(long iova, long size) {
    return 0;
  }

  @Override
  public void flush(long iova, long size) {}

  @Override
  public long translate(long iova) {
    return -1;
  }

  @Override
  public void close() {}
}
