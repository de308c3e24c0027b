/** Device model: an NVMe controller. */
package busbar.model.nvme;
