package busbar.api.client;

import org.osgi.annotation.versioning.ProviderType;

/** The door: a service of the registry through which every user of devices comes. */
@ProviderType
public interface Vfio {
  /** A new client with an empty file table and address space. Any thread. */
  VfioClient connect(ClientPolicy policy);
}
