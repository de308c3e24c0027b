/** Device model: a VGA adapter. */
package busbar.model.vga;
