package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.client.VfioClient;
import busbar.api.memory.MemoryFaultException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random calls with random bytes on every kind of file: a result or an errno, nothing else. */
@Timeout(300)
class FuzzTest {
  private static final int ROUNDS = Boolean.getBoolean("busbar.long") ? 2_000_000 : 30_000;

  private final Rig rig = new Rig();
  private final Random random = new Random(20261122);
  private final MemorySegment scratch = Arena.ofAuto().allocate(8192, 8);

  @Test
  void nothingButAResultOrAnErrnoComesOut() {
    MigratingDriver driver = new MigratingDriver();
    rig.registry.addDriver(driver, 0);
    rig.bus.plug("d", rig.iommu.group(4));
    VfioClient client = open();
    for (int i = 0; i < ROUNDS; i++) {
      if (i % 500 == 499) {
        client.close();
        client = open();
      }
      one(client);
    }
    client.close();
    rig.assertNoViolation();
    assertThat(driver.violations).isEmpty();
    assertThat(rig.registry.admin().containers()).isEmpty();
    rig.close();
  }

  /** A client with a file of each kind in its first descriptors. */
  private VfioClient open() {
    VfioClient client = rig.registry.vfio().connect(ClientPolicy.privileged("fuzz"));
    int container = client.openContainer();
    int group = client.openGroup(4);
    client.ioctl(group, 0x3b68, Rig.struct(container));
    client.ioctl(container, 0x3b66, Args.immediate(Rig.TYPE));
    client.ioctl(group, 0x3b6a, Rig.text("d"));
    client.eventFd();
    client.openContainer();
    client.openGroup(1);
    return client;
  }

  private void one(VfioClient client) {
    int fd = random.nextInt(9) - 1;
    try {
      switch (random.nextInt(12)) {
        case 0 -> client.read(fd, buffer());
        case 1 -> client.write(fd, buffer());
        case 2 -> client.pread(fd, buffer(), number());
        case 3 -> client.pwrite(fd, buffer(), number());
        case 4 -> client.lseek(fd, number());
        case 5 -> client.poll(fd);
        case 6 -> access(client.mmap(fd, request()));
        case 7 -> {
          if (random.nextInt(10) == 0) {
            client.close(client.dup(fd));
          }
        }
        default -> client.ioctl(fd, command(), argument());
      }
    } catch (VfioException e) {
      assertThat(e.errno()).as(e.because()).isNotEqualTo(Errno.EIO);
    } catch (MemoryFaultException e) {
      // a signal is a result as well
    }
  }

  private void access(Mapping mapping) {
    try (mapping) {
      mapping.store(random.nextInt(64), 1, number());
      mapping.load(random.nextInt(64), 1);
    }
  }

  private MmapRequest request() {
    Set<Prot> access = EnumSet.noneOf(Prot.class);
    for (Prot prot : Prot.values()) {
      if (random.nextBoolean()) {
        access.add(prot);
      }
    }
    return new MmapRequest(
        number() & -4096L,
        random.nextInt(4) == 0 ? number() : 4096,
        access,
        Sharing.values()[random.nextInt(2)]);
  }

  private int command() {
    return random.nextInt(20) == 0 ? random.nextInt() : 0x3b64 + random.nextInt(24);
  }

  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(64);
      case 2 -> -random.nextInt(64);
      default -> random.nextLong() & 0xffff_ffff_f000L;
    };
  }

  private MemorySegment buffer() {
    return scratch.asSlice(0, random.nextInt(100));
  }

  private MemorySegment argument() {
    if (random.nextInt(5) == 0) {
      return Args.immediate(number());
    }
    int size = random.nextInt(64);
    MemorySegment argument = scratch.asSlice(0, size);
    for (int i = 0; i < size; i++) {
      argument.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    if (size >= 4) {
      argument.set(ValueLayout.JAVA_INT, 0, random.nextInt(3) == 0 ? size : random.nextInt(9));
    }
    if (size >= 8 && random.nextInt(3) != 0) {
      argument.set(ValueLayout.JAVA_INT, 4, random.nextInt(16) | 1 << 16 + random.nextInt(4));
    }
    return random.nextInt(10) == 0 ? argument.asReadOnly() : argument;
  }
}
