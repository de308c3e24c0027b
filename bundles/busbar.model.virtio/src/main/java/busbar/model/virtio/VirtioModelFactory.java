package busbar.model.virtio;

import busbar.api.Errno;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.security.SecureRandom;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes virtio devices: an entropy source on PCI, and transports in memory. */
@Component
public final class VirtioModelFactory implements DeviceModelFactory {
  private static final String PCI = "virtio-rng";
  private static final String DEVICE = "virtioDevice";

  private final SecureRandom random = new SecureRandom();

  @Override
  public Set<String> models() {
    return Set.of(PCI, "virtio-mmio", "virtio,mmio");
  }

  @Override
  public int stateVersion(String model) {
    return model.equals(PCI) ? VirtioPciModel.VERSION : VirtioMmioModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    if (context.model().equals(PCI)) {
      return new VirtioPciModel(context, entropy());
    }
    Object device = context.properties().get(DEVICE);
    if (device == null) {
      return new EmptyMmioTransport();
    }
    if (!device.equals("rng")) {
      throw Errno.EINVAL.because(
          "%s has the %s \"%s\", this bundle knows \"rng\"", context.name(), DEVICE, device);
    }
    return new VirtioMmioModel(context, entropy());
  }

  private EntropyBackend entropy() {
    return new EntropyBackend(random);
  }
}
