package busbar.bench;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;

/** Component configurations as the framework hands them out where nothing is configured. */
final class Defaults {
  private Defaults() {}

  static <A extends Annotation> A of(Class<A> config) {
    return config.cast(
        Proxy.newProxyInstance(
            config.getClassLoader(),
            new Class<?>[] {config},
            (proxy, method, arguments) -> method.getDefaultValue()));
  }
}
