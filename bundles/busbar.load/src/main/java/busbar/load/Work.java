package busbar.load;

/** What a client thread does again and again. */
interface Work {
  /** For messages: {@code "registers"}. */
  String name();

  /** A few operations; throws what they throw. */
  void round();
}
