/**
 * The VFIO core: files, groups, containers, binding of drivers, matching of backends.
 *
 * <p>Order of locks, outermost first. Whoever holds one may take those below it and none above:
 *
 * <ol>
 *   <li>a device's turn ({@link busbar.registry.DeviceEntry#takeTurn}), a physical function's
 *       before its virtual functions';
 *   <li>the lock of a device set ({@link busbar.registry.DeviceSets.Members#setLock()}), around a
 *       driver's {@code open} and {@code release};
 *   <li>a group's lock;
 *   <li>a container's lock, around a backend's {@code open}, {@code attachGroup}, {@code
 *       detachGroup} and {@code release};
 *   <li>the pause of a {@link busbar.registry.Gate}: who waits for those inside holds at most a
 *       device's turn and, for a moment, a set's lock on the thread of the swap; so those inside
 *       may wait for anything above but a turn;
 *   <li>the directories' locks, a device's holds, an owner's ledger, a file table's numbers, a
 *       mapping's window: leaves, held while nobody else is called but hardware for a look-up.
 * </ol>
 *
 * Operations on open files take none of them: they pass a gate.
 */
package busbar.registry;
