package busbar.api.swap;

/** What happens when somebody better than the one in place appears. */
public enum SwapPolicy {
  /** Nothing, as in Linux: an operator swaps. */
  MANUAL,
  /** The better one takes over as soon as nobody uses the place. */
  ON_IDLE,
  /** The better one takes over at once. */
  ALWAYS
}
