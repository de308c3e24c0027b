/**
 * The kernel's sample of a mediated display, {@code samples/vfio-mdev/mdpy.c}: a framebuffer and no
 * more.
 */
package busbar.model.mdpy;
