package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.MigrationAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.device.MigrationOps;
import busbar.api.device.MigrationState;
import busbar.api.state.StateRecord;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Moves devices for operators: on the open device if there is a user, else as a user of its own.
 */
final class MigrationDesk implements MigrationAdmin {
  private static final int VERSION = 1;

  /** Where a device is if its user leaves migration alone, or has stopped it for this. */
  private static final Set<MigrationState> FREE =
      Set.of(MigrationState.RUNNING, MigrationState.RUNNING_P2P, MigrationState.STOP);

  private final Devices devices;
  private final Clients clients;
  private final HostSettings settings;

  MigrationDesk(Devices devices, Clients clients, HostSettings settings) {
    this.settings = settings;
    this.devices = devices;
    this.clients = clients;
  }

  private static String what(DeviceEntry entry) {
    return entry.device.bus() + " " + entry.device.summary();
  }

  private DeviceObject bound(DeviceEntry entry) {
    if (entry.bound() instanceof VfioBound bound) {
      return bound.object();
    }
    throw Errno.ENODEV.because("no driver of VFIO has %s", entry.name());
  }

  @Override
  public List<Movable> movable() {
    return devices.all().stream()
        .filter(entry -> entry.bound() instanceof VfioBound)
        .map(entry -> seen(entry, bound(entry)))
        .filter(Objects::nonNull)
        .toList();
  }

  @Override
  public Movable movable(String device) {
    DeviceEntry entry = devices.named(device);
    DeviceObject object = bound(entry);
    Movable seen = seen(entry, object);
    if (seen == null) {
      throw noMigration(object);
    }
    return seen;
  }

  /** {@code null} if it cannot be moved. */
  private static Movable seen(DeviceEntry entry, DeviceObject object) {
    Binding<?> now = object.binding();
    MigrationState state = stateOf(object, now);
    return state == null
        ? null
        : new Movable(
            entry.name(),
            now.entry().name(),
            what(entry),
            state,
            object.isOpen() ? Use.OPEN : Use.CLOSED,
            object.arrival() != null);
  }

  private static <D> MigrationState stateOf(DeviceObject object, Binding<D> binding) {
    return inside(
        object, () -> migrationOf(binding).map(ops -> ops.state(binding.data())).orElse(null));
  }

  private static <D> Optional<MigrationOps<D>> migrationOf(Binding<D> binding) {
    return binding.migration().filter(ops -> ops.migrationFlags(binding.data()) != 0);
  }

  private static VfioException noMigration(DeviceObject object) {
    return Errno.ENOTTY.because("%s of %s has no migration", object.binding().who(), object.name());
  }

  private interface Step<T> {
    T run();
  }

  /** Calls of the driver, which nobody exchanges meanwhile. */
  private static <T> T inside(DeviceObject object, Step<T> step) {
    int at = object.gate.enter();
    try {
      return step.run();
    } catch (Throwable t) {
      throw Faults.of(t, object.binding().who(), "migrating " + object.name());
    } finally {
      object.gate.exit(at);
    }
  }

  /** Works on an open device, which is opened for that if it is not. */
  private <T> T on(DeviceEntry entry, Function<Mover<?>, T> work) {
    DeviceObject object = bound(entry);
    if (stateOf(object, object.binding()) == null) {
      throw noMigration(object);
    }
    try (ClientImpl client = clients.unlisted(ClientPolicy.privileged("administration"))) {
      if (!object.isOpen()) {
        Errand.open(client, object);
      }
      return inside(object, () -> work.apply(mover(object, client)));
    }
  }

  private static Mover<?> mover(DeviceObject object, ClientImpl client) {
    return mover(object, object.binding(), client);
  }

  private static <D> Mover<D> mover(DeviceObject object, Binding<D> binding, ClientImpl client) {
    MigrationOps<D> ops = migrationOf(binding).orElseThrow(() -> noMigration(object));
    return new Mover<>(binding, ops, client.caller());
  }

  private static void checkFree(DeviceEntry entry, Mover<?> mover) {
    if (!FREE.contains(mover.state())) {
      throw Errno.EBUSY.because(
          "%s is %s, in the middle of another migration", entry.name(), mover.state());
    }
  }

  @Override
  public StateRecord save(String device) {
    DeviceEntry entry = devices.named(device);
    return on(
        entry,
        mover -> {
          checkFree(entry, mover);
          Map<String, Object> values = new HashMap<>();
          values.put("what", what(entry));
          values.put("machine", settings.machine());
          values.put("driver", bound(entry).binding().entry().name());
          values.put("data", mover.save());
          mover.config().ifPresent(config -> values.put("config", config));
          return new StateRecord(STATE_KIND, VERSION, values);
        });
  }

  @Override
  public Movable restore(String device, StateRecord record) {
    DeviceEntry entry = devices.named(device);
    DeviceObject object = bound(entry);
    StateRecord state = record.expect(STATE_KIND, VERSION);
    if (!state.get("what", String.class).equals(what(entry))) {
      throw Errno.EINVAL.because(
          "the state is of a '%s', %s is a '%s'",
          state.get("what", String.class), device, what(entry));
    }
    boolean waits = !object.isOpen();
    on(
        entry,
        mover -> {
          checkFree(entry, mover);
          load(mover, state);
          return null;
        });
    object.setArrival(waits ? client -> arrive(object, client, state) : null);
    return movable(device);
  }

  private static void load(Mover<?> mover, StateRecord state) {
    byte[] config = (byte[]) state.values().get("config");
    mover.load(state.get("data", byte[].class));
    if (config != null) {
      mover.setConfig(config);
    }
  }

  /** The next user opens the device and gets the state that waits; once. */
  private static void arrive(DeviceObject object, ClientImpl client, StateRecord state) {
    object.setArrival(null);
    load(mover(object, client), state);
  }

  @Override
  public Movable resume(String device) {
    DeviceEntry entry = devices.named(device);
    on(
        entry,
        mover -> {
          checkFree(entry, mover);
          mover.run();
          return null;
        });
    return movable(device);
  }

  @Override
  public void forget(String device) {
    DeviceObject object = bound(devices.named(device));
    if (object.arrival() == null) {
      throw Errno.ENOENT.because("no state waits for the next user of %s", device);
    }
    object.setArrival(null);
  }
}
