package busbar.shell;

import busbar.api.admin.Explanation;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Why a device is, or is not, usable. */
@Command(
    name = "explain",
    description = "Shows why a device is in its state: who was asked and what each answered.")
final class Explain extends VfioCommand {
  @Parameters(paramLabel = "DEVICE", description = "The device's name on its bus.")
  private String device;

  @Override
  Outcome run(Services services) {
    Explanation explanation = services.vfio().explain(device);
    List<String> lines = new ArrayList<>();
    lines.add(
        explanation.device().name()
            + " ("
            + explanation.device().summary()
            + "): "
            + explanation.device().because());
    for (Explanation.Finding finding : explanation.findings()) {
      String mark =
          switch (finding.verdict()) {
            case YES -> "  yes  ";
            case NO -> "  no   ";
            case NOTE -> "  -    ";
          };
      lines.add(mark + finding.asked() + ": " + finding.because());
    }
    return new Outcome(explanation, lines);
  }

  @Override
  List<String> candidates(Services services, int position) {
    return position == 1 ? deviceNames(services) : List.of();
  }
}
