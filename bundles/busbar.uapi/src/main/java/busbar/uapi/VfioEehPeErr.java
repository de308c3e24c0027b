package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The error that {@code VFIO_EEH_PE_INJECT_ERR} injects, the end of {@link VfioEehPeOp}.
 *
 * <p>Source: {@code struct vfio_eeh_pe_err}, {@code <linux/vfio.h>}.
 *
 * @param type kind of error in the numbers of the platform: 0 for 32-bit, 1 for 64-bit addresses
 * @param func what the error hits, in the numbers of the platform: a load or store, a DMA read or
 *     write
 * @param addr bus address
 * @param mask which bits of the address count
 */
public record VfioEehPeErr(int type, int func, long addr, long mask) {

  public static final long OFFSET_TYPE = 0;
  public static final long OFFSET_FUNC = 4;
  public static final long OFFSET_ADDR = 8;
  public static final long OFFSET_MASK = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("type"),
              U32.withName("func"),
              U64.withName("addr"),
              U64.withName("mask"))
          .withName("vfio_eeh_pe_err");

  public static VfioEehPeErr decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioEehPeErr decode(MemorySegment s, long at) {
    return new VfioEehPeErr(
        s.get(U32, at + OFFSET_TYPE),
        s.get(U32, at + OFFSET_FUNC),
        s.get(U64, at + OFFSET_ADDR),
        s.get(U64, at + OFFSET_MASK));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_TYPE, type);
    s.set(U32, at + OFFSET_FUNC, func);
    s.set(U64, at + OFFSET_ADDR, addr);
    s.set(U64, at + OFFSET_MASK, mask);
  }
}
