/** Device model: the PL061 GPIO controller. */
package busbar.model.pl061;
