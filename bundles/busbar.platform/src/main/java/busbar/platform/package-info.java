/** The {@code vfio-platform} bus driver. */
package busbar.platform;
