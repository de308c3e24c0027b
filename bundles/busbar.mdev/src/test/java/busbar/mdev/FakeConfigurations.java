package busbar.mdev;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** A Configuration Admin with what the definitions use of it; every other call fails the test. */
final class FakeConfigurations {
  private final List<Stored> stored = new ArrayList<>();
  boolean full;

  private static final class Stored {
    Dictionary<String, Object> values;
    Configuration configuration;
  }

  ConfigurationAdmin admin() {
    return proxy(
        ConfigurationAdmin.class,
        (name, arguments) ->
            switch (name) {
              case "getFactoryConfiguration" -> configuration();
              case "listConfigurations" -> list((String) arguments[0]);
              default -> throw new AssertionError(name);
            });
  }

  private Configuration[] list(String filter) {
    if (!filter.equals("(service.factoryPid=busbar.mdev.definition)")) {
      throw new AssertionError(filter);
    }
    return stored.isEmpty()
        ? null
        : stored.stream().map(one -> one.configuration).toArray(Configuration[]::new);
  }

  private Configuration configuration() {
    Stored one = new Stored();
    one.configuration =
        proxy(
            Configuration.class,
            (name, arguments) ->
                switch (name) {
                  case "getProperties" -> one.values;
                  case "update" -> update(one, arguments[0]);
                  case "delete" -> stored.remove(one);
                  default -> throw new AssertionError(name);
                });
    return one.configuration;
  }

  @SuppressWarnings("unchecked")
  private Object update(Stored one, Object values) throws IOException {
    if (full) {
      throw new IOException("no space left");
    }
    one.values = (Dictionary<String, Object>) values;
    if (!stored.contains(one)) {
      stored.add(one);
    }
    return null;
  }

  private interface Calls {
    Object call(String name, Object[] arguments) throws Exception;
  }

  private static <T> T proxy(Class<T> type, Calls calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> calls.call(method.getName(), arguments)));
  }
}
