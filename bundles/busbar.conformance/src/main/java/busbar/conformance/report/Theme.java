package busbar.conformance.report;

/** What a scenario is about, told by its number. */
public enum Theme {
  CONTAINER(10, 19, "container"),
  GROUP(20, 29, "group"),
  VIABILITY(30, 39, "viability and binding"),
  MAP(40, 49, "type1 map"),
  LIMITS(50, 59, "limits and vaddr"),
  UNMAP(60, 69, "unmap and DMA"),
  DIRTY(70, 79, "dirty pages"),
  INFO(80, 89, "device info"),
  CONFIG(90, 109, "configuration space"),
  BARS(110, 119, "BARs"),
  INTERRUPTS(120, 139, "interrupts"),
  RESET(140, 149, "reset"),
  FEATURES(150, 159, "features"),
  UNBIND(160, 199, "unbind and sharing"),
  SPAPR(200, 299, "sPAPR"),
  IOMMUFD(300, 319, "device nodes and iommufd"),
  MDEV(320, 399, "mediated devices"),
  NOIOMMU(400, 409, "no-IOMMU"),
  UNSAFE(410, 419, "unsafe interrupts"),
  PLATFORM(500, 599, "platform, AMBA, SMMUv3"),
  OTHER(-1, -1, "other");

  private final int first;
  private final int last;
  private final String title;

  Theme(int first, int last, String title) {
    this.first = first;
    this.last = last;
    this.title = title;
  }

  /** For people. */
  public String title() {
    return title;
  }

  /** The theme that the number of a scenario belongs to. */
  public static Theme of(int number) {
    for (Theme theme : values()) {
      if (theme.first <= number && number <= theme.last) {
        return theme;
      }
    }
    return OTHER;
  }
}
