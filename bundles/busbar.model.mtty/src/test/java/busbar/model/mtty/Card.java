package busbar.model.mtty;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.mdev.MdevType;
import busbar.api.memory.AddressSpace;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A card and its one user, in the words of the recorded scenarios. */
final class Card implements Caller {
  static final long CONFIG = 7L << 40;
  static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

  final MttyParent parent;
  final Mtty mtty;
  private final List<EventFd> eventFds = new ArrayList<>();

  Card(int ports) {
    this(new MttyParent(24), ports);
  }

  Card(MttyParent parent, int ports) {
    this.parent = parent;
    MdevType type = parent.types().get(ports - 1);
    this.mtty = parent.create(type, UUID, null);
    parent.open(mtty, this);
  }

  static long bar(int index) {
    return (long) index << 40;
  }

  int read(int width, long offset) {
    MemorySegment buffer = MemorySegment.ofArray(new byte[width]);
    Assertions.assertThat(parent.read(mtty, this, buffer, offset)).isEqualTo(width);
    ByteBuffer bytes = buffer.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return switch (width) {
      case 1 -> bytes.get(0) & 0xff;
      case 2 -> bytes.getShort(0) & 0xffff;
      default -> bytes.getInt(0);
    };
  }

  void write(int width, long offset, int value) {
    byte[] bytes = new byte[width];
    for (int i = 0; i < width; i++) {
      bytes[i] = (byte) (value >> 8 * i);
    }
    parent.write(mtty, this, MemorySegment.ofArray(bytes), offset);
  }

  String hex(long offset, int count) {
    byte[] bytes = new byte[count];
    parent.read(mtty, this, MemorySegment.ofArray(bytes), offset);
    return HexFormat.of().formatHex(bytes);
  }

  long ioctl(int command, MemorySegment argument) {
    return parent.ioctl(mtty, this, command, argument);
  }

  void getInfo() {
    MemorySegment info = struct(16);
    ioctl(VfioHeader.VFIO_DEVICE_GET_INFO, info);
    Assertions.assertThat(Args.u32(info, VfioDeviceInfo.OFFSET_FLAGS)).isEqualTo(2);
    Assertions.assertThat(Args.u32(info, VfioDeviceInfo.OFFSET_NUM_REGIONS)).isEqualTo(9);
    Assertions.assertThat(Args.u32(info, VfioDeviceInfo.OFFSET_NUM_IRQS)).isEqualTo(5);
  }

  /** A zeroed struct whose argsz is its size. */
  static MemorySegment struct(int size) {
    MemorySegment struct = MemorySegment.ofArray(new byte[size]);
    Args.putU32(struct, 0, size);
    return struct;
  }

  int eventFd() {
    eventFds.add(new EventFd());
    return eventFds.size() - 1;
  }

  EventFd at(int fd) {
    return eventFds.get(fd);
  }

  void setIrqs(int flags, int index, int start, int count, int... data) {
    int width = (flags & VfioHeader.VFIO_IRQ_SET_DATA_BOOL) != 0 ? 1 : 4;
    int size = (int) VfioIrqSet.SIZE + width * data.length;
    MemorySegment call = MemorySegment.ofArray(new byte[size]);
    new VfioIrqSet(size, flags, index, start, count).encode(call);
    for (int i = 0; i < data.length; i++) {
      if (width == 1) {
        call.set(ValueLayout.JAVA_BYTE, VfioIrqSet.OFFSET_DATA + i, (byte) data[i]);
      } else {
        call.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqSet.OFFSET_DATA + 4L * i, data[i]);
      }
    }
    ioctl(VfioHeader.VFIO_DEVICE_SET_IRQS, call);
  }

  static Errno errnoOf(ThrowingCallable call) {
    VfioException failure = Assertions.catchThrowableOfType(VfioException.class, call);
    return failure == null ? null : failure.errno();
  }

  @Override
  public String clientName() {
    return "test";
  }

  @Override
  public AddressSpace memory() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean has(Capability capability) {
    return true;
  }

  @Override
  public EventFd eventFd(int fd) {
    if (fd >= eventFds.size()) {
      throw Errno.EBADF.because("descriptor %d is not open", fd);
    }
    return eventFds.get(fd);
  }

  @Override
  public int groupIdOf(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int install(FileOps file) {
    throw new UnsupportedOperationException();
  }
}
