package busbar.pci;

import busbar.api.Errno;
import java.util.Optional;
import java.util.UUID;

/**
 * What a client gives to {@code GROUP_GET_DEVICE_FD}: a function's name and, after spaces, {@code
 * vf_token=UUID}.
 */
final class DeviceName {
  private static final String TOKEN = "vf_token=";
  private static final int UUID_LENGTH = 36;

  private DeviceName() {}

  /** Whether the text starts with that name and goes on with a space or ends. */
  static boolean names(String text, String name) {
    return text.startsWith(name)
        && (text.length() == name.length() || text.charAt(name.length()) == ' ');
  }

  /**
   * The token behind the name.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for anything else behind it, a second token or
   *     one that is no UUID
   */
  static Optional<UUID> token(String text, String name) {
    Optional<UUID> token = Optional.empty();
    for (int at = name.length(); at < text.length(); ) {
      if (text.charAt(at) == ' ') {
        at++;
      } else if (token.isEmpty() && text.startsWith(TOKEN, at)) {
        at += TOKEN.length();
        token = Optional.of(uuid(text, at, name));
        at += UUID_LENGTH;
      } else {
        throw Errno.EINVAL.because(
            "'%s' after the name %s is no option or the second of its kind",
            text.substring(at), name);
      }
    }
    return token;
  }

  private static UUID uuid(String text, int at, String name) {
    if (text.length() - at < UUID_LENGTH) {
      throw Errno.EINVAL.because("the token for %s is shorter than a UUID", name);
    }
    String uuid = text.substring(at, at + UUID_LENGTH);
    if (!uuid.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
      throw Errno.EINVAL.because("'%s' is no UUID", uuid);
    }
    return UUID.fromString(uuid);
  }
}
