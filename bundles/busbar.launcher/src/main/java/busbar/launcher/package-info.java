/**
 * Starts an appliance from a feature file: reads it, boots the framework, hands on the
 * configuration.
 */
package busbar.launcher;
