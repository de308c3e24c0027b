/** The {@code vfio-pci} bus driver. */
package busbar.pci;
