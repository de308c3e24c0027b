package busbar.bench;

import java.util.List;

/**
 * A benchmark that is not a JMH method: it starts processes, or measures memory or growth. Listed
 * in {@link Main}.
 */
interface Measurement {

  /** What it is selected by. */
  String name();

  List<Score> measure() throws Exception;
}
