/** Device model: the mediated Bochs display of the kernel samples. */
package busbar.model.mbochs;
