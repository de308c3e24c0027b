package busbar.registry;

import busbar.api.Args;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.device.MappedRegion;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;

/** {@code /dev/vfio/vfio}, opened: a container. */
final class ContainerFile extends MappableFile {
  private static final int API_VERSION = 0;

  private final Container container;

  ContainerFile(OpenMode mode, Container container) {
    super(mode);
    this.container = container;
  }

  Container container() {
    return container;
  }

  @Override
  String description() {
    return container.name();
  }

  @Override
  boolean forbidsExec() {
    return false;
  }

  @Override
  int readAt(ClientCaller caller, MemorySegment buffer, long offset) {
    return container.read(caller, buffer);
  }

  @Override
  int writeAt(ClientCaller caller, MemorySegment buffer, long offset) {
    return container.write(caller, buffer);
  }

  @Override
  long command(ClientCaller caller, int command, MemorySegment argument) {
    return switch (command) {
      case VfioHeader.VFIO_GET_API_VERSION -> API_VERSION;
      case VfioHeader.VFIO_CHECK_EXTENSION -> container.checkExtension(caller, argument);
      case VfioHeader.VFIO_SET_IOMMU -> container.setIommu(caller, Args.immediate(argument));
      default -> container.ioctl(caller, command, argument);
    };
  }

  @Override
  String culprit() {
    return description();
  }

  @Override
  MappedRegion region(ClientCaller caller, MmapRequest request) {
    return container.mmap(caller, request);
  }

  @Override
  void dispose() {
    container.fileClosed();
  }
}
