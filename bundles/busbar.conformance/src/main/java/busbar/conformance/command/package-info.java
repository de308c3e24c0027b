/** The command {@code conform}, and machines that are switched on inside the running framework. */
package busbar.conformance.command;
