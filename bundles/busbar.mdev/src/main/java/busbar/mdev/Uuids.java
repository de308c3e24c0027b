package busbar.mdev;

import busbar.api.Errno;
import java.util.Locale;
import java.util.regex.Pattern;

/** The text form of UUIDs, as the kernel parses it. */
final class Uuids {
  private static final int LENGTH = 36;
  private static final Pattern FORM =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", Pattern.CASE_INSENSITIVE);

  private Uuids() {}

  /**
   * The device name that the text stands for: 36 characters in lower case. One more character may
   * follow, which sysfs writers need for a newline and the kernel does not look at.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the text is no UUID
   */
  static String parse(String text) {
    if (text.length() < LENGTH || text.length() > LENGTH + 1) {
      throw Errno.EINVAL.because(
          "\"%s\" is no UUID: it has %d characters, not %d", text.strip(), text.length(), LENGTH);
    }
    String uuid = text.substring(0, LENGTH);
    if (!FORM.matcher(uuid).matches()) {
      throw Errno.EINVAL.because("\"%s\" is no UUID", uuid);
    }
    return uuid.toLowerCase(Locale.ROOT);
  }
}
