package busbar.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Columns of text, as wide as they need to be. */
final class Table {
  private final List<String[]> rows = new ArrayList<>();
  private final int columns;

  Table(String... titles) {
    columns = titles.length;
    rows.add(titles);
  }

  Table row(Object... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(
          "a row of " + cells.length + " cells in a table of " + columns + " columns");
    }
    rows.add(Arrays.stream(cells).map(String::valueOf).toArray(String[]::new));
    return this;
  }

  /** The lines; {@code empty} stands alone if there is no row. */
  List<String> lines(String empty) {
    if (rows.size() == 1) {
      return List.of(empty);
    }
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < columns; i++) {
      line.append(row[i]);
      if (i < columns - 1) {
        line.repeat(' ', widths[i] - row[i].length() + 2);
      }
    }
    return line.toString().stripTrailing();
  }
}
