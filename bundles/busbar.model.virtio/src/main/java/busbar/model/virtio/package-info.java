/** Device model: virtio PCI devices. */
package busbar.model.virtio;
