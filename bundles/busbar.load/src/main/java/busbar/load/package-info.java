/**
 * Clients that keep devices busy and check every answer, while drivers, backends and models are
 * exchanged under them: a benchmark, and a soak.
 */
package busbar.load;
