/** The {@code vfio-iommu-spapr-tce} backend. */
package busbar.spapr;
