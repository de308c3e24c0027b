/** Device model: the Intel 82574L network adapter. */
package busbar.model.e1000e;
