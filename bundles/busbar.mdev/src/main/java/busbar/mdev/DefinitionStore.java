package busbar.mdev;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.mdev.MdevAdmin.Start;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** The definitions in Configuration Admin, which keeps them across restarts. */
final class DefinitionStore {
  /** A stored definition. */
  record Entry(String uuid, String parent, String type, Start start, Configuration configuration) {}

  private final Object definingLock = new Object();
  private final Supplier<ConfigurationAdmin> admin;

  /**
   * @param admin gives {@code null} while there is none
   */
  DefinitionStore(Supplier<ConfigurationAdmin> admin) {
    this.admin = admin;
  }

  /** All of them, by UUID. */
  List<Entry> entries() {
    ConfigurationAdmin configurations = admin.get();
    List<Entry> entries = new ArrayList<>();
    if (configurations == null) {
      return entries;
    }
    try {
      String filter = "(service.factoryPid=" + MdevDefinition.PID + ")";
      Configuration[] found = configurations.listConfigurations(filter);
      for (Configuration configuration : found == null ? new Configuration[0] : found) {
        entries.add(entry(configuration));
      }
    } catch (IOException e) {
      throw notStored("the definitions", e);
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
    entries.sort(Comparator.comparing(Entry::uuid));
    return entries;
  }

  private static Entry entry(Configuration configuration) {
    Dictionary<String, Object> values = configuration.getProperties();
    boolean auto = Boolean.parseBoolean(text(values, "autostart"));
    return new Entry(
        text(values, "uuid"),
        text(values, "parent"),
        text(values, "type"),
        auto ? Start.AUTO : Start.MANUAL,
        configuration);
  }

  private static String text(Dictionary<String, Object> values, String key) {
    return Objects.toString(values.get(key), "");
  }

  /** {@code ENOENT} if it is not defined. */
  Entry entry(String uuid) {
    return entries().stream()
        .filter(entry -> entry.uuid().equalsIgnoreCase(uuid))
        .findFirst()
        .orElseThrow(() -> Errno.ENOENT.because("no mediated device %s is defined", uuid));
  }

  void define(String parent, String type, String uuid, Start start) {
    ConfigurationAdmin configurations = admin.get();
    if (configurations == null) {
      throw Errno.EOPNOTSUPP.because(
          "nothing remembers %s: Configuration Admin is not there", uuid);
    }
    synchronized (definingLock) {
      if (entries().stream().anyMatch(entry -> entry.uuid().equalsIgnoreCase(uuid))) {
        throw Errno.EEXIST.because("the mediated device %s is defined already", uuid);
      }
      try {
        Configuration configuration =
            configurations.getFactoryConfiguration(MdevDefinition.PID, uuid, "?");
        configuration.update(values(parent, type, uuid, start));
      } catch (IOException e) {
        throw notStored(uuid, e);
      }
    }
  }

  void change(String uuid, Start start) {
    synchronized (definingLock) {
      Entry entry = entry(uuid);
      try {
        entry.configuration().update(values(entry.parent(), entry.type(), entry.uuid(), start));
      } catch (IOException e) {
        throw notStored(uuid, e);
      }
    }
  }

  void undefine(String uuid) {
    synchronized (definingLock) {
      try {
        entry(uuid).configuration().delete();
      } catch (IOException e) {
        throw notStored(uuid, e);
      }
    }
  }

  private static Dictionary<String, Object> values(
      String parent, String type, String uuid, Start start) {
    Dictionary<String, Object> values = new Hashtable<>();
    values.put("uuid", uuid);
    values.put("parent", parent);
    values.put("type", type);
    values.put("autostart", start == Start.AUTO);
    return values;
  }

  private static VfioException notStored(String what, IOException e) {
    return new VfioException(Errno.EIO, "Configuration Admin could not store " + what, e);
  }
}
