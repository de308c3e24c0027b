package busbar.launcher;

import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The log on the console: bundles use {@link System.Logger}, records go to standard error, one line
 * each.
 */
final class Console {

  /** Held, since the log manager does not keep loggers alive. */
  private static final Logger TERMINAL = Logger.getLogger("org.jline");

  private Console() {}

  static void logAt(Level level) {
    Logger root = Logger.getLogger("");
    for (var handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    ConsoleHandler handler = new ConsoleHandler();
    handler.setLevel(level);
    handler.setFormatter(new OneLine());
    root.addHandler(handler);
    root.setLevel(level);
    // says at every start without a terminal that there is none
    TERMINAL.setLevel(Level.SEVERE);
  }

  /**
   * {@code 12:00:01.250 WARNING busbar.registry: message}, with the exception's own line if there
   * is one.
   */
  static final class OneLine extends Formatter {

    @Override
    public String format(LogRecord record) {
      Throwable thrown = record.getThrown();
      return "%1$tT.%1$tL %2$s %3$s: %4$s%5$s%n"
          .formatted(
              record.getMillis(),
              record.getLevel().getName(),
              record.getLoggerName(),
              formatMessage(record),
              thrown == null ? "" : ": " + thrown);
    }
  }
}
