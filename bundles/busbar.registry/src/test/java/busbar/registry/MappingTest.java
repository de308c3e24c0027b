package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.client.VfioClient;
import busbar.api.memory.Access;
import busbar.api.memory.Extent;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MemoryFaultException.Signal;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Device mappings; lifetime as recorded in trace 113. */
@Timeout(20)
class MappingTest {
  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final Rig.Opened opened = rig.openA();
  private final FakeDriver.Data data = rig.driver.devices.get("a");

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
  }

  private Mapping map(Set<Prot> access) {
    return client.mmap(opened.device(), new MmapRequest(0, 4096, access, Sharing.SHARED));
  }

  private static Signal signal(Runnable access) {
    MemoryFaultException fault = catchThrowableOfType(MemoryFaultException.class, access::run);
    assertThat(fault).as("the access was allowed").isNotNull();
    return fault.signal();
  }

  @Test
  void aMappingKeepsItsFileOpenAfterAllDescriptorsAreClosed() {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    mapping.store(4, 1, 0x44);
    client.close(opened.container());
    client.close(opened.group());
    client.close(opened.device());
    assertThat(mapping.load(4, 1)).isEqualTo(0x44);
    assertThat(Rig.errno(() -> client.openGroup(1))).isEqualTo(Errno.EBUSY);
    mapping.unmap();
    mapping.unmap();
    assertThat(client.openGroup(1)).isNotNegative();
    assertThat(signal(() -> mapping.load(4, 1))).isEqualTo(Signal.SIGSEGV);
  }

  @Test
  void protectionDecidesWhatIsAllowed() {
    Mapping reading = map(Set.of(Prot.READ));
    assertThat(reading.load(0, 1)).isZero();
    assertThat(signal(() -> reading.store(0, 1, 1))).isEqualTo(Signal.SIGSEGV);
    Mapping nothing = map(Set.of());
    assertThat(signal(() -> nothing.load(0, 1))).isEqualTo(Signal.SIGSEGV);
  }

  @Test
  void anAccessIsAlignedAndInside() {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    for (long[] wrong : new long[][] {{1, 2}, {4096, 1}, {4092, 8}, {-4, 4}, {0, 3}, {0, 16}}) {
      assertThatThrownBy(() -> mapping.load(wrong[0], (int) wrong[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThat(mapping.length()).isEqualTo(4096);
    assertThat(mapping.memory()).isEmpty();
  }

  @Test
  void aRevokedMappingFaultsUntilTheDriverAllowsItAgain() {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    assertThat(mapping.load(0, 1)).isZero();
    data.decoding = false;
    assertThat(mapping.load(0, 1)).as("not yet revoked").isZero();
    data.vfio.zap();
    assertThat(signal(() -> mapping.load(0, 1))).isEqualTo(Signal.SIGBUS);
    assertThat(signal(() -> mapping.store(0, 1, 1))).isEqualTo(Signal.SIGBUS);
    data.decoding = true;
    assertThat(mapping.load(0, 1)).isZero();
  }

  @Test
  void theAddressCanBePinnedWhileAccessIsAllowed() {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    Extent extent = client.memory().pin(mapping.address(), 4096, Access.READ_WRITE);
    assertThat(extent.physical()).isEqualTo(0x1000_0000);
    assertThat(extent.charged()).isFalse();
    data.decoding = false;
    data.vfio.zap();
    assertThat(Rig.errno(() -> client.memory().pin(mapping.address(), 4096, Access.READ_WRITE)))
        .isEqualTo(Errno.EFAULT);
    mapping.unmap();
    assertThat(client.memory().isRegistered(mapping.address(), 1)).isFalse();
  }

  @Test
  void aForkedChildHasTheMappingToo() {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    VfioClient child = client.fork("child");
    assertThat(child.memory().isRegistered(mapping.address(), 4096)).isTrue();
    mapping.unmap();
    client.close();
    rig.registry.admin().clients().forEach(view -> assertThat(view.name()).isEqualTo("child"));
    assertThat(rig.driver.diary).doesNotContain("release a");
    child.close();
    assertThat(rig.driver.diary).endsWith("release a");
  }

  @Test
  void aForkedChildSharesOpenFilesUnderTheSameNumbers() {
    VfioClient child = client.fork("child");
    assertThat(child.ioctl(opened.device(), 0x3b6f, MemorySegment.NULL)).isZero();
    client.close(opened.device());
    assertThat(child.ioctl(opened.device(), 0x3b6f, MemorySegment.NULL)).isZero();
    assertThat(Rig.errno(() -> client.dup(opened.device()))).isEqualTo(Errno.EBADF);
    child.close();
    assertThat(rig.driver.diary).endsWith("release a");
  }

  @Test
  void afterAZapNoAccessGoesThroughTheOldWindow() throws Exception {
    Mapping mapping = map(Set.of(Prot.READ, Prot.WRITE));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<String> trouble = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int at = i;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      try {
                        mapping.store(at, 1, 1);
                      } catch (MemoryFaultException e) {
                        Thread.onSpinWait();
                      } catch (RuntimeException e) {
                        trouble.set(e.toString());
                      }
                    }
                  }));
    }
    for (int round = 0; round < 300; round++) {
      data.decoding = false;
      data.vfio.zap();
      data.bytes[0] = data.bytes[1] = data.bytes[2] = 0;
      Thread.onSpinWait();
      if ((data.bytes[0] | data.bytes[1] | data.bytes[2]) != 0) {
        trouble.set("a store came through after round " + round);
      }
      data.decoding = true;
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(trouble).hasValue(null);
  }

  @Test
  void aContainerCannotBeMapped() {
    assertThat(Rig.errno(() -> client.mmap(opened.container(), MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.ENODEV);
    int fresh = client.openContainer();
    assertThat(Rig.errno(() -> client.mmap(fresh, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.ENODEV);
  }

  @Test
  void aReadOfAContainerIsRefusedWithAndWithoutBackend() {
    assertThatThrownBy(() -> client.read(opened.container(), Rig.struct(0)))
        .isInstanceOf(VfioException.class)
        .hasMessageContaining("EINVAL");
    assertThatThrownBy(() -> client.write(opened.container(), Rig.struct(0)))
        .hasMessageContaining("EINVAL");
  }
}
