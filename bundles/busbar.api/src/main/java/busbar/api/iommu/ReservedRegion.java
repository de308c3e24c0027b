package busbar.api.iommu;

/**
 * Addresses that a group cannot use for DMA.
 *
 * @param start first address
 * @param end last address
 */
public record ReservedRegion(long start, long end, Kind kind) {
  /** Why it is reserved; the text is the one of {@code reserved_regions}. */
  public enum Kind {
    DIRECT("direct"),
    DIRECT_RELAXABLE("direct-relaxable"),
    RESERVED("reserved"),
    MSI("msi"),
    SW_MSI("msi");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
