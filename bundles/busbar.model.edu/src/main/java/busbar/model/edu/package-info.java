/** Device model: QEMU's edu device. */
package busbar.model.edu;
