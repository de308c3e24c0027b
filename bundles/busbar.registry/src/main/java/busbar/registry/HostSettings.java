package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.HostSetup;
import busbar.api.device.ModuleParameters;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The parameters of all modules, and what the host's setup wants them to be. */
final class HostSettings {
  private static final System.Logger LOG = System.getLogger(HostSettings.class.getName());

  private final List<ModuleParameters> modules = new CopyOnWriteArrayList<>();
  private final List<HostSetup> setups = new CopyOnWriteArrayList<>();

  void add(ModuleParameters module) {
    if (modules.stream().noneMatch(known -> known == module)) {
      modules.add(module);
      setups.forEach(setup -> apply(setup, module));
    }
  }

  void remove(ModuleParameters module) {
    modules.removeIf(known -> known == module);
  }

  void add(HostSetup setup) {
    setups.add(setup);
    modules.forEach(module -> apply(setup, module));
  }

  /** The machine's name, empty if nobody knows it. */
  String machine() {
    return setups.stream().map(HostSetup::machine).findFirst().orElse("");
  }

  void remove(HostSetup setup) {
    setups.remove(setup);
  }

  private static void apply(HostSetup setup, ModuleParameters module) {
    String prefix = module.module() + ".";
    setup
        .parameters()
        .forEach(
            (name, value) -> {
              if (name.startsWith(prefix)) {
                apply(setup, module, name.substring(prefix.length()), value);
              }
            });
  }

  private static void apply(HostSetup setup, ModuleParameters module, String name, String value) {
    try {
      module.set(name, value);
    } catch (VfioException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The setup of {0} wants {1}.{2} to be {3}: {4}",
          setup.machine(),
          module.module(),
          name,
          value,
          e.getMessage());
    }
  }

  Map<String, List<ModuleParameters.Parameter>> all() {
    Map<String, List<ModuleParameters.Parameter>> all = new TreeMap<>();
    modules.forEach(module -> all.put(module.module(), module.parameters()));
    return all;
  }

  void set(String module, String name, String value) {
    modules.stream()
        .filter(known -> known.module().equals(module))
        .findFirst()
        .orElseThrow(() -> Errno.ENOENT.because("there is no module %s", module))
        .set(name, value);
  }
}
