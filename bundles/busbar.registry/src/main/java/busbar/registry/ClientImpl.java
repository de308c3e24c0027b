package busbar.registry;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.api.memory.AddressSpace;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A client: its file table, memory, capabilities and mappings. */
final class ClientImpl implements VfioClient {
  private final Clients clients;
  private final ClientPolicy policy;
  private final AddressSpace memory;
  private final FileTable files;
  private final ClientCaller caller = new ClientCaller(this);
  private final Set<MappingImpl> mappings = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Set<Capability> capabilities;

  ClientImpl(
      Clients clients, ClientPolicy policy, AddressSpace memory, Set<Capability> capabilities) {
    this.clients = clients;
    this.policy = policy;
    this.memory = memory;
    this.files = new FileTable(policy.name(), policy.maxFiles());
    this.capabilities = capabilities;
  }

  ClientCaller caller() {
    return caller;
  }

  boolean has(Capability capability) {
    return capabilities.contains(capability);
  }

  @Override
  public String name() {
    return policy.name();
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
  public synchronized void drop(Capability capability) {
    EnumSet<Capability> left = EnumSet.noneOf(Capability.class);
    left.addAll(capabilities);
    left.remove(capability);
    capabilities = Collections.unmodifiableSet(left);
  }

  @Override
  public int open(String path, OpenMode mode) {
    int number = reserve();
    try {
      return install(number, clients.nodes().open(path, mode, caller));
    } catch (RuntimeException | Error e) {
      cancel(number);
      throw e;
    }
  }

  @Override
  public int eventFd() {
    return install(reserve(), new EventFile());
  }

  @Override
  public EventFd eventFd(int fd) {
    if (openFile(fd) instanceof EventFile file) {
      return file.event;
    }
    throw Errno.EINVAL.because("descriptor %d of %s is not an eventfd", fd, name());
  }

  /** Takes the lowest free number, to be filled by {@link #install} or given back. */
  int reserve() {
    return files.reserve();
  }

  void cancel(int number) {
    files.cancel(number);
  }

  /** Puts a fresh file, whose first reference becomes the descriptor's, under a reserved number. */
  int install(int number, OpenFile file) {
    if (!files.install(number, new Descriptor(this, number, file))) {
      file.release();
      throw Errno.ESRCH.because("client %s is closed", name());
    }
    return number;
  }

  OpenFile openFile(int fd) {
    return files.get(fd).file();
  }

  @Override
  public VfioFile file(int fd) {
    return files.get(fd);
  }

  @Override
  public int dup(int fd) {
    OpenFile file = openFile(fd);
    int number = reserve();
    if (!file.acquire()) {
      cancel(number);
      throw Errno.EBADF.because("%s has no open file %d", name(), fd);
    }
    return install(number, file);
  }

  @Override
  public void close(int fd) {
    close(files.get(fd), fd);
  }

  void close(Descriptor descriptor, int number) {
    OpenFile file = descriptor.file();
    files.remove(number, descriptor);
    file.release();
  }

  @Override
  public int read(int fd, MemorySegment buffer) {
    return files.get(fd).read(buffer);
  }

  @Override
  public int write(int fd, MemorySegment buffer) {
    return files.get(fd).write(buffer);
  }

  @Override
  public int pread(int fd, MemorySegment buffer, long offset) {
    return files.get(fd).read(buffer, offset);
  }

  @Override
  public int pwrite(int fd, MemorySegment buffer, long offset) {
    return files.get(fd).write(buffer, offset);
  }

  @Override
  public long lseek(int fd, long offset) {
    return files.get(fd).seek(offset);
  }

  @Override
  public long ioctl(int fd, int command, MemorySegment argument) {
    return files.get(fd).ioctl(command, argument);
  }

  @Override
  public Mapping mmap(int fd, MmapRequest request) {
    return files.get(fd).mmap(request);
  }

  @Override
  public int poll(int fd) {
    return files.get(fd).poll();
  }

  /** A mapping was made for this client. */
  void adopt(MappingImpl mapping) {
    mappings.add(mapping);
    if (closed.get()) {
      mapping.unmap();
    }
  }

  void forget(MappingImpl mapping) {
    mappings.remove(mapping);
  }

  int mappingCount() {
    return mappings.size();
  }

  int openFiles() {
    return files.entries().size();
  }

  @Override
  public VfioClient fork(String childName) {
    ClientPolicy same =
        new ClientPolicy(childName, memory.lockedLimitBytes(), capabilities, policy.maxFiles());
    ClientImpl child = new ClientImpl(clients, same, memory.fork(childName), capabilities);
    for (FileTable.Entry entry : files.entries()) {
      child.inherit(entry.number(), entry.descriptor());
    }
    for (MappingImpl mapping : mappings) {
      mapping.inheritBy(child);
    }
    clients.add(child);
    return child;
  }

  private void inherit(int number, Descriptor descriptor) {
    OpenFile file = descriptor.file();
    if (file.acquire()) {
      files.reserve(number);
      install(number, file);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    files.close();
    mappings.forEach(MappingImpl::unmap);
    for (FileTable.Entry entry : files.entries()) {
      closeQuietly(entry);
    }
    memory.close();
    clients.remove(this);
  }

  /** Another thread may close the same descriptor at the same time. */
  private void closeQuietly(FileTable.Entry entry) {
    try {
      close(entry.descriptor(), entry.number());
    } catch (VfioException e) {
      if (e.errno() != Errno.EBADF) {
        throw e;
      }
    }
  }

  @Override
  public boolean isClosed() {
    return closed.get();
  }
}
