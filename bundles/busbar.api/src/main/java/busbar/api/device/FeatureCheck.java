package busbar.api.device;

import busbar.api.Errno;

/** The common check of a feature call ({@code vfio_check_feature}), in the kernel's order. */
public final class FeatureCheck {
  private static final int GET = 1 << 16;
  private static final int SET = 1 << 17;
  private static final int PROBE = 1 << 18;

  private FeatureCheck() {}

  /** Whether the call goes on or was only a probe. */
  public enum Verdict {
    GO_ON,
    PROBED
  }

  /** The feature's index of a flags word. */
  public static int index(int flags) {
    return flags & 0xffff;
  }

  /**
   * @param flags the call's flags
   * @param payloadSize the payload that {@code argsz} announces
   * @param supported the operations that the feature has: GET and SET bits
   * @param minimum the smallest payload
   * @throws busbar.api.VfioException {@code EINVAL} if an operation is asked that the feature
   *     lacks, none is asked, or the payload is too small
   */
  public static Verdict check(int flags, long payloadSize, int supported, long minimum) {
    int asked = flags & (GET | SET);
    if ((asked & ~supported) != 0) {
      throw Errno.EINVAL.because(
          "feature %d supports %s only", index(flags), supported == GET ? "GET" : "SET");
    }
    if ((flags & PROBE) != 0) {
      return Verdict.PROBED;
    }
    if (asked == 0) {
      throw Errno.EINVAL.because("feature %d is asked neither to GET nor to SET", index(flags));
    }
    if (payloadSize < minimum) {
      throw Errno.EINVAL.because(
          "feature %d needs %d bytes of payload, argsz leaves %d",
          index(flags), minimum, payloadSize);
    }
    return Verdict.GO_ON;
  }
}
