package busbar.registry;

import busbar.api.state.StateRecord;
import busbar.api.swap.SwapRecording;
import busbar.registry.DeviceEntry.VfioBound;

/**
 * A device in use whose driver's service is gone: operations wait, its state waits, for a successor
 * or the end of the grace period, whichever claims it first.
 */
final class Hold extends Waiting {
  final DeviceEntry entry;
  final VfioBound bound;
  final SwapRecording recording;

  /** What the driver told; {@code null} if it could not and has let go. */
  final StateRecord state;

  private final Stillness still;

  Hold(
      DeviceEntry entry,
      VfioBound bound,
      SwapRecording recording,
      StateRecord state,
      Stillness still) {
    this.entry = entry;
    this.bound = bound;
    this.recording = recording;
    this.state = state;
    this.still = still;
  }

  DriverEntry driver() {
    return bound.driver();
  }

  /** It is over: operations go on, or fail. */
  void end() {
    endWaiting();
    entry.setHold(null);
    still.end(recording::opened);
  }
}
