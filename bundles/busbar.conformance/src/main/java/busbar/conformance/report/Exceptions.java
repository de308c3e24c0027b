package busbar.conformance.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The steps that no Java program can answer as the kernel did, each with its reason: the resource
 * {@code cannot-be-equal.txt}, one line {@code MACHINE/SCENARIO STEP REASON} each.
 */
public final class Exceptions {
  private static final String RESOURCE = "/busbar/conformance/cannot-be-equal.txt";
  private static final Pattern LINE = Pattern.compile("(\\S+)/(\\S+)\\s+(\\d+)\\s+(.+)");

  private final Map<String, String> reasons;

  private Exceptions(Map<String, String> reasons) {
    this.reasons = reasons;
  }

  /** The list that this bundle holds. */
  public static Exceptions load() {
    try (InputStream in = Exceptions.class.getResourceAsStream(RESOURCE)) {
      return parse(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE + " cannot be read", e);
    }
  }

  /**
   * Reads a list.
   *
   * @throws IOException if a line is none of a list; the message shows it
   */
  public static Exceptions parse(BufferedReader text) throws IOException {
    Map<String, String> reasons = new TreeMap<>();
    for (String line = text.readLine(); line != null; line = text.readLine()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher entry = LINE.matcher(line.strip());
      if (!entry.matches()) {
        throw new IOException("\"" + line + "\" is not \"MACHINE/SCENARIO STEP REASON\"");
      }
      reasons.put(
          key(entry.group(1), entry.group(2), Integer.parseInt(entry.group(3))), entry.group(4));
    }
    return new Exceptions(reasons);
  }

  /** Why that step cannot be equal, empty if it can. */
  public Optional<String> reason(String machine, String scenario, int step) {
    return Optional.ofNullable(reasons.get(key(machine, scenario, step)));
  }

  private static String key(String machine, String scenario, int step) {
    return machine + "/" + scenario + " " + step;
  }
}
