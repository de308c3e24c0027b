/**
 * The scenario player: plays recorded scenarios and compares every step with the trace of a kernel.
 */
package busbar.conformance;
