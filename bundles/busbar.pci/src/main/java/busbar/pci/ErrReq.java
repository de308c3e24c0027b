package busbar.pci;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.IrqSet;
import busbar.api.state.StateRecord;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;

/**
 * The two interrupts that no hardware raises: the device had an error, and the host wants the
 * device back. Changed inside the interrupt gate; signalled by any thread.
 */
final class ErrReq {
  private static final System.Logger LOG = System.getLogger("busbar.pci");
  private static final int NOTICE_EVERY = 10;

  private final String device;
  private volatile EventFd error;
  private volatile EventFd request;

  ErrReq(String device) {
    this.device = device;
  }

  void setError(Caller caller, IrqSet set) {
    error = changed(error, caller, set);
  }

  void setRequest(Caller caller, IrqSet set) {
    request = changed(request, caller, set);
  }

  /** What the slot holds after the call; loopback signals what it holds. */
  private static EventFd changed(EventFd current, Caller caller, IrqSet set) {
    if (set.start() != 0 || set.count() > 1) {
      throw Errno.EINVAL.because(
          "index %d is one interrupt: start %d, count %d", set.index(), set.start(), set.count());
    }
    switch (set.data()) {
      case NONE -> {
        if (current != null) {
          if (set.count() == 0) {
            return null;
          }
          current.signal();
          return current;
        }
      }
      case BOOL -> {
        if (set.count() == 1) {
          if (set.bool(0) && current != null) {
            current.signal();
          }
          return current;
        }
      }
      case EVENTFD -> {
        if (set.count() == 1 && set.fd(0) == -1) {
          return null;
        }
        if (set.count() == 1 && set.fd(0) >= 0) {
          return caller.eventFd(set.fd(0));
        }
      }
    }
    throw Errno.EINVAL.because(
        "index %d cannot be triggered with %s, count %d: %s",
        set.index(),
        set.data(),
        set.count(),
        current == null ? "it has no eventfd" : "that is not one descriptor");
  }

  /** The port above reported an error of the device. */
  void reportError() {
    EventFd to = error;
    if (to != null) {
      to.signal();
    }
  }

  /** The host wants the device back; {@code count} as the core counts its calls. */
  void request(int count) {
    EventFd to = request;
    if (to != null) {
      if (count % NOTICE_EVERY == 0) {
        LOG.log(Level.INFO, "{0}: asks its user to let go (#{1})", device, count);
      }
      to.signal();
    } else if (count == 0) {
      LOG.log(
          Level.WARNING,
          "{0}: its user listens to no request, the removal waits until it lets go",
          device);
    }
  }

  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    if (error != null) {
      values.put("error", error);
    }
    if (request != null) {
      values.put("request", request);
    }
    return new StateRecord("vfio-pci errreq", 1, values);
  }

  void restore(StateRecord state) {
    error = state.optional("error", EventFd.class).orElse(null);
    request = state.optional("request", EventFd.class).orElse(null);
  }
}
