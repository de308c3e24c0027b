package busbar.api.swap;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.ConstantPool;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Loads all that a bundle's code could ever ask its class loader for.
 *
 * <p>When a bundle is updated or uninstalled, a framework may take its class loader's contents and
 * wires away at once, and a class that is met for the first time afterwards cannot be found. Who
 * has to be called still then (to let go of what it holds, to go on if nobody succeeds it) must
 * have met all of them before.
 */
public final class LoadAhead {
  private LoadAhead() {}

  /**
   * Loads classes, links them, and loads every class that they name, of whatever bundle;
   * initialises none. What cannot be loaded now, an optional import say, is left out.
   *
   * @param loader the bundle's class loader
   * @param resources its class files, {@code "busbar/pci/Bars.class"}, as {@code
   *     BundleWiring.listResources("/", "*.class", RECURSE + LOCAL)} gives them
   * @return how many are loaded
   */
  public static int everything(ClassLoader loader, Collection<String> resources) {
    Set<String> names = new HashSet<>();
    for (String resource : resources) {
      try (InputStream file = loader.getResourceAsStream(resource)) {
        if (file != null) {
          collect(ClassFile.of().parse(file.readAllBytes()).constantPool(), names);
        }
      } catch (IOException | IllegalArgumentException e) {
        // not a class file after all, or for later Java versions: its code cannot run either
      }
    }
    int loaded = 0;
    for (String name : names) {
      try {
        Class<?> type = Class.forName(name, false, loader);
        loaded++;
        if (type.getClassLoader() == loader) {
          type.getDeclaredMethods(); // verifies and links it, which takes longer than to load it
        }
      } catch (ClassNotFoundException | LinkageError e) {
        // left out, see above
      }
    }
    return loaded;
  }

  private static void collect(ConstantPool pool, Set<String> names) {
    for (PoolEntry entry : pool) {
      switch (entry) {
        case ClassEntry type -> add(type.asSymbol(), names);
        case MethodTypeEntry type -> add(type.asSymbol(), names);
        case NameAndTypeEntry member -> {
          String descriptor = member.type().stringValue();
          if (descriptor.startsWith("(")) {
            add(MethodTypeDesc.ofDescriptor(descriptor), names);
          } else {
            add(ClassDesc.ofDescriptor(descriptor), names);
          }
        }
        default -> {
          // names no class
        }
      }
    }
  }

  private static void add(MethodTypeDesc type, Set<String> names) {
    add(type.returnType(), names);
    type.parameterList().forEach(parameter -> add(parameter, names));
  }

  private static void add(ClassDesc type, Set<String> names) {
    ClassDesc element = type;
    while (element.isArray()) {
      element = element.componentType();
    }
    if (element.isClassOrInterface()) {
      String descriptor = element.descriptorString();
      names.add(descriptor.substring(1, descriptor.length() - 1).replace('/', '.'));
    }
  }
}
