/** Device model: the mediated framebuffer of the kernel samples. */
package busbar.model.mdpy;
