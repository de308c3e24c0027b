package busbar.machine.internal.platform;

import busbar.api.time.Timing;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Map;

/** What one model of a platform device is given. It has no configuration space and no messages. */
final class PlatformContext implements ModelContext {
  private final PlatformUnit unit;

  PlatformContext(PlatformUnit unit) {
    this.unit = unit;
  }

  @Override
  public String name() {
    return unit.name();
  }

  @Override
  public String model() {
    return unit.model();
  }

  @Override
  public Map<String, Object> properties() {
    return unit.node().properties();
  }

  @Override
  public long regionSize(int region) {
    return region < 0 || region >= unit.windows().size() ? 0 : unit.windows().get(region).size();
  }

  @Override
  public byte[] rom() {
    return new byte[0];
  }

  @Override
  public int config(int offset, int width) {
    throw new UnsupportedOperationException(unit.name() + " has no configuration space");
  }

  @Override
  public void setConfig(int offset, int width, int value) {
    throw new UnsupportedOperationException(unit.name() + " has no configuration space");
  }

  @Override
  public DmaPort dma() {
    return unit.dma();
  }

  @Override
  public void setLine(int line, Level level) {
    unit.setLine(line, level);
  }

  @Override
  public boolean message(int vector) {
    return false;
  }

  @Override
  public boolean messagesEnabled() {
    return false;
  }

  @Override
  public Timing timing() {
    return unit.board().timing();
  }

  @Override
  public ByteOrder boardByteOrder() {
    return unit.board().byteOrder();
  }

  @Override
  public MemorySegment regionMemory(int region) {
    return unit.regionMemory(region, regionSize(region));
  }
}
