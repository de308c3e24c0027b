package busbar.machine.internal.model;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;

/** Keeps the right model in a device's slot while factories come, go and are replaced. */
public final class ModelHost {
  private static final Logger LOG = System.getLogger(ModelHost.class.getName());

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
    boolean carries = current != null && wanted != null;
    Supplier<DeviceModel> maker =
        wanted == null ? PassiveModel::new : () -> wanted.create(contexts.get());
    boolean done = slot.exchange(maker, carries ? ModelSlot.Carry.STATE : ModelSlot.Carry.NOTHING);
    if (done) {
      current = wanted;
    } else {
      LOG.log(Level.WARNING, "a device goes on with the {0} that it had", model);
    }
  }

  /** The device is gone. */
  public synchronized void close() {
    slot.exchange(PassiveModel::new, ModelSlot.Carry.NOTHING);
    current = null;
  }
}
