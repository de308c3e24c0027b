/** The kernel's sample of a mediated Bochs display, {@code samples/vfio-mdev/mbochs.c}. */
package busbar.model.mbochs;
