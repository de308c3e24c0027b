/**
 * The bus of mediated devices: children that parents make at run time, and the driver that serves
 * them.
 *
 * <p>Locks, from the outside in: a parent's {@code unregistering}, a device's {@code telling},
 * {@link Children}'s {@code listLock}, {@link Parents}' {@code parentsLock}. No listener, parent or
 * driver is called with one of the last two.
 */
package busbar.mdev;
