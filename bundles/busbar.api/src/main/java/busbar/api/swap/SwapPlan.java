package busbar.api.swap;

import java.util.List;

/**
 * What a swap would do; nothing has been touched.
 *
 * @param target what was asked for
 * @param kind {@code "driver"}, {@code "backend"}, {@code "model"}
 * @param from who is there
 * @param to who would be
 * @param places all that would be exchanged together, the target among them
 * @param transfer how the state would get across
 * @param possible whether it could be done now, as far as can be told without doing it
 * @param because one sentence: why it is possible or not
 * @param findings further facts, one sentence each: versions of the state, what is lost
 */
public record SwapPlan(
    String target,
    String kind,
    Candidate from,
    Candidate to,
    List<String> places,
    Transfer transfer,
    boolean possible,
    String because,
    List<String> findings) {
  public SwapPlan {
    places = List.copyOf(places);
    findings = List.copyOf(findings);
  }

  /** How state gets from the old one to the new one. */
  public enum Transfer {
    /** By a record of the state: users notice a pause. */
    STATE,
    /** Not at all: released by the old one, opened by the new one; users wire interrupts anew. */
    REOPEN,
    /** There is none: nobody uses the place. */
    NONE
  }
}
