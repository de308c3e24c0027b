/** Benchmarks of the hot paths, run by {@code ./busbar bench}. */
package busbar.bench;
