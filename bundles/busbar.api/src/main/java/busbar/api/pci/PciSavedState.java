package busbar.api.pci;

import java.util.Arrays;

/** Saved configuration space of a function; its owner alone knows what is in it. */
public final class PciSavedState {
  private final byte[] config;

  public PciSavedState(byte[] config) {
    this.config = config.clone();
  }

  /** The saved bytes, 256 or 4096. */
  public byte[] config() {
    return config.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PciSavedState state && Arrays.equals(config, state.config);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(config);
  }
}
