/** Device model: the mediated serial port of the kernel samples. */
package busbar.model.mtty;
