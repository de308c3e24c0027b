package busbar.registry;

import busbar.api.state.StateRecord;
import busbar.api.swap.SwapRecording;

/** A container whose backend's service is gone: calls and its state wait for a successor. */
final class BackendHold extends Waiting {
  final Container container;
  final Attachment attachment;
  final StateRecord state;
  final SwapRecording recording;

  BackendHold(
      Container container, Attachment attachment, StateRecord state, SwapRecording recording) {
    this.container = container;
    this.attachment = attachment;
    this.state = state;
    this.recording = recording;
  }

  BackendEntry<?> backend() {
    return attachment.backend();
  }

  /** It is over: calls go on, or fail. */
  void end() {
    endWaiting();
    attachment.gate.resume();
    recording.opened();
  }
}
