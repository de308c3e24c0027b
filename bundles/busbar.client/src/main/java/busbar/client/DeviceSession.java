package busbar.client;

import busbar.api.Errno;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Vfio;
import busbar.api.client.VfioClient;

/**
 * One device, ready to use: a client of its own with container, group and device, opened in the
 * order that VFIO asks for. Closing it ends the client, and with it everything that was opened or
 * mapped.
 */
public final class DeviceSession implements AutoCloseable {
  private final VfioClient client;
  private final Container container;
  private final Group group;
  private final Device device;

  private DeviceSession(VfioClient client, Container container, Group group, Device device) {
    this.client = client;
    this.container = container;
    this.group = group;
    this.device = device;
  }

  /**
   * Opens a device.
   *
   * @param node its group's node, {@code "12"}
   * @param deviceName its name, {@code "0000:00:04.0"}
   * @param type the backend
   * @throws busbar.api.VfioException as the calls that it makes; everything is closed again then
   */
  public static DeviceSession open(
      Vfio vfio, ClientPolicy policy, String node, String deviceName, IommuType type) {
    VfioClient client = vfio.connect(policy);
    try {
      Container container = Container.open(client);
      if (container.apiVersion() != 0) {
        throw Errno.EPROTO.because("this VFIO speaks version %d", container.apiVersion());
      }
      Group group = Group.open(client, node);
      group.attach(container);
      container.setIommu(type);
      return new DeviceSession(client, container, group, group.open(deviceName));
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  public VfioClient client() {
    return client;
  }

  public Container container() {
    return container;
  }

  public Group group() {
    return group;
  }

  public Device device() {
    return device;
  }

  @Override
  public void close() {
    client.close();
  }
}
