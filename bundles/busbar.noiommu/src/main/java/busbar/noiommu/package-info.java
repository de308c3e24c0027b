/** The backend for groups that nothing isolates: it maps nothing and protects nothing. */
package busbar.noiommu;
