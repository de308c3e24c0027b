package busbar.load;

import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;

/** The hand-over of a successor that is up to no good: it takes any version of a state. */
abstract class BadSuccessor implements HandoverOps<BadSuccessor.Data> {
  final Trouble trouble;
  private final String stateKind;

  BadSuccessor(Trouble trouble, String stateKind) {
    this.trouble = trouble;
    this.stateKind = stateKind;
  }

  /** What it was given. */
  static final class Data {
    private volatile StateRecord state;
  }

  @Override
  public int stateVersion() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String stateKind() {
    return stateKind;
  }

  @Override
  public StateRecord save(Data data) {
    return data.state;
  }

  @Override
  public void restore(Data fresh, StateRecord state) {
    trouble.inRestore();
    fresh.state = state;
  }

  @Override
  public void resume(Data data) {}

  @Override
  public void forget(Data data) {}
}
