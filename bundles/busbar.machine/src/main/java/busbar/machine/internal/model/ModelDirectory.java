package busbar.machine.internal.model;

import busbar.machine.model.DeviceModelFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The factories that are there, newest last; the newest makes the devices of a model. */
public final class ModelDirectory {
  private final Map<String, List<DeviceModelFactory>> factories = new LinkedHashMap<>();

  /** Adds a factory; it is the one to use for its models from now on. */
  public synchronized void add(DeviceModelFactory factory) {
    for (String model : factory.models()) {
      factories.computeIfAbsent(model, key -> new ArrayList<>()).add(factory);
    }
  }

  /** Takes a factory away. */
  public synchronized void remove(DeviceModelFactory factory) {
    factories.values().forEach(list -> list.remove(factory));
  }

  /** The factory to use for a model, {@code null} if there is none. */
  public synchronized DeviceModelFactory find(String model) {
    List<DeviceModelFactory> found = factories.get(model);
    return found == null || found.isEmpty() ? null : found.getLast();
  }
}
