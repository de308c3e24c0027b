package busbar.registry;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.memory.AddressSpace;

/** A client as drivers see it during a call. */
final class ClientCaller implements Caller {
  private final ClientImpl client;

  ClientCaller(ClientImpl client) {
    this.client = client;
  }

  ClientImpl client() {
    return client;
  }

  @Override
  public String clientName() {
    return client.name();
  }

  @Override
  public AddressSpace memory() {
    return client.memory();
  }

  @Override
  public boolean has(Capability capability) {
    return client.has(capability);
  }

  @Override
  public EventFd eventFd(int fd) {
    return client.eventFd(fd);
  }

  @Override
  public int groupIdOf(int fd) {
    if (client.openFile(fd) instanceof GroupFile file) {
      return file.group().id();
    }
    throw Errno.EINVAL.because("descriptor %d of %s is not a group", fd, clientName());
  }

  @Override
  public int install(FileOps file) {
    int number = client.reserve();
    try {
      return client.install(number, DriverFile.of(file));
    } catch (RuntimeException | Error e) {
      client.cancel(number);
      throw e;
    }
  }
}
