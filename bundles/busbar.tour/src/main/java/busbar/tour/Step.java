package busbar.tour;

/**
 * One step as it went.
 *
 * @param micros how long it took
 * @param said what was seen, or why it failed; one sentence
 */
record Step(String name, boolean ok, long micros, String said) {}
