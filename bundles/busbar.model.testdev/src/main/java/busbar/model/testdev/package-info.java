/** Device model: QEMU's pci-testdev. */
package busbar.model.testdev;
