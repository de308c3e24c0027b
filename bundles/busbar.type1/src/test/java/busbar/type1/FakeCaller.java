package busbar.type1;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.memory.AddressSpace;
import java.util.EnumSet;
import java.util.Set;

/** A process with memory and capabilities, and no files. */
final class FakeCaller implements Caller {
  private final AddressSpace memory;
  final Set<Capability> capabilities = EnumSet.noneOf(Capability.class);

  FakeCaller(AddressSpace memory) {
    this.memory = memory;
  }

  @Override
  public String clientName() {
    return memory.name();
  }

  @Override
  public AddressSpace memory() {
    return memory;
  }

  @Override
  public boolean has(Capability capability) {
    return capabilities.contains(capability);
  }

  @Override
  public EventFd eventFd(int fd) {
    throw new AssertionError("type1 takes no eventfds");
  }

  @Override
  public int groupIdOf(int fd) {
    throw new AssertionError("type1 takes no groups");
  }

  @Override
  public int install(FileOps file) {
    throw new AssertionError("type1 makes no files");
  }
}
