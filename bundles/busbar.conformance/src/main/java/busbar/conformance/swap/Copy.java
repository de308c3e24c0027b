package busbar.conformance.swap;

import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A component whose classes are loaded once more, as an update of its bundle does: two copies of a
 * driver know nothing of each other's types, and one that is let go must be collected.
 */
public final class Copy {
  /** The component's code, found before that of the tests. */
  private static final class Loader extends URLClassLoader {
    private final String root;

    Loader(URL code, String root, ClassLoader parent) {
      super(new URL[] {code}, parent);
      this.root = root;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known == null && name.startsWith(root) && findResource(path(name)) != null) {
          known = findClass(name);
        }
        return known == null ? super.loadClass(name, resolve) : known;
      }
    }

    private static String path(String name) {
      return name.replace('.', '/') + ".class";
    }
  }

  private final Loader loader;
  private final Object component;

  /**
   * Makes a copy.
   *
   * @param type the component, with one public constructor; what that takes is a configuration
   *     annotation, another component of the same package, or one of the services
   * @param configuration values that differ from the annotation's defaults
   * @param services what the constructor takes from other bundles
   */
  public Copy(Class<?> type, Map<String, ?> configuration, Object... services) {
    loader =
        new Loader(
            type.getProtectionDomain().getCodeSource().getLocation(),
            type.getPackageName() + ".",
            type.getClassLoader());
    try {
      component = make(loader.loadClass(type.getName()), configuration, List.of(services));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no copy of " + type.getName(), e);
    }
  }

  private Object make(Class<?> type, Map<String, ?> configuration, List<Object> services)
      throws ReflectiveOperationException {
    Constructor<?>[] constructors = type.getConstructors();
    if (constructors.length != 1) {
      throw new NoSuchMethodException(type + " has not one public constructor");
    }
    Object[] arguments = new Object[constructors[0].getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> wanted = constructors[0].getParameterTypes()[i];
      if (wanted.isAnnotation()) {
        arguments[i] = configured(wanted, configuration);
      } else if (owns(wanted)) {
        arguments[i] = make(wanted, configuration, services);
      } else {
        arguments[i] = services.stream().filter(wanted::isInstance).findFirst().orElseThrow();
      }
    }
    try {
      return constructors[0].newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private static Object configured(Class<?> annotation, Map<String, ?> configuration) {
    InvocationHandler values =
        (proxy, method, arguments) -> {
          Object changed = configuration.get(method.getName());
          return changed == null ? method.getDefaultValue() : changed;
        };
    return Proxy.newProxyInstance(annotation.getClassLoader(), new Class<?>[] {annotation}, values);
  }

  /** The component, as one of the interfaces of the API. */
  public <T> T as(Class<T> type) {
    return type.cast(component);
  }

  /** Whether a type belongs to this copy. */
  public boolean owns(Class<?> type) {
    return type.getClassLoader() == loader;
  }

  /** For {@link #isCollected}, once the copy itself is let go. */
  public WeakReference<ClassLoader> trace() {
    return new WeakReference<>(loader);
  }

  /** Compared once in a class loader of its own: see {@link #isCollected}. */
  public record Compared(int value) implements Runnable {
    public Compared() {
      this(1);
    }

    @Override
    public void run() {
      if (!equals(new Compared(1))) {
        throw new AssertionError();
      }
    }
  }

  /**
   * Whether nothing holds the copy's classes any more; collects garbage for up to 10 seconds.
   *
   * <p>The Java 25 platform itself softly holds the class loader in which a record was last
   * compared for the first time; that place is given to another one here.
   */
  public static boolean isCollected(WeakReference<ClassLoader> trace) {
    try {
      Class<?> own = Compared.class;
      URL code = own.getProtectionDomain().getCodeSource().getLocation();
      Loader other = new Loader(code, own.getName(), own.getClassLoader());
      ((Runnable) other.loadClass(own.getName()).getConstructor().newInstance()).run();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("cannot load a class twice", e);
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!trace.refersTo(null) && System.nanoTime() < end) {
      System.gc();
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return trace.refersTo(null);
      }
    }
    return trace.refersTo(null);
  }

  @Override
  public String toString() {
    return "copy of " + component.getClass().getName() + Arrays.toString(loader.getURLs());
  }
}
