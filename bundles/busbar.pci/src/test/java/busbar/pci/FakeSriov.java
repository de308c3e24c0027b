package busbar.pci;

import busbar.api.Errno;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import java.util.List;

/** Two virtual functions at most, counted only. */
final class FakeSriov implements Sriov {
  private int enabled;

  @Override
  public int totalVfs() {
    return 2;
  }

  @Override
  public int numVfs() {
    return enabled;
  }

  @Override
  public void enable(int count) {
    if (count > totalVfs()) {
      throw Errno.ERANGE.because("%d virtual functions are more than %d", count, totalVfs());
    }
    enabled = count;
  }

  @Override
  public void disable() {
    enabled = 0;
  }

  @Override
  public List<PciDevice> virtualFunctions() {
    return List.of();
  }
}
