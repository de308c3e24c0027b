package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.machine.internal.iommu.CallScope;
import busbar.machine.model.DeviceModel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The place where a device's model sits. Accesses wait while the model is exchanged; what needs
 * only the machine's part of the device does not: configuration space goes on, and the next model
 * is told what was written; a reset makes a state that waits for the next model worthless.
 */
public final class ModelSlot implements CallScope {
  private static final Logger LOG = System.getLogger(ModelSlot.class.getName());

  private record ConfigWrite(int offset, int width) {}

  private final ModelGate gate = new ModelGate();

  /**
   * Memory that windows have shown to their users: every later model has to show the same. Replaced
   * as a whole, since nearly all devices have none.
   */
  private volatile Map<Integer, MemorySegment> shown = Map.of();

  /** Guards the fields below; held while the gate is opened for good. */
  private final Object heldLock = new Object();

  /** Configuration space that was written meanwhile, each register once. */
  private Set<ConfigWrite> untold = Set.of();

  private boolean held;
  private boolean vacant;
  private boolean resetUntold;

  private volatile DeviceModel model;

  public ModelSlot(DeviceModel first) {
    model = first;
  }

  ModelGate gate() {
    return gate;
  }

  /** The model calls out: what comes back on this thread does not wait for the model. */
  @Override
  public Object begin() {
    return Callouts.beginHardware(gate);
  }

  /** The host makes the hardware send something that it has held back; as {@link #begin}. */
  public Object beginHost() {
    return Callouts.beginHost();
  }

  @Override
  public void end(Object token) {
    Callouts.end(token);
  }

  /** The model now; for what needs no gate. */
  public DeviceModel model() {
    return model;
  }

  /** Reads registers of the model; as {@link DeviceModel#read}. */
  public long read(int region, long offset, int width) {
    int at = gate.enter();
    try {
      return model.read(region, offset, width);
    } finally {
      gate.exit(at);
    }
  }

  /** Writes registers of the model; as {@link DeviceModel#write}. */
  public void write(int region, long offset, int width, long value) {
    int at = gate.enter();
    try {
      model.write(region, offset, width, value);
    } finally {
      gate.exit(at);
    }
  }

  /** The memory of a region, {@code null} for registers. */
  public MemorySegment memory(int region) {
    int at = gate.enter();
    try {
      MemorySegment memory = model.memory(region);
      if (memory != null && shown.get(region) != memory) {
        remember(region, memory);
      }
      return memory;
    } finally {
      gate.exit(at);
    }
  }

  private void remember(int region, MemorySegment memory) {
    synchronized (heldLock) {
      Map<Integer, MemorySegment> more = new HashMap<>(shown);
      more.put(region, memory);
      shown = Map.copyOf(more);
    }
  }

  /** A driver is about to read configuration space. */
  public void configRead(int offset, int width) {
    if (model.ownsConfig(offset, width)) {
      int at = gate.enter();
      try {
        model.configRead(offset, width);
      } finally {
        gate.exit(at);
      }
    }
  }

  /** A driver has written configuration space. */
  public void configWritten(int offset, int width) {
    while (true) {
      int at = model.ownsConfig(offset, width) ? gate.enter() : gate.tryEnter();
      if (at != ModelGate.CLOSED) {
        try {
          model.configWritten(offset, width);
        } finally {
          gate.exit(at);
        }
        return;
      }
      synchronized (heldLock) {
        if (held) {
          if (untold.isEmpty()) {
            untold = new LinkedHashSet<>();
          }
          untold.add(new ConfigWrite(offset, width));
          return;
        }
      }
    }
  }

  /** The device was reset. */
  public void reset() {
    int at = gate.tryEnter();
    if (at == ModelGate.CLOSED) {
      synchronized (heldLock) {
        if (vacant) {
          resetUntold = true;
          return;
        }
      }
      at = gate.enter();
    }
    try {
      model.reset();
    } finally {
      gate.exit(at);
    }
  }

  /** Keeps accesses out until {@link #open}. */
  void close() {
    synchronized (heldLock) {
      held = true;
      gate.close();
    }
  }

  /** With the gate closed by this thread: waits for accesses under way; whether they ended. */
  boolean awaitQuiet(long nanos) {
    return gate.awaitQuiet(nanos);
  }

  /** With the gate closed: there is no model until {@link #put}. */
  void vacate() {
    synchronized (heldLock) {
      vacant = true;
    }
  }

  /** Whether the device was reset while there was no model. */
  boolean wasReset() {
    synchronized (heldLock) {
      return resetUntold;
    }
  }

  /**
   * Checks that a successor shows the memory that users of the device hold.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if not
   */
  void checkMemory(DeviceModel successor) {
    shown.forEach(
        (region, before) -> {
          MemorySegment now = successor.memory(region);
          if (now == null
              || now.address() != before.address()
              || now.byteSize() != before.byteSize()
              || !now.heapBase().equals(before.heapBase())) {
            throw Errno.EINVAL.because(
                "the new model shows other memory in region %d than its users hold", region);
          }
        });
  }

  /** With the gate closed: the model from now on. */
  void put(DeviceModel successor) {
    model = successor;
  }

  /** Lets accesses go on, after the model was told what it has missed. */
  void open() {
    while (true) {
      boolean wasReset;
      List<ConfigWrite> written;
      synchronized (heldLock) {
        vacant = false;
        if (!resetUntold && untold.isEmpty()) {
          held = false;
          gate.open();
          return;
        }
        wasReset = resetUntold;
        written = List.copyOf(untold);
        resetUntold = false;
        untold = Set.of();
      }
      try {
        if (wasReset) {
          model.reset();
        }
        written.forEach(each -> model.configWritten(each.offset(), each.width()));
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a device model failed while it was told what it has missed", e);
      }
    }
  }
}
