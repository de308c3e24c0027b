package busbar.api.swap;

import java.util.List;

/**
 * A place in which somebody can be exchanged.
 *
 * @param target as {@code swap} takes it: a device ({@code "0000:00:04.0"}), a container ({@code
 *     "container-1"})
 * @param kind what is exchanged there: {@code "driver"}, {@code "backend"}, {@code "model"}
 * @param current who is there; {@code null} while a successor is awaited
 * @param others who could be there instead
 * @param inUse whether a client uses the place
 */
public record Slot(
    String target, String kind, Candidate current, List<Candidate> others, boolean inUse) {}
