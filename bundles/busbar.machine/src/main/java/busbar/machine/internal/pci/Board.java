package busbar.machine.internal.pci;

import busbar.api.memory.PhysicalMemory;
import busbar.api.time.Timing;
import busbar.machine.internal.irq.LevelLine;
import busbar.machine.internal.irq.MessageController;
import busbar.machine.internal.model.ExchangeRules;
import busbar.machine.internal.model.ModelDirectory;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What all functions of a machine share.
 *
 * @param reportsConventionalErrors whether errors of functions that are not PCI Express are
 *     reported
 * @param lines interrupt lines by number
 */
public record Board(
    PhysicalMemory memory,
    Timing timing,
    MessageController messages,
    ModelDirectory models,
    ExchangeRules exchanges,
    ByteOrder byteOrder,
    boolean reportsConventionalErrors,
    Map<Integer, LevelLine> lines) {
  public Board(
      PhysicalMemory memory,
      Timing timing,
      MessageController messages,
      ModelDirectory models,
      ExchangeRules exchanges,
      ByteOrder byteOrder,
      boolean reportsConventionalErrors) {
    this(
        memory,
        timing,
        messages,
        models,
        exchanges,
        byteOrder,
        reportsConventionalErrors,
        new ConcurrentHashMap<>());
  }

  /** The line with that number. */
  public LevelLine line(int number) {
    return lines.computeIfAbsent(number, LevelLine::new);
  }
}
