/**
 * The guided tour: boots, opens a device, does DMA, takes interrupts and checks that nothing is
 * left.
 */
package busbar.tour;
