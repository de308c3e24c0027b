package busbar.conformance.play;

import java.nio.file.Path;

/** Switches machines on. */
@FunctionalInterface
public interface BenchFactory {

  /**
   * Switches on a fresh machine.
   *
   * @param description the machine's file
   * @throws Exception if it does not come up; the message says what is missing
   */
  Bench boot(Path description) throws Exception;
}
