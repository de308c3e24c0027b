package busbar.mdev;

import busbar.api.Caller;
import busbar.api.device.DmaUnmapOps;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A parent whose children reach their user's memory: a read or write of the device file is one at
 * that address, and the ioctl with number n pins n pages at its argument and fills them.
 */
class DmaParent implements MdevParent<DmaParent.Child> {
  static final MdevType TYPE = new MdevType("dma-1", "Reaches memory", "");

  /** One child. */
  static final class Child {
    final VfioDevice vfio;
    final List<Integer> requests = new CopyOnWriteArrayList<>();
    final List<String> unmaps = new CopyOnWriteArrayList<>();
    volatile long pinnedAt;
    volatile int pinned;

    Child(VfioDevice vfio) {
      this.vfio = vfio;
    }
  }

  final List<Child> made = new CopyOnWriteArrayList<>();

  /** One whose driver lets go of what the user unmaps, as it must to pin at all. */
  static final class Unpinning extends DmaParent implements DmaUnmapOps<Child> {
    @Override
    public void dmaUnmap(Child device, long iova, long length) {
      device.unmaps.add("0x%x+0x%x".formatted(iova, length));
      if (device.pinned > 0 && iova <= device.pinnedAt && device.pinnedAt < iova + length) {
        int pages = device.pinned;
        device.pinned = 0;
        device.vfio.unpinPages(device.pinnedAt, pages);
      }
    }
  }

  @Override
  public String name() {
    return "dma";
  }

  @Override
  public String path() {
    return "class/dma/dma";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return List.of(TYPE);
  }

  @Override
  public int availableInstances(MdevType type) {
    return 10 - made.size();
  }

  @Override
  public Child create(MdevType type, String uuid, VfioDevice vfio) {
    Child child = new Child(vfio);
    made.add(child);
    return child;
  }

  @Override
  public void remove(Child device) {
    made.remove(device);
  }

  @Override
  public void open(Child device, Caller caller) {}

  @Override
  public void release(Child device) {}

  @Override
  public void request(Child device, int count) {
    device.requests.add(count);
  }

  @Override
  public int read(Child device, Caller caller, MemorySegment buffer, long offset) {
    device.vfio.dmaRw(offset, buffer, Access.READ);
    return (int) buffer.byteSize();
  }

  @Override
  public int write(Child device, Caller caller, MemorySegment buffer, long offset) {
    device.vfio.dmaRw(offset, buffer, Access.WRITE);
    return (int) buffer.byteSize();
  }

  @Override
  public long ioctl(Child device, Caller caller, int command, MemorySegment argument) {
    MemorySegment[] pages = device.vfio.pinPages(argument.address(), command, Access.WRITE);
    device.pinnedAt = argument.address();
    device.pinned = command;
    for (MemorySegment page : pages) {
      page.set(ValueLayout.JAVA_BYTE, page.byteSize() - 1, (byte) 0x5a);
    }
    return pages.length;
  }
}
