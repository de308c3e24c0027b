/**
 * The kernel's sample of a mediated parent, {@code samples/vfio-mdev/mtty.c}: PCI serial cards
 * whose ports send to themselves.
 *
 * <p>Locks, from the outside in: {@link MttyMigration}'s state lock, a stream, a {@link Mtty}'s
 * {@code opsLock}.
 */
package busbar.model.mtty;
