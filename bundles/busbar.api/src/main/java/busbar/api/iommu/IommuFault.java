package busbar.api.iommu;

import busbar.api.memory.Access;

/**
 * A DMA that the IOMMU refused.
 *
 * @param device name of the device on its bus
 * @param groupId its group
 * @param iova the address that it used
 * @param access what it wanted
 * @param reason one sentence: no mapping, read-only, blocked, beyond the aperture
 * @param nanoTime when
 */
public record IommuFault(
    String device, int groupId, long iova, Access access, String reason, long nanoTime) {}
