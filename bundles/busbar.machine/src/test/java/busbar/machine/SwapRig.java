package busbar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.pci.PciDevice;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An edu device whose model is one that a test controls, and what is known of its exchanges. */
final class SwapRig implements AutoCloseable {
  static final String EDU = "0000:00:04.0";
  static final Candidate ANOTHER = Candidate.plain("edu");
  private static final int DEADLINE_MILLIS = 5000;

  final Rig rig = new Rig();
  final Machine machine = rig.machine;
  final PciDevice edu = rig.device(EDU);
  final Trial old = new Trial();
  final Trial next = new Trial();
  final AtomicInteger interrupts = new AtomicInteger();
  private final List<SwapRecord> records = new CopyOnWriteArrayList<>();

  SwapRig() {
    machine.journal(
        ended -> {
          SwapRecord numbered = ended.withNumber(records.size() + 1);
          records.add(numbered);
          return numbered;
        });
    settings(10_000, SwapPolicy.MANUAL);
    machine.addModels(old);
    edu.writeConfig(4, 2, 2);
    edu.bar(0).store(8, 4, 5);
  }

  void settings(long graceMillis, SwapPolicy policy) {
    machine.settings(new SwapSettings(graceMillis, DEADLINE_MILLIS, policy));
  }

  /** For a test in which something hangs. */
  void impatient() {
    machine.settings(new SwapSettings(10_000, 200, SwapPolicy.MANUAL));
  }

  void patient() {
    settings(10_000, SwapPolicy.MANUAL);
  }

  /** Counts the pin's interrupts; the handler reads a register of the device. */
  void countInterrupts() {
    edu.intx()
        .orElseThrow()
        .request(
            "test",
            Sharing.SHARED,
            Start.ENABLED,
            () -> {
              interrupts.incrementAndGet();
              edu.bar(0).load(8, 4);
              edu.writeConfig(4, 2, 0x402);
              return Handled.YES;
            });
  }

  SwapRecord swap() {
    return machine.swap(EDU, ANOTHER, Way.SIDE_BY_SIDE, "test");
  }

  VfioException swapFails(Errno expected) {
    VfioException failure = catchThrowableOfType(VfioException.class, this::swap);
    assertThat(failure).isNotNull();
    assertThat(failure.errno()).as(failure.because()).isEqualTo(expected);
    return failure;
  }

  long value() {
    return edu.bar(0).load(8, 4);
  }

  /** Records of the device that tests look at, oldest first. */
  List<SwapRecord> records() {
    return records.stream().filter(each -> each.target().equals(EDU)).toList();
  }

  SwapRecord lastRecord() {
    return records().getLast();
  }

  /** The device is as it was, and its next exchange works. */
  void assertThatTheOldOneGoesOn() {
    assertThat(lastRecord().result()).isEqualTo(SwapRecord.Result.KEPT);
    assertThat(value()).isEqualTo(5);
    assertThat(old.last().closed).isFalse();
    edu.bar(0).store(8, 4, 6);
    assertThat(value()).isEqualTo(6);
    assertThat(old.last().value).isEqualTo(6);
  }

  @Override
  public void close() {
    rig.close();
  }
}
