package busbar.conformance.play;

/** What a kind of step does; gives its result. */
@FunctionalInterface
interface StepAction {
  String play(Session session, Arguments arguments) throws InterruptedException;
}
