/** The {@code vfio-iommu-type1} backend. */
package busbar.type1;
