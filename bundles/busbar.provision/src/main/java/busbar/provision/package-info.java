/** Sets of bundles: what ran, what was good, and how to get from one to another. */
package busbar.provision;
