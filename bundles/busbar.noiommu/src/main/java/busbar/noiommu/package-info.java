/** The backend for machines without an IOMMU. */
package busbar.noiommu;
