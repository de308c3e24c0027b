package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * An I/O page fault, read from a fault queue.
 *
 * <p>Source: {@code struct iommu_hwpt_pgfault}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code IOMMU_PGFAULT_FLAGS_*}
 * @param devId device
 * @param pasid process address space id, if flagged valid
 * @param grpid page request group
 * @param perm {@code IOMMU_PGFAULT_PERM_*}: access that was wished for
 * @param reserved must be 0
 * @param addr address of the fault
 * @param length bytes that the device says it will need, a hint
 * @param cookie to be given back in the response
 */
public record IommuHwptPgfault(
    int flags,
    int devId,
    int pasid,
    int grpid,
    int perm,
    int reserved,
    long addr,
    int length,
    int cookie) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_DEV_ID = 4;
  public static final long OFFSET_PASID = 8;
  public static final long OFFSET_GRPID = 12;
  public static final long OFFSET_PERM = 16;
  public static final long OFFSET_RESERVED = 20;
  public static final long OFFSET_ADDR = 24;
  public static final long OFFSET_LENGTH = 32;
  public static final long OFFSET_COOKIE = 36;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("flags"),
              U32.withName("dev_id"),
              U32.withName("pasid"),
              U32.withName("grpid"),
              U32.withName("perm"),
              U32.withName("__reserved"),
              U64.withName("addr"),
              U32.withName("length"),
              U32.withName("cookie"))
          .withName("iommu_hwpt_pgfault");

  public static IommuHwptPgfault decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptPgfault decode(MemorySegment s, long at) {
    return new IommuHwptPgfault(
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DEV_ID),
        s.get(U32, at + OFFSET_PASID),
        s.get(U32, at + OFFSET_GRPID),
        s.get(U32, at + OFFSET_PERM),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_ADDR),
        s.get(U32, at + OFFSET_LENGTH),
        s.get(U32, at + OFFSET_COOKIE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DEV_ID, devId);
    s.set(U32, at + OFFSET_PASID, pasid);
    s.set(U32, at + OFFSET_GRPID, grpid);
    s.set(U32, at + OFFSET_PERM, perm);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_ADDR, addr);
    s.set(U32, at + OFFSET_LENGTH, length);
    s.set(U32, at + OFFSET_COOKIE, cookie);
  }
}
