package busbar.api.platform;

import org.osgi.annotation.versioning.ConsumerType;

/** A service that resets platform devices of one kind. */
@ConsumerType
public interface PlatformReset {
  /** The compatible string that it serves. */
  String compatible();

  /** Brings the device to its state after power-on; {@code EIO} and the like on failure. */
  void reset(PlatformDevice device);
}
