package busbar.load;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;

/** Makes edu devices that are up to no good. */
final class BadModels implements DeviceModelFactory {
  private final Trouble trouble;

  BadModels(Trouble trouble) {
    this.trouble = trouble;
  }

  @Override
  public Set<String> models() {
    return Set.of("edu");
  }

  @Override
  public DeviceModel create(ModelContext context) {
    trouble.inPreparation();
    return new BadModel();
  }

  private final class BadModel implements DeviceModel {
    private volatile StateRecord state;

    @Override
    public long read(int region, long offset, int width) {
      return -1;
    }

    @Override
    public void write(int region, long offset, int width, long value) {}

    @Override
    public void reset() {}

    @Override
    public StateRecord save() {
      return state;
    }

    @Override
    public void restore(StateRecord given) {
      trouble.inRestore();
      state = given;
    }

    @Override
    public void resume() {}

    @Override
    public void close() {}
  }
}
