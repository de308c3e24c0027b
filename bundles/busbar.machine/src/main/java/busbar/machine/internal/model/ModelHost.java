package busbar.machine.internal.model;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;

/** Keeps the right model in a device's slot while factories come, go and are replaced. */
public final class ModelHost {
  private static final Logger LOG = System.getLogger(ModelHost.class.getName());

  /** How long accesses wait for the successor of a model: a bundle's update takes less. */
  private static final long GRACE_NANOS = 300_000_000;

  private final String model;
  private final ModelDirectory directory;
  private final Supplier<ModelContext> contexts;
  private final ModelSlot slot = new ModelSlot(new PassiveModel());
  private DeviceModelFactory current;

  /**
   * A host without a model yet.
   *
   * @param contexts a context for each model that is made
   */
  public ModelHost(String model, ModelDirectory directory, Supplier<ModelContext> contexts) {
    this.model = model;
    this.directory = directory;
    this.contexts = contexts;
  }

  public ModelSlot slot() {
    return slot;
  }

  public String model() {
    return model;
  }

  /** Brings the slot up to date with the factories that are there. */
  public synchronized void update() {
    DeviceModelFactory wanted = directory.find(model);
    if (wanted == current) {
      return;
    }
    boolean done = wanted == null ? park() : slot.exchange(successor(wanted), carry());
    if (done) {
      current = wanted;
    } else {
      LOG.log(Level.WARNING, "a device goes on with the {0} that it had", model);
    }
  }

  /** A parked state is handed over by the maker, as the new model does without it if it must. */
  private ModelSlot.Carry carry() {
    return current == null ? ModelSlot.Carry.NOTHING : ModelSlot.Carry.STATE;
  }

  private Supplier<DeviceModel> successor(DeviceModelFactory factory) {
    return () -> {
      StateRecord parked = slot.model() instanceof ParkedModel waiting ? waiting.save() : null;
      DeviceModel fresh = factory.create(contexts.get());
      if (parked == null) {
        return fresh;
      }
      try {
        fresh.restore(parked);
        return fresh;
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "the new " + model + " cannot take the old one's state", e);
        fresh.close();
        return factory.create(contexts.get());
      }
    };
  }

  /**
   * The model goes without a successor: its state waits for one, and so do accesses for a moment.
   */
  private boolean park() {
    return slot.exchange(ParkedModel::new, ModelSlot.Carry.STATE, GRACE_NANOS)
        || slot.exchange(PassiveModel::new, ModelSlot.Carry.NOTHING);
  }

  /** The device is gone. */
  public synchronized void close() {
    slot.exchange(PassiveModel::new, ModelSlot.Carry.NOTHING);
    current = null;
  }
}
