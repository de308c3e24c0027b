package busbar.machine.internal.pci;

import busbar.api.time.Timing;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import busbar.machine.model.Regions;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Map;

/** What one model of a function is given. */
final class FunctionContext implements ModelContext {
  private final FunctionHardware function;

  FunctionContext(FunctionHardware function) {
    this.function = function;
  }

  @Override
  public String name() {
    return function.name();
  }

  @Override
  public String model() {
    return function.description().model();
  }

  @Override
  public Map<String, Object> properties() {
    return function.description().properties();
  }

  @Override
  public long regionSize(int region) {
    if (region == Regions.VGA_MEMORY || region == Regions.VGA_PORTS) {
      return LegacyWindow.of(function)
          .map(vga -> region == Regions.VGA_PORTS ? vga.ports().size() : vga.memory().size())
          .orElse(0L);
    }
    BarWindow bar = function.bar(region);
    return bar == null ? 0 : bar.size();
  }

  @Override
  public byte[] rom() {
    return function.description().rom().clone();
  }

  @Override
  public int config(int offset, int width) {
    return function.config().read(offset, width);
  }

  @Override
  public void setConfig(int offset, int width, int value) {
    function.config().set(offset, width, value);
  }

  @Override
  public DmaPort dma() {
    return function.dma();
  }

  @Override
  public void setLine(int line, Level level) {
    if (line == 0) {
      function.pin().want(level == Level.HIGH);
    }
  }

  @Override
  public boolean message(int vector) {
    return function.messages().raise(vector);
  }

  @Override
  public boolean messagesEnabled() {
    return function.messages().isEnabled();
  }

  @Override
  public Timing timing() {
    return function.work();
  }

  @Override
  public ByteOrder boardByteOrder() {
    return function.board().byteOrder();
  }

  @Override
  public MemorySegment regionMemory(int region) {
    return function.regionMemory(region, regionSize(region));
  }
}
