package busbar.it;

import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.client.DeviceSession;
import busbar.client.Interrupts;
import busbar.client.IommuType;
import busbar.client.Region;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Hashtable;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/**
 * A bundle for a launched appliance: the command {@code test:edu}, a user of the edu device whom
 * the input of the process tells what to do.
 */
public final class EduConsole implements BundleActivator {
  private static final String EDU = "0000:00:04.0";
  private static final int GROUP = 2;

  private DeviceSession session;
  private Region registers;
  private Interrupts messages;

  /** Packs this class as a bundle. */
  static Path write(Path target) throws IOException {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
    headers.putValue(Constants.BUNDLE_SYMBOLICNAME, "busbar.it.console");
    headers.putValue(Constants.BUNDLE_VERSION, "1.0.0");
    headers.putValue(Constants.BUNDLE_ACTIVATOR, EduConsole.class.getName());
    headers.putValue(Constants.DYNAMICIMPORT_PACKAGE, "*");
    String name = EduConsole.class.getName().replace('.', '/') + ".class";
    try (OutputStream file = Files.newOutputStream(target);
        JarOutputStream jar = new JarOutputStream(file, manifest)) {
      jar.putNextEntry(new JarEntry(name));
      try (var in = EduConsole.class.getClassLoader().getResourceAsStream(name)) {
        in.transferTo(jar);
      }
    }
    return target;
  }

  @Override
  public void start(BundleContext context) {
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("osgi.command.scope", "test");
    properties.put("osgi.command.function", new String[] {"edu"});
    context.registerService(
        Function.class, (console, words) -> run(context, console, words), properties);
  }

  private Object run(BundleContext context, CommandSession console, List<Object> words)
      throws Exception {
    String what = words.get(0).toString();
    switch (what) {
      case "open" -> open(context.getService(context.getServiceReference(Vfio.class)));
      case "write" -> registers.write32(number(words.get(1)), (int) number(words.get(2)));
      case "read" ->
          console
              .getConsole()
              .println("edu " + words.get(1) + " = " + registers.read32(number(words.get(1))));
      case "await" ->
          console.getConsole().println("interrupts " + messages.await(0, Duration.ofSeconds(20)));
      case "tell" -> Files.writeString(Path.of(words.get(1).toString()), "");
      case "expect" -> expect(Path.of(words.get(1).toString()));
      default -> throw new IllegalArgumentException(what);
    }
    return null;
  }

  private static long number(Object word) {
    return Long.decode(word.toString());
  }

  private void open(Vfio vfio) {
    session =
        DeviceSession.open(
            vfio,
            ClientPolicy.privileged("console"),
            Integer.toString(GROUP),
            EDU,
            IommuType.TYPE1_V2);
    session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write16(4, 6);
    registers = session.device().region(VFIO_PCI_BAR0_REGION_INDEX);
    messages = session.device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1);
  }

  /** Waits for another process to say so. */
  private static void expect(Path file) throws InterruptedException {
    for (int i = 0; i < 600 && !Files.exists(file); i++) {
      Thread.sleep(100);
    }
  }

  @Override
  public void stop(BundleContext context) {
    if (session != null) {
      session.close();
    }
  }
}
