/** A driver beside {@code vfio-pci} for functions that can be moved to another machine. */
package busbar.pci.migratable;
