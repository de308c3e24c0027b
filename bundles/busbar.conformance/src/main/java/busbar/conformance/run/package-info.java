/** Running: finds the scenarios that are meant, plays each on a fresh machine and compares. */
package busbar.conformance.run;
