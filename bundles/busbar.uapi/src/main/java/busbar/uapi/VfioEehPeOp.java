package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_EEH_PE_OP} on a container with the sPAPR backend: error handling of each
 * partitionable endpoint in it. {@code VFIO_EEH_PE_GET_STATE} returns {@code VFIO_EEH_PE_STATE_*}
 * as the result of the ioctl.
 *
 * <p>Source: {@code struct vfio_eeh_pe_op}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags must be 0
 * @param op {@code VFIO_EEH_PE_*}
 * @param err the error, read only for {@code VFIO_EEH_PE_INJECT_ERR}
 */
public record VfioEehPeOp(int argsz, int flags, int op, VfioEehPeErr err) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_OP = 8;
  public static final long OFFSET_ERR = 16;
  public static final long SIZE = 40;

  /**
   * Smallest {@code argsz} accepted, in bytes: without {@code err}; with {@code
   * VFIO_EEH_PE_INJECT_ERR} it is {@link #SIZE}.
   */
  public static final int MIN_ARGSZ = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("op"),
              MemoryLayout.paddingLayout(4),
              VfioEehPeErr.LAYOUT.withName("err"))
          .withName("vfio_eeh_pe_op");

  public static VfioEehPeOp decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioEehPeOp decode(MemorySegment s, long at) {
    return new VfioEehPeOp(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_OP),
        VfioEehPeErr.decode(s, at + OFFSET_ERR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_OP, op);
    err.encode(s, at + OFFSET_ERR);
  }
}
