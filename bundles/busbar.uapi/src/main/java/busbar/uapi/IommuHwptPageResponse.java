package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The answer to an I/O page fault, written to a fault queue.
 *
 * <p>Source: {@code struct iommu_hwpt_page_response}, {@code <linux/iommufd.h>}.
 *
 * @param cookie that of the fault
 * @param code {@code IOMMUFD_PAGE_RESP_*}
 */
public record IommuHwptPageResponse(int cookie, int code) {

  public static final long OFFSET_COOKIE = 0;
  public static final long OFFSET_CODE = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("cookie"), U32.withName("code"))
          .withName("iommu_hwpt_page_response");

  public static IommuHwptPageResponse decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptPageResponse decode(MemorySegment s, long at) {
    return new IommuHwptPageResponse(s.get(U32, at + OFFSET_COOKIE), s.get(U32, at + OFFSET_CODE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_COOKIE, cookie);
    s.set(U32, at + OFFSET_CODE, code);
  }
}
