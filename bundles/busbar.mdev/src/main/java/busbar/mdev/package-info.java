/** The bus of mediated devices, their parents and types. */
package busbar.mdev;
