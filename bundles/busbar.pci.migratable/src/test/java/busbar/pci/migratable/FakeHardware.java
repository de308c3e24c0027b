package busbar.pci.migratable;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.DmaLoggingOps.DirtySink;
import busbar.api.device.DmaLoggingOps.Range;
import busbar.api.pci.PciMigration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A function whose whole state is some bytes, and which writes down what is asked of it. */
final class FakeHardware implements PciMigration {
  final List<String> asked = new ArrayList<>();
  byte[] state;
  RuntimeException failure;
  private Activity activity = Activity.RUNNING;
  private Runnable listener;

  FakeHardware(byte[] state) {
    this.state = state.clone();
  }

  private void ask(String what) {
    asked.add(what);
    if (failure != null) {
      throw failure;
    }
  }

  /** Everything that was asked since the last call. */
  List<String> takeAsked() {
    List<String> taken = List.copyOf(asked);
    asked.clear();
    return taken;
  }

  void reset() {
    activity = Activity.RUNNING;
    Arrays.fill(state, (byte) 0);
    if (listener != null) {
      listener.run();
    }
  }

  @Override
  public Activity activity() {
    return activity;
  }

  @Override
  public void setActivity(Activity wanted) {
    ask(wanted.name());
    activity = wanted;
  }

  @Override
  public byte[] save() {
    ask("save");
    return state.clone();
  }

  @Override
  public void load(byte[] fresh) {
    ask("load");
    if (activity != Activity.STOPPED) {
      throw Errno.EBUSY.because("the fake runs");
    }
    if (fresh.length != state.length) {
      throw Errno.EINVAL.because("%d bytes instead of %d", fresh.length, state.length);
    }
    state = fresh.clone();
  }

  @Override
  public String kind() {
    return "1234:0001 fake";
  }

  @Override
  public void onReset(Runnable told) {
    listener = told;
  }

  @Override
  public long startLogging(List<Range> ranges, long pageSize) {
    throw new VfioException(Errno.EINVAL, "no log in the fake", null);
  }

  @Override
  public boolean isLogging() {
    return false;
  }

  @Override
  public void stopLogging() {}

  @Override
  public void reportWritten(long iova, long length, DirtySink sink) {}
}
