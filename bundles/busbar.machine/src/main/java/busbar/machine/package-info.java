/** The simulated machine: memory, buses and IOMMU hardware, described by a JSON file. */
package busbar.machine;
