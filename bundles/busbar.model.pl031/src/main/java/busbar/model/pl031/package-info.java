/** Device model: the PL031 real time clock. */
package busbar.model.pl031;
