package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioClient;
import busbar.api.iommu.IommuGroup;
import busbar.uapi.VfioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The state machines of container and group, with the errno of every wrong step. */
class StateTableTest {
  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
  }

  /** Every ioctl number of VFIO and some that are none. */
  static IntStream commands() {
    return IntStream.concat(
        IntStream.rangeClosed(0x3b60, 0x3b80), IntStream.of(0, 0x3bff, 0x5401, 0xc0183b70));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aContainerWithoutBackendKnowsThreeCommands(int command) {
    int container = client.openContainer();
    MemorySegment argument = Rig.struct(new int[16]);
    if (command == VfioHeader.VFIO_GET_API_VERSION || command == VfioHeader.VFIO_CHECK_EXTENSION) {
      assertThat(client.ioctl(container, command, Args.immediate(0))).isZero();
    } else {
      assertThat(Rig.errno(() -> client.ioctl(container, command, argument)))
          .isEqualTo(Errno.EINVAL);
    }
    int group = client.openGroup(1);
    rig.setContainer(group, container);
    if (command != VfioHeader.VFIO_GET_API_VERSION
        && command != VfioHeader.VFIO_CHECK_EXTENSION
        && command != VfioHeader.VFIO_SET_IOMMU) {
      assertThat(Rig.errno(() -> client.ioctl(container, command, argument)))
          .isEqualTo(Errno.EINVAL);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aContainerWithBackendHandsTheRestToIt(int command) {
    Rig.Opened opened = rig.openA();
    if (command == VfioHeader.VFIO_GET_API_VERSION || command == VfioHeader.VFIO_CHECK_EXTENSION) {
      return;
    }
    if (command == VfioHeader.VFIO_SET_IOMMU) {
      assertThat(Rig.errno(() -> rig.setIommu(opened.container(), Rig.TYPE)))
          .isEqualTo(Errno.EINVAL);
    } else if (command == FakeBackend.PING) {
      assertThat(rig.ping(opened.container())).isEqualTo(7);
    } else {
      assertThat(
              Rig.errno(() -> client.ioctl(opened.container(), command, Rig.struct(new int[16]))))
          .isEqualTo(Errno.ENOTTY);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aGroupKnowsFourCommands(int command) {
    int group = client.openGroup(1);
    if (command >= VfioHeader.VFIO_GROUP_GET_STATUS
        && command <= VfioHeader.VFIO_GROUP_GET_DEVICE_FD) {
      return;
    }
    assertThat(Rig.errno(() -> client.ioctl(group, command, MemorySegment.NULL)))
        .isEqualTo(Errno.ENOTTY);
  }

  static Stream<Arguments> statusArguments() {
    return Stream.of(
        Arguments.of(0, 8, Errno.EINVAL),
        Arguments.of(4, 8, Errno.EINVAL),
        Arguments.of(7, 8, Errno.EINVAL),
        Arguments.of(8, 4, Errno.EFAULT),
        Arguments.of(8, 0, Errno.EFAULT),
        Arguments.of(8, 8, null),
        Arguments.of(9, 9, null),
        Arguments.of(4096, 4096, null),
        Arguments.of(-1, 8, null));
  }

  @ParameterizedTest
  @MethodSource("statusArguments")
  void theStatusOfAGroupChecksItsArgument(int argsz, int size, Errno expected) {
    int group = client.openGroup(1);
    MemorySegment argument = Rig.struct(new int[2048]);
    argument.set(ValueLayout.JAVA_INT, 0, argsz);
    MemorySegment cut = argument.asSlice(0, size);
    if (expected == null) {
      client.ioctl(group, VfioHeader.VFIO_GROUP_GET_STATUS, cut);
    } else {
      assertThat(Rig.errno(() -> client.ioctl(group, VfioHeader.VFIO_GROUP_GET_STATUS, cut)))
          .isEqualTo(expected);
    }
  }

  @Test
  void setContainerChecksInOrder() {
    int c0 = client.openContainer();
    int c1 = client.openContainer();
    int group = client.openGroup(1);
    int event = client.eventFd();
    assertThat(Rig.errno(() -> rig.unsetContainer(group))).isEqualTo(Errno.EINVAL);
    for (int wrong : new int[] {-1, 999}) {
      assertThat(Rig.errno(() -> rig.setContainer(group, wrong))).isEqualTo(Errno.EBADF);
    }
    for (int wrong : new int[] {event, group}) {
      assertThat(Rig.errno(() -> rig.setContainer(group, wrong))).isEqualTo(Errno.EBADFD);
    }
    assertThat(
            Rig.errno(
                () -> client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, MemorySegment.NULL)))
        .isEqualTo(Errno.EFAULT);
    rig.setContainer(group, c0);
    assertThat(rig.status(group)).isEqualTo(3);
    for (int any : new int[] {c0, c1, event}) {
      assertThat(Rig.errno(() -> rig.setContainer(group, any))).isEqualTo(Errno.EINVAL);
    }
    assertThat(Rig.errno(() -> rig.setContainer(group, 999)))
        .as("a bad descriptor comes before the container it has")
        .isEqualTo(Errno.EBADF);
    rig.unsetContainer(group);
    assertThat(rig.status(group)).isEqualTo(1);
    rig.setContainer(group, c1);
    client.close(c1);
    assertThat(rig.status(group)).as("the group keeps its container").isEqualTo(3);
    rig.unsetContainer(group);
    rig.setContainer(group, c0);
  }

  @Test
  void aDeviceIsGivenOnlyToAGroupWithContainerAndBackend() {
    int container = client.openContainer();
    int group = client.openGroup(1);
    assertThat(Rig.errno(() -> rig.device(group, "nobody"))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.device(group, "a"))).isEqualTo(Errno.EINVAL);
    rig.setContainer(group, container);
    assertThat(Rig.errno(() -> rig.device(group, "a"))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> rig.device(group, "nobody"))).isEqualTo(Errno.ENODEV);
    rig.setIommu(container, Rig.TYPE);
    assertThat(Rig.errno(() -> rig.device(group, ""))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.device(group, "c"))).isEqualTo(Errno.ENODEV);
    int device = rig.device(group, "a");
    assertThat(rig.reset(device)).isZero();
    assertThat(Rig.errno(() -> rig.unsetContainer(group))).isEqualTo(Errno.EBUSY);
    client.close(device);
    rig.unsetContainer(group);
  }

  @Test
  void aDeviceNameHasAnEndWithinAPage() {
    Rig.Opened opened = rig.openA();
    MemorySegment page = Arena.ofAuto().allocate(8192).fill((byte) 'x');
    int command = VfioHeader.VFIO_GROUP_GET_DEVICE_FD;
    assertThat(Rig.errno(() -> client.ioctl(opened.group(), command, page)))
        .isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.ioctl(opened.group(), command, page.asSlice(0, 100))))
        .isEqualTo(Errno.EFAULT);
    assertThat(Rig.errno(() -> client.ioctl(opened.group(), command, MemorySegment.NULL)))
        .isEqualTo(Errno.EFAULT);
    page.set(ValueLayout.JAVA_BYTE, 4095, (byte) 0);
    assertThat(Rig.errno(() -> client.ioctl(opened.group(), command, page)))
        .isEqualTo(Errno.ENODEV);
  }

  @Test
  void aFullTableFailsTheOpenOfADeviceBeforeTheDriverIsAsked() {
    VfioClient small =
        rig.registry.vfio().connect(new ClientPolicy("small", 0, Set.of(Capability.SYS_RAWIO), 2));
    int container = small.openContainer();
    int group = small.openGroup(1);
    small.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, Rig.struct(container));
    small.ioctl(container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(Rig.TYPE));
    assertThat(
            Rig.errno(() -> small.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, Rig.text("a"))))
        .isEqualTo(Errno.EMFILE);
    assertThat(rig.driver.diary).doesNotContain("open a");
    small.close();
  }

  @Test
  void severalOpensOfADeviceShareOneOpenOfItsDriver() {
    Rig.Opened opened = rig.openA();
    int second = rig.device(opened.group(), "a");
    client.close(opened.device());
    assertThat(rig.reset(second)).isZero();
    client.close(second);
    assertThat(rig.driver.diary.stream().filter(entry -> entry.endsWith(" a")))
        .containsExactly("probe a", "open a", "release a");
  }

  @Test
  void aDriverThatDoesNotOpenLeavesNothingBehind() {
    int container = client.openContainer();
    int group = client.openGroup(1);
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    rig.driver.openError = Errno.EAGAIN;
    int free = client.eventFd();
    client.close(free);
    assertThat(Rig.errno(() -> rig.device(group, "a"))).isEqualTo(Errno.EAGAIN);
    rig.unsetContainer(group);
    assertThat(client.eventFd()).as("the number was given back").isEqualTo(free);
    rig.driver.openError = null;
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    rig.device(group, "a");
  }

  @Test
  void twoGroupsShareAContainerUntilTheLastLeaves() {
    int container = client.openContainer();
    int g1 = client.openGroup(1);
    int g2 = client.openGroup(2);
    rig.setContainer(g1, container);
    rig.setIommu(container, Rig.TYPE);
    rig.setContainer(g2, container);
    rig.unsetContainer(g1);
    assertThat(rig.ping(container)).isEqualTo(7);
    assertThat(Rig.errno(() -> rig.setIommu(container, Rig.TYPE))).isEqualTo(Errno.EINVAL);
    rig.unsetContainer(g2);
    assertThat(Rig.errno(() -> rig.ping(container))).isEqualTo(Errno.EINVAL);
    assertThat(rig.backend.diary)
        .containsSubsequence(
            "fake-backend detach 1", "fake-backend detach 2", "fake-backend release");
    rig.setContainer(g1, container);
    rig.setIommu(container, Rig.TYPE);
  }

  @Test
  void aLaterGroupThatTheBackendRefusesIsFreeAgain() {
    int container = client.openContainer();
    int g1 = client.openGroup(1);
    int g2 = client.openGroup(2);
    rig.setContainer(g1, container);
    rig.setIommu(container, Rig.TYPE);
    rig.backend.attachError = Errno.EINVAL;
    rig.backend.attachErrorGroup = 2;
    assertThat(Rig.errno(() -> rig.setContainer(g2, container))).isEqualTo(Errno.EINVAL);
    assertThat(rig.status(g2)).isEqualTo(1);
    assertThat(rig.group2.owner).isEqualTo(IommuGroup.Owner.HOST);
    rig.backend.attachError = null;
    rig.setContainer(g2, container);
  }

  @Test
  void aForeignDomainMakesAGroupBusy() {
    int container = client.openContainer();
    int group = client.openGroup(1);
    rig.group1.foreign = new ForeignDomain();
    assertThat(Rig.errno(() -> rig.setContainer(group, container))).isEqualTo(Errno.EBUSY);
    rig.group1.foreign = null;
    rig.setContainer(group, container);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 2, 4, 99, -1, 4294967297L})
  void nobodyServesAnUnknownType(long type) {
    int container = client.openContainer();
    int group = client.openGroup(1);
    assertThat(Rig.errno(() -> rig.setIommu(container, type))).isEqualTo(Errno.EINVAL);
    rig.setContainer(group, container);
    assertThat(Rig.errno(() -> rig.setIommu(container, type))).isEqualTo(Errno.ENODEV);
  }

  static List<int[]> orders() {
    return List.of(
        new int[] {0, 1, 2},
        new int[] {0, 2, 1},
        new int[] {1, 0, 2},
        new int[] {1, 2, 0},
        new int[] {2, 0, 1},
        new int[] {2, 1, 0});
  }

  @ParameterizedTest
  @MethodSource("orders")
  void containerGroupAndDeviceAreClosedInAnyOrder(int[] order) {
    Rig.Opened opened = rig.openA();
    int[] files = {opened.container(), opened.group(), opened.device()};
    boolean deviceOpen = true;
    for (int index : order) {
      client.close(files[index]);
      deviceOpen &= index != 2;
      if (deviceOpen) {
        assertThat(rig.reset(opened.device())).isZero();
        assertThat(rig.backend.diary).doesNotContain("fake-backend detach 1");
        assertThat(Rig.errno(() -> client.openGroup(1))).isEqualTo(Errno.EBUSY);
      }
    }
    assertThat(rig.driver.diary).endsWith("open a", "release a");
    assertThat(rig.backend.diary).endsWith("fake-backend detach 1", "fake-backend release");
    assertThat(rig.registry.admin().containers()).isEmpty();
    assertThat(rig.group1.owner).isEqualTo(IommuGroup.Owner.HOST);
    assertThat(rig.openA().device()).isNotNegative();
  }

  @Test
  void aClientThatGoesLeavesNothingOpen() {
    rig.openA();
    client.close();
    client.close();
    assertThat(client.isClosed()).isTrue();
    assertThat(rig.registry.admin().containers()).isEmpty();
    assertThat(rig.registry.admin().clients()).isEmpty();
    assertThat(rig.driver.diary).endsWith("open a", "release a");
    assertThat(Rig.errno(client::openContainer)).isEqualTo(Errno.ESRCH);
  }
}
