package busbar.conformance.run;

import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Trace;
import java.nio.file.Path;

/**
 * A scenario with the machine it is for and what a kernel answered there.
 *
 * @param machine the machine's name
 * @param description the machine's file
 */
public record Case(String machine, Path description, Scenario scenario, Trace trace) {}
