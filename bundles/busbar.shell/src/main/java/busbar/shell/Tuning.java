package busbar.shell;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Module parameters and virtual functions. */
final class Tuning {
  private Tuning() {}

  @Command(
      name = "param",
      description = "Shows the parameters of all drivers, or one of them, or changes it.")
  static final class Param extends VfioCommand {
    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "MODULE.NAME",
        description = "Which one, e.g. vfio_iommu_type1.dma_entry_limit.")
    private String which;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "VALUE",
        description = "Its new value; it holds for what is opened afterwards.")
    private String value;

    /** One row of the listing. */
    record Row(String name, String value, String initial, String description) {}

    @Override
    Outcome run(Services services) {
      List<Row> rows = rows(services);
      if (which == null) {
        return show(rows);
      }
      Row row =
          rows.stream()
              .filter(candidate -> candidate.name().equals(which))
              .findFirst()
              .orElseThrow(() -> Errno.ENOENT.because("no module has the parameter %s", which));
      if (value == null) {
        return show(List.of(row));
      }
      int dot = which.indexOf('.');
      services.vfio().setParameter(which.substring(0, dot), which.substring(dot + 1), value);
      return Outcome.change(which + " is " + value, "vfio:param " + which + " " + row.value());
    }

    private static Outcome show(List<Row> rows) {
      Table table = new Table("PARAMETER", "VALUE", "INITIAL", "MEANING");
      rows.forEach(row -> table.row(row.name(), row.value(), row.initial(), row.description()));
      return new Outcome(rows, table.lines("no module has parameters"));
    }

    private static List<Row> rows(Services services) {
      List<Row> rows = new ArrayList<>();
      for (Map.Entry<String, List<Parameter>> module : services.vfio().parameters().entrySet()) {
        for (Parameter parameter : module.getValue()) {
          rows.add(
              new Row(
                  module.getKey() + "." + parameter.name(),
                  parameter.value(),
                  parameter.initial(),
                  parameter.description()));
        }
      }
      return rows;
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1 ? rows(services).stream().map(Row::name).toList() : List.of();
    }
  }

  @Command(
      name = "sriov",
      description = "Shows how many virtual functions a device has, or sets it.")
  static final class SriovCommand extends VfioCommand {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "A physical function.")
    private String device;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "COUNT",
        description = "How many from now on; 0 removes them all.")
    private Integer count;

    @Override
    Outcome run(Services services) {
      int before = services.vfio().virtualFunctions(device);
      if (count == null) {
        return new Outcome(
            Map.of("device", device, "virtualFunctions", before),
            List.of(device + " has " + before + " virtual functions"));
      }
      services.vfio().setVirtualFunctions(device, count);
      return Outcome.change(
          device + " has " + count + " virtual functions", "vfio:sriov " + device + " " + before);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1 ? deviceNames(services) : List.of();
    }
  }
}
