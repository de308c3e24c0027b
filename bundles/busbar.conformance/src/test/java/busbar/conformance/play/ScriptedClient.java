package busbar.conformance.play;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A client whose ioctls answer as the test says, with 256 bytes of registers on every file. */
public final class ScriptedClient implements VfioClient {
  static final int REGISTERS = 256;

  /** What an ioctl does. */
  public interface Call {
    long ioctl(int command, MemorySegment argument);
  }

  final List<String> opened = new ArrayList<>();
  final List<String> writes = new ArrayList<>();
  final byte[] registers = new byte[REGISTERS];
  private final Map<Integer, Object> table = new TreeMap<>();
  private final AddressSpace memory;
  private final Set<Capability> capabilities = EnumSet.allOf(Capability.class);
  private Call call = (command, argument) -> 0;
  private boolean closed;

  public ScriptedClient() {
    this(new AddressSpace("scripted", new PhysicalMemory()));
  }

  private ScriptedClient(AddressSpace memory) {
    this.memory = memory;
  }

  public void answer(Call answer) {
    call = answer;
  }

  private int put(Object file) {
    int fd = 3;
    while (table.containsKey(fd)) {
      fd++;
    }
    table.put(fd, file);
    return fd;
  }

  private Object get(int fd) {
    Object file = table.get(fd);
    if (file == null) {
      throw Errno.EBADF.because("%d is not open", fd);
    }
    return file;
  }

  @Override
  public int open(String path, OpenMode mode) {
    opened.add(path + " " + mode);
    return put(path);
  }

  @Override
  public long ioctl(int fd, int command, MemorySegment argument) {
    get(fd);
    return call.ioctl(command, argument);
  }

  @Override
  public int pread(int fd, MemorySegment buffer, long offset) {
    get(fd);
    if (offset < 0 || offset >= REGISTERS) {
      throw Errno.EINVAL.because("beyond the registers");
    }
    int count = (int) Math.min(buffer.byteSize(), REGISTERS - offset);
    MemorySegment.copy(registers, (int) offset, buffer, ValueLayout.JAVA_BYTE, 0, count);
    return count;
  }

  @Override
  public int pwrite(int fd, MemorySegment buffer, long offset) {
    get(fd);
    writes.add(Long.toHexString(offset) + "=" + Bytes.hex(Bytes.array(buffer)));
    return (int) buffer.byteSize();
  }

  @Override
  public int write(int fd, MemorySegment buffer) {
    eventFd(fd).signal(buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
    return (int) buffer.byteSize();
  }

  @Override
  public int eventFd() {
    return put(new EventFd());
  }

  @Override
  public EventFd eventFd(int fd) {
    if (get(fd) instanceof EventFd event) {
      return event;
    }
    throw Errno.EINVAL.because("%d is no eventfd", fd);
  }

  @Override
  public void close(int fd) {
    get(fd);
    table.remove(fd);
  }

  @Override
  public VfioClient fork(String childName) {
    ScriptedClient child = new ScriptedClient(memory.fork(childName));
    child.table.putAll(table);
    child.call = call;
    return child;
  }

  @Override
  public void close() {
    closed = true;
    memory.close();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public AddressSpace memory() {
    return memory;
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public void drop(Capability capability) {
    capabilities.remove(capability);
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public int dup(int fd) {
    return put(get(fd));
  }

  @Override
  public int poll(int fd) {
    get(fd);
    return 5;
  }

  @Override
  public VfioFile file(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int read(int fd, MemorySegment buffer) {
    throw Errno.EINVAL.because("nothing to read");
  }

  @Override
  public long lseek(int fd, long offset) {
    throw Errno.ESPIPE.because("no position");
  }

  @Override
  public Mapping mmap(int fd, MmapRequest request) {
    throw Errno.ENODEV.because("%s cannot be mapped", get(fd));
  }
}
