/** The typed library for Java drivers: containers, groups, devices, DMA buffers and interrupts. */
package busbar.client;
