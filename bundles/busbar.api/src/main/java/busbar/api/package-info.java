/** The contracts that drivers and IOMMU backends implement, and the edge that clients use. */
package busbar.api;
