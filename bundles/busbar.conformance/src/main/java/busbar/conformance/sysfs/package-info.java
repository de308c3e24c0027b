/** The administration edge under the paths that Linux has for it. */
package busbar.conformance.sysfs;
