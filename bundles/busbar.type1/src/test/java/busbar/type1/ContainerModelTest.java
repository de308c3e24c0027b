package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.dirtyArgument;
import static busbar.type1.TestContainer.mapArgument;
import static busbar.type1.TestContainer.unmapArgument;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.device.GroupType;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.iommu.ReservedRegion;
import busbar.api.iommu.ReservedRegion.Kind;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.memory.Protection;
import busbar.type1.ContainerModel.Mapping;
import busbar.type1.ContainerModel.Owner;
import busbar.type1.FakeIommu.FakeDomain;
import busbar.type1.FakeIommu.FakeGroup;
import busbar.uapi.VfioBitmap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Random calls give the same answers and leave the same state as in {@link ContainerModel}. */
class ContainerModelTest {
  private static final int ENTRY_LIMIT = 10;
  private static final int AREA_PAGES = 24;

  /** What is done. */
  enum What {
    MAP,
    UNMAP,
    ATTACH,
    DETACH,
    ATTACH_EMULATED,
    DETACH_EMULATED,
    PIN,
    UNPIN,
    DMA,
    TRACK,
    GET_DIRTY,
    LIMIT,
    HAND_OVER
  }

  /** One call; what the numbers mean depends on its kind. */
  record Op(What kind, int flags, int place, int size, int memory) {}

  @Provide
  Arbitrary<List<Op>> calls() {
    Arbitrary<What> kinds =
        Arbitraries.frequencyOf(
            Tuple.of(10, Arbitraries.just(What.MAP)),
            Tuple.of(6, Arbitraries.just(What.UNMAP)),
            Tuple.of(13, Arbitraries.of(What.values())));
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 127);
    return Combinators.combine(kinds, number, number, number, number)
        .as(Op::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  @Property(seed = "20261122", tries = 250, shrinking = ShrinkingMode.BOUNDED)
  void v2AnswersAsTheModel(@ForAll("calls") List<Op> calls) {
    new Run(true).play(calls);
  }

  @Property(seed = "20261122", tries = 120, shrinking = ShrinkingMode.BOUNDED)
  void v1AnswersAsTheModel(@ForAll("calls") List<Op> calls) {
    new Run(false).play(calls);
  }

  /** Many more, from seeds that a failure names. */
  @Test
  @EnabledIfSystemProperty(named = "busbar.long", matches = "true")
  void inTheLongProfileForLonger() {
    for (long seed = 0; seed < 30_000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Op> calls = new ArrayList<>();
      for (int i = random.nextInt(1, 120); i > 0; i--) {
        calls.add(randomOp(random));
      }
      try {
        new Run(seed % 3 != 0).play(calls);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static Op randomOp(SplittableRandom random) {
    int kind = random.nextInt(29);
    What[] all = What.values();
    What what = kind < 10 ? What.MAP : kind < 16 ? What.UNMAP : all[kind - 16];
    return new Op(
        what, random.nextInt(128), random.nextInt(128), random.nextInt(128), random.nextInt(128));
  }

  /** One container and its model. */
  private static final class Run {
    private final PhysicalMemory physical = new PhysicalMemory();
    private final Type1Driver driver =
        new Type1Driver(new Type1Parameters(false, false, ENTRY_LIMIT));
    private final FakeCaller[] clients = new FakeCaller[2];
    private final Owner[] owners = new Owner[2];
    private final long[] areas = new long[4];
    private final FakeIommu[] hardware = {new FakeIommu("vt-d"), new FakeIommu("smmuv3")};
    private final FakeGroup[] groups = new FakeGroup[4];
    private final ContainerModel.Group[] modelGroups = new ContainerModel.Group[4];
    private final FakeGroup[] emulated = {FakeGroup.emulated(90), FakeGroup.emulated(91)};
    private final ContainerModel model;
    private final UnmapListener device = this::letGo;
    private final AddressSpace bitmapSpace = new AddressSpace("bitmap", physical);
    private final long bitmap = bitmapSpace.allocate(PAGE);
    private Type1Iommu iommu;

    Run(boolean v2) {
      for (int i = 0; i < 2; i++) {
        AddressSpace memory = new AddressSpace("client" + i, physical);
        clients[i] = new FakeCaller(memory);
        owners[i] = new Owner();
        areas[2 * i] = area(memory, owners[i], Protection.READ_WRITE);
        areas[2 * i + 1] = area(memory, owners[i], Protection.READ);
      }
      model = new ContainerModel(v2, ENTRY_LIMIT);
      iommu = driver.open(v2 ? 3 : 1, clients[0]);
      driver.registerDevice(iommu, device);
      ReservedRegion msi = new ReservedRegion(0xfee00000L, 0xfeefffffL, Kind.MSI);
      ReservedRegion low = new ReservedRegion(20 * PAGE, 22 * PAGE - 1, Kind.DIRECT);
      addGroup(0, 0, msi);
      addGroup(1, 0, msi, low);
      hardware[1].apertureStart = 4 * PAGE;
      hardware[1].apertureEnd = (1L << 40) - 1;
      addGroup(2, 1, low);
      addGroup(3, 1);
    }

    private long area(AddressSpace memory, Owner owner, Protection protection) {
      long vaddr = memory.allocate(AREA_PAGES * PAGE, PAGE, protection, AddressSpace.Kind.PRIVATE);
      long at = memory.pin(vaddr, AREA_PAGES * PAGE, Access.READ).physical();
      physical.unpin(at, AREA_PAGES * PAGE);
      for (int i = 0; i < AREA_PAGES; i++) {
        BigInteger page = BigInteger.valueOf(vaddr + i * PAGE);
        owner.physical.put(page, at + i * PAGE);
        if (protection == Protection.READ_WRITE) {
          owner.writable.add(page);
        }
      }
      return vaddr;
    }

    private void addGroup(int index, int which, ReservedRegion... reserved) {
      groups[index] = hardware[which].group(index, reserved);
      modelGroups[index] =
          new ContainerModel.Group(
              index,
              which,
              BigInteger.valueOf(hardware[which].apertureStart),
              BigInteger.valueOf(hardware[which].apertureEnd),
              Arrays.stream(reserved)
                  .map(
                      r ->
                          new BigInteger[] {
                            BigInteger.valueOf(r.start()), BigInteger.valueOf(r.end())
                          })
                  .toList());
    }

    void play(List<Op> calls) {
      // most runs are about groups coming later, many about containers that have one from the start
      if (calls.size() % 2 == 0) {
        same(answer(() -> attach(groups[0])), model.attach(modelGroups[0]), "the first group");
      }
      for (Op op : calls) {
        play(op);
        compare(op);
      }
      driver.release(iommu);
      assertThat(clients[0].memory().lockedPages()).isZero();
      assertThat(clients[1].memory().lockedPages()).isZero();
      assertThat(physical.pinnedBytes()).isZero();
      for (FakeIommu each : hardware) {
        assertThat(each.openDomains()).isEmpty();
        each.domains.forEach(domain -> assertThat(domain.unflushed).isZero());
      }
    }

    private static void same(Object real, Object expected, Object what) {
      assertThat(real).as("%s", what).isEqualTo(expected);
    }

    private static Object answer(Supplier<Object> call) {
      try {
        return call.get();
      } catch (VfioException e) {
        return e.errno().name();
      }
    }

    private long place(int number) {
      return switch (number / 16) {
        case 0, 1, 2 -> number * PAGE;
        case 3 -> 0xfee00000L + (number - 56) * PAGE;
        case 4 -> (1L << 48) + (number - 72) * PAGE;
        case 5 -> (number - 96) * PAGE;
        case 6 -> (1L << 40) + (number - 104) * PAGE;
        default -> number * 0x801L;
      };
    }

    private static long size(int number) {
      return switch (number) {
        case 100 -> PAGE + 1;
        case 101 -> -PAGE;
        case 102 -> Long.MIN_VALUE;
        case 103 -> -4 * PAGE;
        case 104 -> 1L << 47;
        case 105 -> 1L << 43;
        case 106 -> -1;
        default -> number % 16 * PAGE;
      };
    }

    private long vaddr(int number) {
      return switch (number) {
        case 120 -> 0;
        case 121 -> -PAGE;
        case 122 -> 1;
        case 123 -> -4 * PAGE;
        default -> areas[number % 4] + number / 4 % AREA_PAGES * PAGE;
      };
    }

    private void play(Op op) {
      switch (op.kind) {
        case MAP -> map(op);
        case UNMAP -> unmap(op);
        case ATTACH ->
            same(
                answer(() -> attach(groups[op.place % 4])),
                model.attach(modelGroups[op.place % 4]),
                op);
        case DETACH -> {
          driver.detachGroup(iommu, groups[op.place % 4]);
          model.detach(modelGroups[op.place % 4]);
        }
        case ATTACH_EMULATED ->
            same(
                answer(() -> attachEmulated(emulated[op.place % 2])),
                model.attachEmulated(op.place % 2),
                op);
        case DETACH_EMULATED -> {
          driver.detachGroup(iommu, emulated[op.place % 2]);
          model.detachEmulated(op.place % 2);
        }
        case PIN -> pin(op);
        case UNPIN -> {
          driver.unpinPages(iommu, place(op.place % 96), op.size % 4);
          model.unpin(place(op.place % 96), op.size % 4);
        }
        case DMA -> dma(op);
        case TRACK -> {
          boolean on = op.flags % 3 != 0;
          same(answer(() -> track(on)), model.track(on), op);
        }
        case GET_DIRTY -> getDirty(op);
        case LIMIT -> limit(op);
        case HAND_OVER -> handOver();
        default -> throw new AssertionError();
      }
    }

    private Object attach(FakeGroup group) {
      driver.attachGroup(iommu, group, GroupType.IOMMU);
      return "0";
    }

    private Object attachEmulated(FakeGroup group) {
      driver.attachGroup(iommu, group, GroupType.EMULATED);
      return "0";
    }

    private static int mapFlags(int number) {
      return number < 90 ? 1 + number % 3 : number < 120 ? 4 : number - 118;
    }

    private void map(Op op) {
      int who = op.memory % 4 / 2;
      int flags = mapFlags(op.flags);
      long iova = place(op.place);
      long size = size(op.size);
      if (flags == 4 && !model.mappings.isEmpty() && op.size < 64) {
        // mostly one that is there
        Mapping m = List.copyOf(model.mappings.values()).get(op.place % model.mappings.size());
        iova = m.iova.longValue();
        size = m.size.longValue();
      }
      MemorySegment argument = mapArgument(32, flags, vaddr(op.memory), iova, size);
      Object real =
          answer(() -> "" + driver.ioctl(iommu, clients[who], VFIO_IOMMU_MAP_DMA, argument));
      same(real, model.map(owners[who], flags, vaddr(op.memory), iova, size), op);
    }

    private void unmap(Op op) {
      int flags = op.flags < 80 ? 0 : op.flags < 100 ? 4 : op.flags < 110 ? 2 : op.flags - 110;
      if ((flags & 1) != 0) {
        return; // with a bitmap: see DirtyPagesTest
      }
      boolean all = (flags & 2) != 0 && op.place < 100;
      long iova = all ? 0 : place(op.place);
      long size = all ? 0 : size(op.size);
      MemorySegment argument = unmapArgument(24, flags, iova, size, null);
      Object real =
          answer(
              () -> {
                driver.ioctl(iommu, clients[0], 0x3b72, argument);
                return Long.toUnsignedString(argument.get(ValueLayout.JAVA_LONG_UNALIGNED, 16));
              });
      same(real, model.unmap(flags, iova, size), op);
    }

    /** The device lets go of what the model says it has. */
    private void letGo(long iova, long length) {
      Mapping m = model.mappings.get(new BigInteger(Long.toUnsignedString(iova)));
      m.pins.forEach(
          (page, uses) -> {
            for (int i = 0; i < uses; i++) {
              driver.unpinPages(iommu, page.longValue(), 1);
            }
          });
    }

    private void pin(Op op) {
      long iova = place(op.place % 96);
      int protection = 1 + op.flags % 3;
      Access access = Access.values()[protection - 1];
      int count = 1 + op.size % 4;
      Object real =
          answer(
              () -> {
                long[] pages = driver.pinPages(iommu, emulated[0], iova, count, access);
                assertThat(pages).hasSize(count);
                return "0";
              });
      same(real, model.pin(iova, count, protection), op);
    }

    private void dma(Op op) {
      long iova = place(op.place % 96) + (op.memory % 2 == 0 ? 17 : PAGE - 50);
      boolean write = op.flags % 2 == 0;
      MemorySegment buffer = MemorySegment.ofArray(new byte[100]);
      Object real =
          answer(
              () -> {
                driver.dmaRw(iommu, iova, buffer, write ? Access.WRITE : Access.READ);
                return "0";
              });
      same(real, model.dmaRw(iova, 100, write), op);
    }

    private Object track(boolean on) {
      MemorySegment argument = dirtyArgument(8, on ? 1 : 2, 0, 0, new VfioBitmap(0, 0, 0));
      driver.ioctl(iommu, clients[0], VFIO_IOMMU_DIRTY_PAGES, argument);
      return "0";
    }

    private void getDirty(Op op) {
      long iova = place(op.place % 96);
      long size = (long) op.size * PAGE;
      MemorySegment words = bitmapSpace.at(bitmap, PAGE, Access.READ_WRITE);
      words.fill((byte) 0);
      MemorySegment argument = dirtyArgument(48, 4, iova, size, new VfioBitmap(PAGE, 64, bitmap));
      Object real =
          answer(
              () -> {
                driver.ioctl(iommu, new FakeCaller(bitmapSpace), VFIO_IOMMU_DIRTY_PAGES, argument);
                return number(words.toArray(ValueLayout.JAVA_BYTE));
              });
      same(real, model.dirty(iova, size), op);
    }

    private static BigInteger number(byte[] littleEndian) {
      byte[] reversed = new byte[littleEndian.length];
      for (int i = 0; i < reversed.length; i++) {
        reversed[i] = littleEndian[reversed.length - 1 - i];
      }
      return new BigInteger(1, reversed);
    }

    private void limit(Op op) {
      int who = op.flags % 2;
      long pages = op.size % 5 == 0 ? Long.MAX_VALUE : op.size;
      owners[who].limit = pages;
      clients[who]
          .memory()
          .setLockedLimitBytes(pages == Long.MAX_VALUE ? AddressSpace.UNLIMITED : pages * PAGE);
    }

    private void handOver() {
      Type1Driver next = new Type1Driver(new Type1Parameters(false, false, 65535));
      Type1Iommu fresh = next.open(model.v2 ? 3 : 1, clients[0]);
      next.restore(fresh, driver.save(iommu));
      driver.forget(iommu);
      iommu = fresh;
    }

    private void compare(Op op) {
      long pinned = 0;
      for (Mapping m : model.mappings.values()) {
        pinned += (m.mapped ? m.pages() : 0) + m.pins.size();
      }
      for (int i = 0; i < 2; i++) {
        assertThat(clients[i].memory().lockedPages())
            .as("charge of client %d after %s", i, op)
            .isEqualTo(owners[i].locked);
      }
      assertThat(physical.pinnedBytes()).as("pinned after %s", op).isEqualTo(pinned * PAGE);
      assertThat(iommu.mappings.size()).isEqualTo(model.mappings.size());
      assertThat(iommu.available).isEqualTo(ENTRY_LIMIT - model.mappings.size());
      assertThat(iommu.suspended).isEqualTo((int) model.suspended());
      compareRanges(op);
      compareDomains(op);
    }

    private void compareRanges(Op op) {
      StringBuilder real = new StringBuilder();
      for (int i = 0; i < iommu.iovas.size(); i++) {
        real.append(Long.toUnsignedString(iommu.iovas.first(i))).append('-');
        real.append(Long.toUnsignedString(iommu.iovas.last(i))).append(' ');
      }
      StringBuilder expected = new StringBuilder();
      model.ranges.forEach(r -> expected.append(r[0]).append('-').append(r[1]).append(' '));
      assertThat(real).as("ranges after %s", op).hasToString(expected.toString());
    }

    private void compareDomains(Op op) {
      Map<Long, FakeDomain.Entry> expected = new HashMap<>();
      for (Mapping m : model.mappings.values()) {
        if (!m.mapped) {
          pagesOf.remove(m);
        }
        for (int i = 0; m.mapped && i < m.pages(); i++) {
          long iova = m.iova.longValue() + i * PAGE;
          expected.put(iova, new FakeDomain.Entry(behind(iova, m), m.protection));
        }
      }
      for (int i = 0; i < 2; i++) {
        int which = i;
        boolean used = model.real.stream().anyMatch(g -> g.hardware() == which);
        assertThat(hardware[i].openDomains()).as("domains after %s", op).hasSize(used ? 1 : 0);
        for (FakeDomain domain : hardware[i].openDomains()) {
          assertThat(domain.pages.keySet()).isEqualTo(expected.keySet());
          domain.pages.forEach(
              (iova, entry) -> {
                assertThat(entry.protection()).isEqualTo(expected.get(iova).protection());
                assertThat(entry.physical())
                    .as("page behind 0x%x after %s", iova, op)
                    .isEqualTo(expected.get(iova).physical());
              });
        }
      }
    }

    /** Pages stay what they were when the mapping was made, also under a new vaddr. */
    private final Map<Mapping, Map<Long, Long>> pagesOf = new HashMap<>();

    private long behind(long iova, Mapping m) {
      return pagesOf
          .computeIfAbsent(m, k -> new HashMap<>())
          .computeIfAbsent(
              iova,
              k ->
                  m.owner.physical.get(m.vaddr.add(BigInteger.valueOf(iova - m.iova.longValue()))));
    }
  }
}
