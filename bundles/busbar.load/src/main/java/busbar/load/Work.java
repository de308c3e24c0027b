package busbar.load;

/** What a client thread does again and again. */
interface Work {
  /** For messages: {@code "registers"}. */
  String name();

  /** A few operations; throws what they throw. */
  void round();

  /** One after the other. */
  static Work both(Work one, Work other) {
    return new Work() {
      @Override
      public String name() {
        return one.name() + " and " + other.name();
      }

      @Override
      public void round() {
        one.round();
        other.round();
      }
    };
  }
}
