/** Device model: the PL011 UART. */
package busbar.model.pl011;
