package busbar.machine.testkit;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.ModelContext;
import busbar.machine.testkit.FakeModelContext.Messages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The law of every model: a device that is exchanged, however often and whenever, behaves as one
 * that is not.
 *
 * <p>{@link #check} drives two devices with the same accesses, in the same time. One of them is
 * saved and restored into a fresh model, or saved and resumed, between the accesses. Whatever can
 * be seen of the two (values read, lines, messages, memory) must be the same.
 */
public final class HandoverLaw {
  private static final int[] WIDTHS = {1, 2, 4, 8};

  private final Supplier<FakeModelContext> contexts;
  private final Function<ModelContext, DeviceModel> models;
  private final List<Target> targets = new ArrayList<>();
  private final List<Range> memory = new ArrayList<>();

  private BiConsumer<FakeModelContext, DeviceModel> preparation = (context, model) -> {};

  private record Target(int region, long[] offsets, long[] values) {}

  private record Range(long start, int length) {}

  /**
   * A law for one kind of device.
   *
   * @param contexts makes a context, always in the same state
   * @param models makes the device, in its state after power-on and without chance in it
   */
  public HandoverLaw(
      Supplier<FakeModelContext> contexts, Function<ModelContext, DeviceModel> models) {
    this.contexts = contexts;
    this.models = models;
  }

  /**
   * Adds registers to try.
   *
   * @param offsets where accesses go, beside any other offset now and then
   * @param values what is written, beside small numbers and any other values
   */
  public HandoverLaw registers(int region, long[] offsets, long... values) {
    targets.add(new Target(region, offsets.clone(), values.clone()));
    return this;
  }

  /** Adds memory that the device may reach: it starts with numbers that depend on the seed. */
  public HandoverLaw memory(long iova, int length) {
    memory.add(new Range(iova, length));
    return this;
  }

  /** Brings both devices, and their memory, into a state that chance would hardly find. */
  public HandoverLaw prepared(BiConsumer<FakeModelContext, DeviceModel> setUp) {
    preparation = setUp;
    return this;
  }

  /**
   * Checks the law for one sequence of accesses.
   *
   * @throws AssertionError if the two devices differ, with the seed and the accesses up to there
   */
  public void check(long seed, int steps) {
    Device plain = new Device(contexts.get());
    Device exchanged = new Device(contexts.get());
    fillMemory(seed, plain);
    fillMemory(seed, exchanged);
    preparation.accept(plain.context, plain.model);
    preparation.accept(exchanged.context, exchanged.model);
    SplittableRandom choices = new SplittableRandom(seed);
    SplittableRandom exchanges = new SplittableRandom(~seed);
    List<String> done = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      exchanged.maybeExchange(exchanges, done);
      Action action = action(choices);
      done.add(action.toString());
      String expected = plain.perform(action);
      String actual = exchanged.perform(action);
      if (!expected.equals(actual)) {
        throw new AssertionError(
            "seed " + seed + ": " + expected + ", but exchanged " + actual + " after " + done);
      }
    }
    for (Range range : memory) {
      byte[] expected = plain.context.memory().get(range.start(), range.length());
      byte[] actual = exchanged.context.memory().get(range.start(), range.length());
      int at = Arrays.mismatch(expected, actual);
      if (at >= 0) {
        throw new AssertionError(
            "seed " + seed + ": memory differs at " + (range.start() + at) + " after " + done);
      }
    }
    plain.model.close();
    exchanged.model.close();
  }

  private void fillMemory(long seed, Device device) {
    for (Range range : memory) {
      byte[] bytes = new byte[range.length()];
      new SplittableRandom(seed + range.start()).nextBytes(bytes);
      device.context.memory().map(range.start(), range.length());
      device.context.memory().put(range.start(), bytes);
    }
  }

  /** A register of every function, which no model gives a meaning of its own. */
  private static final int COMMAND = 4;

  private sealed interface Action {}

  private record Read(int region, long offset, int width) implements Action {}

  private record Write(int region, long offset, int width, long value) implements Action {}

  private record Wait(long nanos) implements Action {}

  private record UseMessages(Messages state) implements Action {}

  private record Reset() implements Action {}

  private Action action(SplittableRandom random) {
    int kind = random.nextInt(100);
    if (kind < 1) {
      return new Reset();
    }
    if (kind < 3) {
      return new UseMessages(random.nextBoolean() ? Messages.ON : Messages.OFF);
    }
    if (kind < 20) {
      return new Wait(random.nextLong(1L << random.nextInt(40)));
    }
    Target target = targets.get(random.nextInt(targets.size()));
    int width = random.nextInt(4) > 0 ? 4 : WIDTHS[random.nextInt(WIDTHS.length)];
    long offset = target.offsets()[random.nextInt(target.offsets().length)] / width * width;
    if (kind < 50) {
      return new Read(target.region(), offset, width);
    }
    return new Write(target.region(), offset, width, value(target, random));
  }

  private static long value(Target target, SplittableRandom random) {
    int kind = random.nextInt(10);
    if (kind < 5 && target.values().length > 0) {
      return target.values()[random.nextInt(target.values().length)];
    }
    return kind < 9 ? random.nextInt(1 << random.nextInt(1, 12)) : random.nextLong();
  }

  /** One of the two devices. */
  private final class Device {
    private final FakeModelContext context;
    private DeviceModel model;

    private Device(FakeModelContext context) {
      this.context = context;
      model = models.apply(context);
    }

    private void maybeExchange(SplittableRandom random, List<String> done) {
      int kind = random.nextInt(8);
      if (kind > 1) {
        return;
      }
      StateRecord state = model.save();
      if (kind == 0) {
        done.add("resume");
        model.resume();
      } else {
        done.add("exchange");
        DeviceModel successor = models.apply(context);
        successor.restore(state);
        model.close();
        model = successor;
      }
    }

    private String perform(Action action) {
      String seen =
          switch (action) {
            case Read read ->
                Long.toHexString(model.read(read.region(), read.offset(), read.width()));
            case Write write -> {
              model.write(write.region(), write.offset(), write.width(), write.value());
              yield "";
            }
            case Wait wait -> {
              context.virtualTime().advance(wait.nanos());
              yield "";
            }
            case UseMessages use -> {
              context.messages(use.state());
              // a driver turns them on and off by writing configuration space
              model.configWritten(COMMAND, 2);
              yield "";
            }
            case Reset reset -> {
              model.reset();
              yield "";
            }
          };
      return "read " + seen + ", line " + context.line(0) + ", messages " + context.messages();
    }
  }
}
