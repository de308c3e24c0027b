package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.EehPe;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTable;
import busbar.api.iommu.TceTableGroup;
import busbar.api.pci.PciDevice;
import busbar.machine.MachineDescription.IommuFeature;
import busbar.machine.MachineDescription.IommuUnit;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class DmaWindowsTest {
  private static final String EDU = "0000:00:04.0";
  private static final long READ_WRITE = IommuDomain.READ | IommuDomain.WRITE;
  private static final long SECOND_WINDOW = 1L << 59;

  private final Rig.Factory models = new Rig.Factory("edu");
  private Rig rig = new Rig(MachineDescription.embedded("pseries"), models);

  @AfterEach
  void switchOff() {
    rig.close();
  }

  private void bareMetal() {
    rig.close();
    MachineDescription pseries = MachineDescription.embedded("pseries");
    IommuUnit unit = new IommuUnit("tce0", "spapr-tce", 0, 5, Set.of(IommuFeature.EEH));
    rig =
        new Rig(
            new MachineDescription(
                "powernv",
                pseries.arch(),
                pseries.kernel(),
                pseries.pageSize(),
                List.of(unit),
                pseries.aliases(),
                pseries.groups(),
                pseries.pci(),
                pseries.platform(),
                List.of(),
                List.of(),
                pseries.parameters(),
                pseries.hostDrivers(),
                List.of()),
            models);
  }

  private Iommu iommu() {
    return rig.machine.iommus().getFirst();
  }

  private IommuGroup group(int id) {
    return iommu().groups().get(id);
  }

  private TceTableGroup tables(int id) {
    return group(id).tceTableGroup().orElseThrow();
  }

  private TceTable window(int number, int pageShift, long size) {
    TceTable table = tables(0).createTable(number, pageShift, size, 1);
    tables(0).setWindow(number, table);
    return table;
  }

  private Rig.Registers edu() {
    rig.device(EDU).writeConfig(4, 2, 6);
    return models.made.get(EDU);
  }

  private boolean deviceWrites(long iova, byte[] bytes) {
    return edu().context.dma().write(iova, MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private boolean deviceReads(long iova, byte[] into) {
    return edu().context.dma().read(iova, MemorySegment.ofArray(into), 0, into.length);
  }

  private static void refused(Errno errno, Executable call) {
    assertEquals(errno, assertThrows(VfioException.class, call).errno());
  }

  @Test
  void aGroupHasItsHostBridgesDefaultWindow() {
    assertEquals(3, iommu().groups().size());
    assertEquals(0, tables(1).tce32Start());
    assertEquals(0x4000_0000, tables(1).tce32Size());
    assertEquals(0x121_1000, tables(1).pageSizes());
    assertEquals(2, tables(1).maxDynamicWindows());
    assertEquals(1, tables(1).maxLevels());
    refused(Errno.ENODEV, iommu()::allocateDomain);
  }

  @Test
  void dmaGoesWhereTheEntriesLead() {
    tables(0).takeOwnership();
    MemorySegment memory = Arena.ofAuto().allocate(3 * 4096, 4096);
    long physical = rig.memory.add(memory);
    TceTable table = window(0, 12, 0x4000_0000);
    // pages in reverse order, so that a run over them is no run of memory
    table.exchange(0x10, physical + 2 * 4096 | READ_WRITE);
    table.exchange(0x11, physical + 4096 | READ_WRITE);
    table.exchange(0x12, physical | IommuDomain.READ);
    byte[] sent = new byte[8192];
    java.util.Arrays.fill(sent, 0, 4096, (byte) 1);
    java.util.Arrays.fill(sent, 4096, 8192, (byte) 2);
    assertTrue(deviceWrites(0x10000, sent));
    assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, 2 * 4096));
    assertEquals(2, memory.get(ValueLayout.JAVA_BYTE, 2 * 4096 - 1));
    byte[] back = new byte[8192];
    assertTrue(deviceReads(0x10000, back));
    assertArrayEquals(sent, back);
    assertFalse(deviceWrites(0x12000, new byte[] {9}), "the last page is read-only");
    assertEquals("the mapping is read-only", iommu().recentFaults().getLast().reason());
    assertEquals(0x12000, iommu().recentFaults().getLast().iova());
  }

  @Test
  void whatIsClearedIsRefusedAndReadsAsOnes() {
    tables(0).takeOwnership();
    long physical = rig.memory.add(Arena.ofAuto().allocate(4096, 4096));
    TceTable table = window(1, 16, 1L << 30);
    assertEquals(0, table.exchange(table.offset() + 5, physical | READ_WRITE));
    assertEquals(physical | READ_WRITE, table.exchange(table.offset() + 5, 0));
    table.flush(table.offset() + 5, 1);
    byte[] read = new byte[4];
    assertFalse(deviceReads((table.offset() + 5) << 16, read));
    assertArrayEquals(new byte[] {-1, -1, -1, -1}, read);
    tables(0).unsetWindow(1);
    assertFalse(deviceReads((table.offset() + 5) << 16, read));
    assertEquals("the host has mapped nothing there", iommu().recentFaults().getLast().reason());
  }

  @Test
  void theNextEntryOfALargeTableIsFoundAtOnce() {
    TceTable table = tables(0).createTable(1, 12, 1L << 43, 1);
    long start = table.offset();
    assertEquals(start + table.entries(), table.next(start, start + table.entries()));
    table.exchange(start + 0x4000_0007L, 0x1000 | READ_WRITE);
    table.exchange(start + 0x7fff_ffffL, 0x2000 | READ_WRITE);
    assertEquals(start + 0x4000_0007L, table.next(start + 3, start + table.entries()));
    assertEquals(start + 0x7fff_ffffL, table.next(start + 0x4000_0008L, start + 0x8000_0000L));
    assertEquals(start + 0x100, table.next(start, start + 0x100));
    refused(Errno.EINVAL, () -> table.get(start + table.entries()));
    table.close();
  }

  @Test
  void aPartitionHasTheWindowsThatItsFirmwareGives() {
    TceTableGroup tables = tables(0);
    tables.takeOwnership();
    assertEquals(0x20_0000, tables.tableSize(12, 0x4000_0000, 1));
    assertEquals(0, tables.tableSize(16, 1, 1));
    TceTable first = window(0, 12, 0x4000_0000);
    assertEquals(0, first.offset());
    assertEquals(SECOND_WINDOW, window(1, 21, 0x100_0000).offset() << 21);
    refused(Errno.EBUSY, () -> tables.setWindow(1, first));
    tables.unsetWindow(0);
    refused(Errno.EPERM, () -> tables.createTable(0, 12, 0x1000_0000, 1));
    tables.unsetWindow(1);
    assertEquals(0, tables.createTable(0, 16, 0x100_0000, 1).offset());
    refused(Errno.EINVAL, () -> tables.createTable(1, 16, 0x180_0000, 1));
    refused(Errno.EINVAL, () -> tables.createTable(1, 16, 0x100_0000, 2));
    refused(Errno.EINVAL, () -> tables.createTable(1, 12, 1L << 44, 1));
  }

  @Test
  void aPartitionsTableBelongsToItsGroup() {
    tables(0).takeOwnership();
    tables(1).takeOwnership();
    TceTable table = window(0, 12, 0x4000_0000);
    refused(Errno.EPERM, () -> tables(1).setWindow(0, table));
  }

  @Test
  void onceFirmwareRefusedAWindowItIsAskedNoMore() {
    tables(0).takeOwnership();
    refused(Errno.ENODEV, () -> tables(0).createTable(0, 16, 0x8000, 1));
    refused(Errno.ENODEV, () -> tables(0).createTable(0, 16, 0x100_0000, 1));
  }

  @Test
  void tablesOnBareMetalHaveLevelsAndACopyAndCanBeShared() {
    bareMetal();
    TceTableGroup tables = tables(0);
    assertEquals(0x8000_0000L, tables.tce32Size());
    assertEquals(2 * 0x20_0000, tables.tableSize(12, 0x4000_0000, 1));
    assertEquals(2 * (0x20_0000 + 0x1000), tables.tableSize(12, 0x4000_0000, 2));
    assertEquals(0, tables.tableSize(12, 0x4000_0000, 0));
    assertEquals(0, tables.tableSize(12, 0x4000_0000, 6));
    assertEquals(0, tables.tableSize(12, 0x3000_0000, 1));
    refused(Errno.EINVAL, () -> tables.createTable(0, 16, 1L << 56, 1));
    TceTable table = tables.createTable(1, 16, 1L << 40, 3);
    tables.setWindow(1, table);
    tables(1).setWindow(1, table);
    assertEquals(SECOND_WINDOW >>> 16, table.offset());
  }

  @Test
  void anErrorFreezesTheEndpointUntilItIsUnfrozen() {
    bareMetal();
    PciDevice device = rig.device(EDU);
    device.writeConfig(4, 2, 6);
    device.bar(0).store(0, 4, 7);
    EehPe pe = group(0).eeh().orElseThrow();
    pe.inject(0, 16, 0, 0);
    assertEquals(0, pe.state());
    assertFalse(deviceWrites(0x1000, new byte[4]));
    assertEquals(2, pe.state());
    assertEquals(0xffff_ffffL, device.bar(0).load(0, 4));
    assertEquals(-1, device.readConfig(0, 4));
    device.bar(0).store(0, 4, 8);
    pe.unfreezeIo();
    assertEquals(4, pe.state());
    assertEquals(7, device.bar(0).load(0, 4));
    pe.unfreezeDma();
    assertEquals(0, pe.state());
  }

  @Test
  void aResetOfTheEndpointReachesItsDevicesAndKeepsTheirAddresses() {
    bareMetal();
    PciDevice device = rig.device(EDU);
    int bar = device.readConfig(0x10, 4);
    device.writeConfig(4, 2, 6);
    EehPe pe = group(0).eeh().orElseThrow();
    pe.resetHot();
    assertEquals(2, pe.state());
    assertEquals(1, models.made.get(EDU).resets);
    assertEquals(-1, device.readConfig(0, 4));
    pe.resetDeactivate();
    assertEquals(0, pe.state());
    assertEquals(bar, device.readConfig(0x10, 4));
    assertEquals(0x11e8_1234, device.readConfig(0, 4));
    assertEquals(2, device.readConfig(4, 2) & 6, "it decodes and is no bus master");
  }

  @Test
  void whatCannotBeInjectedIsRefused() {
    bareMetal();
    EehPe pe = group(0).eeh().orElseThrow();
    refused(Errno.EIO, () -> pe.inject(0, 0, 0, 0));
    refused(Errno.EINVAL, () -> pe.inject(0, 20, 0, 0));
    refused(Errno.ERANGE, () -> pe.inject(2, 4, 0, 0));
    assertTrue(
        new Rig(MachineDescription.embedded("pseries"))
            .machine
            .iommus()
            .getFirst()
            .groups()
            .getFirst()
            .eeh()
            .isEmpty());
  }

  @Test
  void aMachineCanHaveBothKindsOfIommu() {
    try (Rig mixed = new Rig(MachineDescription.embedded("mixed"), models)) {
      assertEquals(
          List.of("vt-d", "spapr-tce"), mixed.machine.iommus().stream().map(Iommu::kind).toList());
      IommuGroup first = mixed.device(EDU).iommuGroup().orElseThrow();
      assertTrue(first.tceTableGroup().isEmpty());
      IommuGroup second = mixed.device("0001:00:04.0").iommuGroup().orElseThrow();
      assertEquals(mixed.machine.iommus().get(1), second.iommu().orElseThrow());
      assertTrue(second.tceTableGroup().isPresent());
    }
  }
}
