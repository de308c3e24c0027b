package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.client.ClientPolicy;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.uapi.VfioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What plain file operations answer; expected values as recorded in traces 010 and 020. */
class PlainFileTest {
  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final MemorySegment eight = Arena.ofAuto().allocate(8);

  @AfterEach
  void close() {
    rig.close();
  }

  private static MmapRequest page(Set<Prot> access) {
    return new MmapRequest(0, 4096, access, Sharing.SHARED);
  }

  @Test
  void aContainerAnswersItsVersionWhateverTheArgumentAndMode() {
    for (OpenMode mode : OpenMode.values()) {
      int container = client.open("/dev/vfio/vfio", mode);
      for (long argument : new long[] {0, 1, -1}) {
        assertThat(
                client.ioctl(container, VfioHeader.VFIO_GET_API_VERSION, Args.immediate(argument)))
            .isZero();
      }
    }
  }

  @Test
  void aContainerOpenForWritingCannotBeReadNorMapped() {
    int container = client.open("/dev/vfio/vfio", OpenMode.WRITE_ONLY);
    assertThat(Rig.errno(() -> client.read(container, eight))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.write(container, eight))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.pread(container, eight, 0))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.pwrite(container, eight, 0))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.lseek(container, 0))).isEqualTo(Errno.ESPIPE);
    assertThat(client.poll(container)).isEqualTo(5);
    assertThat(Rig.errno(() -> client.mmap(container, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.EACCES);
  }

  @Test
  void aGroupIsNoStreamAndCannotBeMapped() {
    int group = client.openGroup(1);
    assertThat(Rig.errno(() -> client.read(group, eight))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.write(group, eight))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.pread(group, eight, 0))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.lseek(group, 0))).isEqualTo(Errno.ESPIPE);
    assertThat(Rig.errno(() -> client.mmap(group, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.ENODEV);
    assertThat(client.poll(group)).isEqualTo(5);
  }

  @Test
  void aGroupOpenForReadingCannotBeMappedForWriting() {
    int group = client.open("/dev/vfio/1", OpenMode.READ_ONLY);
    assertThat(Rig.errno(() -> client.mmap(group, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.EACCES);
    assertThat(Rig.errno(() -> client.mmap(group, page(Set.of(Prot.READ)))))
        .isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> client.write(group, eight))).isEqualTo(Errno.EBADF);
  }

  @Test
  void mmapChecksItsArgumentsBeforeTheFile() {
    int group = client.openGroup(1);
    assertThat(Rig.errno(() -> client.mmap(group, MmapRequest.shared(2048, 4096))))
        .isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.mmap(group, MmapRequest.shared(0, 0))))
        .isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.mmap(group, MmapRequest.shared(0, Long.MAX_VALUE))))
        .isEqualTo(Errno.ENOMEM);
    assertThat(
            Rig.errno(() -> client.mmap(group, MmapRequest.shared(Long.MAX_VALUE & -4096L, 8192))))
        .isEqualTo(Errno.EOVERFLOW);
  }

  @Test
  void aClosedDescriptorIsEbadfAndItsBoundFileToo() {
    int container = client.openContainer();
    VfioFile file = client.file(container);
    client.close(container);
    assertThat(Rig.errno(() -> client.close(container))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.read(container, eight))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.ioctl(container, 0, eight))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> file.ioctl(VfioHeader.VFIO_GET_API_VERSION, eight)))
        .isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(file::close)).isEqualTo(Errno.EBADF);
    assertThat(client.openContainer()).as("the lowest free number again").isEqualTo(container);
    assertThat(Rig.errno(() -> file.read(eight)))
        .as("the old file is not the new one")
        .isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.close(-1))).isEqualTo(Errno.EBADF);
    assertThat(Rig.errno(() -> client.close(99))).isEqualTo(Errno.EBADF);
  }

  @Test
  void aDuplicateKeepsTheFileOpen() {
    int group = client.openGroup(1);
    int copy = client.dup(group);
    client.close(group);
    assertThat(rig.status(copy)).isEqualTo(1);
    assertThat(Rig.errno(() -> client.openGroup(1))).isEqualTo(Errno.EBUSY);
    client.close(copy);
    assertThat(client.openGroup(1)).isEqualTo(group);
  }

  @Test
  void onlyNodesThatExistCanBeOpened() {
    for (String path :
        new String[] {
          "/dev/vfio/9999", "/dev/vfio/01", "/dev/vfio/noiommu-1", "/dev/vfio/", "/etc/passwd", ""
        }) {
      assertThat(Rig.errno(() -> client.open(path, OpenMode.READ_WRITE)))
          .as(path)
          .isEqualTo(Errno.ENOENT);
    }
  }

  @Test
  void aFullTableFailsBeforeAnythingIsOpened() {
    VfioClient small = rig.registry.vfio().connect(new ClientPolicy("small", 0, Set.of(), 2));
    small.openContainer();
    small.openGroup(1);
    assertThat(Rig.errno(() -> small.openGroup(2))).isEqualTo(Errno.EMFILE);
    assertThat(Rig.errno(() -> small.openGroup(77))).isEqualTo(Errno.EMFILE);
    assertThat(Rig.errno(small::eventFd)).isEqualTo(Errno.EMFILE);
    assertThat(client.openGroup(2)).as("nobody holds group 2").isNotNegative();
  }

  @Test
  void anEventfdCountsAndClears() {
    int fd = client.eventFd();
    assertThat(client.poll(fd)).isEqualTo(4);
    assertThat(Rig.errno(() -> client.read(fd, eight))).isEqualTo(Errno.EAGAIN);
    client.eventFd(fd).signal();
    eight.set(ValueLayout.JAVA_LONG, 0, 4);
    assertThat(client.write(fd, eight)).isEqualTo(8);
    assertThat(client.poll(fd)).isEqualTo(5);
    assertThat(client.read(fd, eight)).isEqualTo(8);
    assertThat(eight.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(5);
    eight.set(ValueLayout.JAVA_LONG, 0, -1);
    assertThat(Rig.errno(() -> client.write(fd, eight))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.read(fd, eight.asSlice(0, 4)))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.pread(fd, eight, 0))).isEqualTo(Errno.ESPIPE);
    assertThat(Rig.errno(() -> client.mmap(fd, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> client.ioctl(fd, VfioHeader.VFIO_GET_API_VERSION, eight)))
        .isEqualTo(Errno.ENOTTY);
  }

  @Test
  void aDeviceIsReadFromItsPositionAndAtOffsets() {
    int device = rig.openA().device();
    MemorySegment two = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, (byte) 1, (byte) 2);
    assertThat(client.write(device, two)).isEqualTo(2);
    assertThat(client.write(device, two)).isEqualTo(2);
    assertThat(client.pread(device, eight, 2)).isEqualTo(8);
    assertThat(eight.get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 2);
    assertThat(Rig.errno(() -> client.pread(device, eight, -1))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.pread(device, eight, Long.MAX_VALUE - 3)))
        .isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> client.lseek(device, 0))).isEqualTo(Errno.ESPIPE);
    assertThat(Rig.errno(() -> client.mmap(device, page(Set.of(Prot.READ, Prot.EXEC)))))
        .isEqualTo(Errno.EPERM);
    assertThat(client.poll(device)).isEqualTo(5);
  }

  @Test
  void whatTheFileLayerAnswersForEveryFile() {
    int container = client.openContainer();
    assertThat(client.ioctl(container, 0x5451, MemorySegment.NULL)).isZero();
    assertThat(client.ioctl(container, 0x5450, MemorySegment.NULL)).isZero();
    assertThat(client.ioctl(container, 0x5421, Rig.struct(1))).isZero();
    assertThat(Rig.errno(() -> client.ioctl(container, 0x5421, MemorySegment.NULL)))
        .isEqualTo(Errno.EFAULT);
  }
}
