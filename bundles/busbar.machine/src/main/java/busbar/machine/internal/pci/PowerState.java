package busbar.machine.internal.pci;

/** The power management capability: D-states and what a return from D3 does. */
final class PowerState {
  private static final int STATE = 3;
  private static final int D1_SUPPORT = 0x0200;
  private static final int D2_SUPPORT = 0x0400;
  private static final int NO_SOFT_RESET = 0x0008;
  private static final int PME_SUPPORT = 0xf800;
  private static final int PME_ENABLE = 0x0100;
  private static final int PME_STATUS = 0x8000;

  private final ConfigSpace config;
  private final int capability;

  PowerState(ConfigSpace config, Capabilities capabilities) {
    this.config = config;
    this.capability = capabilities.find(Capabilities.PM);
  }

  boolean isThere() {
    return capability != 0;
  }

  int register() {
    return capability + 4;
  }

  /** 0 to 3. */
  int state() {
    return capability == 0 ? 0 : config.read(capability + 4, 1) & STATE;
  }

  boolean supports(int state) {
    int capabilities = config.read(capability + 2, 2);
    return switch (state) {
      case 0, 3 -> true;
      case 1 -> (capabilities & D1_SUPPORT) != 0;
      case 2 -> (capabilities & D2_SUPPORT) != 0;
      default -> false;
    };
  }

  /** Hardware discards a state that it does not have. */
  void put(int state) {
    config.setBits(capability + 4, STATE & ~state, false);
    config.setBits(capability + 4, STATE & state, true);
  }

  /** Whether going from D3hot to D0 resets the function. */
  boolean losesState() {
    return capability != 0 && (config.read(capability + 4, 2) & NO_SOFT_RESET) == 0;
  }

  /** Whether the function can ask to be woken. */
  boolean canWake() {
    return (config.read(capability + 2, 2) & PME_SUPPORT) != 0;
  }

  /** The device wants to wake; whether it is allowed to say so. */
  boolean signalWakeup() {
    if (capability == 0) {
      return false;
    }
    config.setBits(capability + 4, PME_STATUS, true);
    return (config.read(capability + 4, 2) & PME_ENABLE) != 0;
  }
}
