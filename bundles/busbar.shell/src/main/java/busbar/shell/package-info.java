/** The {@code vfio} commands of the shell. */
package busbar.shell;
