/** What came out: results of scenarios, their themes, and how both are printed. */
package busbar.conformance.report;
