package busbar.api.pci;

import busbar.api.memory.MmioWindow;

/**
 * The legacy ranges of a VGA device.
 *
 * @param memory 0xA0000 to 0xBFFFF
 * @param ports 0x3B0 to 0x3DF
 */
public record LegacyVga(MmioWindow memory, MmioWindow ports) {}
