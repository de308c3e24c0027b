package busbar.api.bus;

/** How a device can be reset, in the kernel's order of preference. */
public enum ResetMethod {
  DEVICE_SPECIFIC,
  ACPI,
  FLR,
  AF_FLR,
  PM,
  BUS
}
