package busbar.model.e1000e;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import busbar.model.e1000e.InterruptUnit.Mode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An Intel 82574L: registers in BAR 0, the same through address and data ports in BAR 2, the
 * message table in BAR 3. Its cable leads nowhere: frames that are sent are gone, unless the MAC's
 * loopback is on.
 *
 * <p>Any thread. Descriptor rings are worked off on the machine's timers.
 */
final class E1000eModel implements DeviceModel {
  private static final String KIND = "e1000e";
  static final int VERSION = 1;
  private static final int BAR_MEMORY = 0;
  private static final int BAR_PORTS = 2;
  private static final AccessSizes SIZES = AccessSizes.builtOf(4);
  private static final long NEGOTIATION_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final FunctionConfig config;
  private final ModelContext context;
  private final byte[] address;
  private final InterruptLine line;
  private final PacketEngine engine;
  private final DeviceTimer negotiation;

  /** Guards registers, interrupts, PHY, EEPROM and the port address. */
  private final ReentrantLock registerLock = new ReentrantLock();

  private final MacRegisters mac = new MacRegisters();
  private final Phy phy = new Phy();
  private final Eeprom eeprom;
  private final InterruptUnit interrupts;
  private final RegisterRules rules;
  private int portAddress;

  E1000eModel(ModelContext context) {
    this.context = context;
    config = new FunctionConfig(context);
    address = config.mac();
    line = new InterruptLine(context, 0);
    eeprom = new Eeprom(address);
    interrupts =
        new InterruptUnit(mac, line, task -> new DeviceTimer(context.timing(), () -> run(task)));
    engine = new PacketEngine(context, registerLock, mac, interrupts, this::run);
    negotiation = new DeviceTimer(context.timing(), () -> run(this::negotiated));
    rules = new RegisterRules(mac, phy, eeprom, interrupts, new Board());
    mac.reset(address);
    phy.reset();
  }

  /** Runs under the register lock; interrupts that come of it are sent after that. */
  private void run(InterruptUnit.Task task) {
    Mode mode = config.mode();
    int messages;
    registerLock.lock();
    try {
      task.run(mode);
      messages = interrupts.takeMessages();
    } finally {
      registerLock.unlock();
    }
    for (int vector = 0; messages != 0; vector++, messages >>>= 1) {
      if ((messages & 1) != 0) {
        context.message(vector);
      }
    }
    line.publish();
  }

  @Override
  public long read(int region, long offset, int width) {
    return switch (region) {
      case BAR_MEMORY -> SIZES.read(offset, width, (at, size) -> readRegister((int) at));
      case BAR_PORTS -> SIZES.read(offset, width, (at, size) -> readPort((int) at));
      default -> 0;
    };
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    switch (region) {
      case BAR_MEMORY ->
          SIZES.write(
              offset, width, value, (at, size, bits) -> writeRegister((int) at, (int) bits));
      case BAR_PORTS ->
          SIZES.write(offset, width, value, (at, size, bits) -> writePort((int) at, (int) bits));
      default -> {} // nothing listens in the flash and beside the message table
    }
  }

  private int readRegister(int offset) {
    int[] value = new int[1];
    run(mode -> value[0] = rules.read(MacRegisters.resolve(offset), mode));
    return value[0];
  }

  private void writeRegister(int offset, int value) {
    run(mode -> rules.write(MacRegisters.resolve(offset), value, mode));
  }

  private int readPort(int port) {
    int target = portAddress();
    return switch (port) {
      case 0 -> target;
      case 4 -> isRegister(target) ? readRegister(target) : 0;
      default -> 0;
    };
  }

  private void writePort(int port, int value) {
    if (port == 0) {
      registerLock.lock();
      try {
        portAddress = value;
      } finally {
        registerLock.unlock();
      }
    } else if (port == 4) {
      int target = portAddress();
      if (isRegister(target)) {
        writeRegister(target, value);
      }
    }
  }

  private int portAddress() {
    registerLock.lock();
    try {
      return portAddress;
    } finally {
      registerLock.unlock();
    }
  }

  private static boolean isRegister(int portAddress) {
    return portAddress >= 0 && portAddress < MacRegisters.SPACE - 1;
  }

  private void negotiated(Mode mode) {
    phy.linkUp();
    mac.setBits(Reg.STATUS, Reg.STATUS_LINK_UP);
    interrupts.raise(Cause.LINK_CHANGE, mode);
  }

  /** What register writes do to the rest of the card; the register lock is held. */
  private final class Board implements RegisterRules.Effects {
    @Override
    public void resetCard() {
      resetRegisters();
    }

    @Override
    public void transmit() {
      engine.start();
    }

    @Override
    public void negotiate() {
      phy.linkDown();
      mac.clearBits(Reg.STATUS, Reg.STATUS_LINK_UP);
      negotiation.start(NEGOTIATION_NANOS);
    }
  }

  private void resetRegisters() {
    negotiation.cancel();
    engine.forget();
    interrupts.reset();
    mac.reset(address);
    phy.reset();
  }

  @Override
  public void reset() {
    engine.stop();
    negotiation.stop();
    interrupts.timers().forEach(DeviceTimer::stop);
    registerLock.lock();
    try {
      resetRegisters();
      portAddress = 0;
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    // Work that ends meanwhile may have started other timers: what is left is known after all.
    engine.suspend();
    interrupts.timers().forEach(DeviceTimer::suspend);
    negotiation.suspend();
    registerLock.lock();
    try {
      List<Long> timersLeft =
          interrupts.timers().stream().map(DeviceTimer::remainingNanos).toList();
      return new StateRecord(
          KIND,
          VERSION,
          Map.of(
              "mac", bytes(mac.snapshot()),
              "phy", bytes(phy.snapshot()),
              "eeprom", bytes(eeprom.snapshot()),
              "portAddress", (long) portAddress,
              "interrupts", interrupts.save(),
              "begunFrames", engine.begunFrames(),
              "transmitLeftNanos", engine.remainingNanos(),
              "negotiationLeftNanos", negotiation.remainingNanos(),
              "interruptTimersLeftNanos", timersLeft));
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    final int[] macWords = words(state, "mac", MacRegisters.SPACE / 4);
    final int[] phyWords = words(state, "phy", Phy.PAGES * Phy.REGISTERS);
    final int[] eepromWords = words(state, "eeprom", Eeprom.WORDS);
    final List<Long> timersLeft = state.list("interruptTimersLeftNanos", Long.class);
    final long transmitLeft = state.number("transmitLeftNanos");
    final long negotiationLeft = state.number("negotiationLeftNanos");
    registerLock.lock();
    try {
      interrupts.restore(state.get("interrupts", StateRecord.class));
      engine.restoreBegunFrames(state.list("begunFrames", byte[].class));
      mac.takeOver(macWords);
      phy.takeOver(phyWords);
      eeprom.takeOver(eepromWords);
      portAddress = (int) state.number("portAddress");
    } finally {
      registerLock.unlock();
    }
    List<DeviceTimer> timers = interrupts.timers();
    for (int i = 0; i < timers.size() && i < timersLeft.size(); i++) {
      timers.get(i).takeOver(timersLeft.get(i));
    }
    negotiation.takeOver(negotiationLeft);
    engine.takeOver(transmitLeft);
    line.publish();
  }

  @Override
  public void resume() {
    interrupts.timers().forEach(DeviceTimer::resume);
    negotiation.resume();
    engine.resume();
  }

  @Override
  public void close() {
    engine.stop();
    negotiation.stop();
    interrupts.timers().forEach(DeviceTimer::stop);
  }

  private static byte[] bytes(int[] words) {
    ByteBuffer buffer = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(words);
    return buffer.array();
  }

  private static int[] words(StateRecord state, String name, int count) {
    byte[] bytes = state.get(name, byte[].class);
    if (bytes.length != count * 4) {
      throw Errno.EINVAL.because(
          "the state of %s has %d bytes of %s instead of %d", KIND, bytes.length, name, count * 4);
    }
    int[] words = new int[count];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
    return words;
  }
}
