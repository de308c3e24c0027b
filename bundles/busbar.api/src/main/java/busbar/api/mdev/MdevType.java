package busbar.api.mdev;

/**
 * A kind of mediated device that a parent can make.
 *
 * @param name the type's directory, {@code "mtty-1"}: driver name, dash, the parent's own name of
 *     it
 * @param prettyName {@code "Single port serial"}
 * @param description free text, empty if the parent gives none
 */
public record MdevType(String name, String prettyName, String description) {}
