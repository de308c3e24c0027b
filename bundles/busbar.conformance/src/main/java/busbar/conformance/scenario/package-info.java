/**
 * The files that are played: scenarios, traces, the facts of a machine, and the expressions in
 * steps.
 */
package busbar.conformance.scenario;
