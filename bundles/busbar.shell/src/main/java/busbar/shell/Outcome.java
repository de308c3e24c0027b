package busbar.shell;

import java.util.List;

/**
 * What a command found or did: the same facts for a person and for a program.
 *
 * @param model records, lists, maps and plain values
 * @param lines the text
 * @param status 0, or 1 if what was asked about is not so
 */
record Outcome(Object model, List<String> lines, int status) {
  Outcome(Object model, List<String> lines) {
    this(model, lines, 0);
  }

  /** Something was changed. {@code undo} takes it back; empty if nothing does. */
  record Change(String done, String undo) {}

  static Outcome change(String done, String undo) {
    return new Outcome(
        new Change(done, undo), undo.isEmpty() ? List.of(done) : List.of(done, "undo: " + undo));
  }
}
