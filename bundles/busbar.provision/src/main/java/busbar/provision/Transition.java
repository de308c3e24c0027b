package busbar.provision;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.BundlePlan.Action;
import busbar.api.swap.SwapRecord.Phase;
import busbar.provision.Planner.Move;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.startlevel.BundleStartLevel;

/**
 * Makes moves one by one and sees after each whether it did harm; if so, takes all of them back,
 * the last one first. For one use by one thread.
 */
final class Transition {
  /** Something that may fail, to take a step back. */
  private interface Back {
    void run() throws BundleException, IOException;
  }

  private final BundleContext context;
  private final Health health;
  private final Function<String, Path> copies;
  private final long mark;
  private final Set<String> busy;
  private final List<Phase> phases = new ArrayList<>();
  private final Deque<Back> back = new ArrayDeque<>();

  /**
   * Nothing is done yet.
   *
   * @param copies the jar of a content, for what runs now
   */
  Transition(BundleContext context, Health health, Function<String, Path> copies) {
    this.context = context;
    this.health = health;
    this.copies = copies;
    mark = health.mark();
    busy = health.busy();
  }

  /** What was done, and how long it took. */
  List<Phase> phases() {
    return phases;
  }

  /**
   * Makes all moves.
   *
   * @throws VfioException {@code EIO} a move failed and everything is as it was; {@code EINTR}
   *     likewise, because the thread was interrupted
   * @throws IllegalStateException a move failed, and something is not as it was
   */
  void run(List<Move> moves) {
    List<Bundle> installed = new ArrayList<>();
    try {
      for (Move move : moves) {
        timed(move.action(), move.name(), () -> make(move, installed));
        if (isLastInstall(move, moves)) {
          startAll(installed);
        }
      }
    } catch (BundleException | IOException | InterruptedException | RuntimeException e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw takeBack(e);
    }
  }

  private static boolean isLastInstall(Move move, List<Move> moves) {
    int next = moves.indexOf(move) + 1;
    return move.action() == Action.INSTALL
        && (next == moves.size() || moves.get(next).action() != Action.INSTALL);
  }

  /** A step that is timed. */
  private interface Step {
    void run() throws BundleException, IOException, InterruptedException;
  }

  private void timed(Action action, String name, Step step)
      throws BundleException, IOException, InterruptedException {
    long begun = System.nanoTime();
    try {
      step.run();
    } finally {
      String verb = action.name().toLowerCase(Locale.ROOT);
      phases.add(new Phase(verb + " " + name, System.nanoTime() - begun));
    }
  }

  private void make(Move move, List<Bundle> installed)
      throws BundleException, IOException, InterruptedException {
    switch (move.action()) {
      case INSTALL -> {
        Bundle bundle = install(move.then().location(), move.then().jar());
        back.push(bundle::uninstall);
        if (move.then().startLevel() != 0) {
          bundle.adapt(BundleStartLevel.class).setStartLevel(move.then().startLevel());
        }
        if (move.then().started()) {
          installed.add(bundle);
        }
      }
      case UPDATE -> {
        Bundle bundle = move.now().bundle();
        Path before = copies.apply(move.now().member().content());
        long modified = bundle.getLastModified();
        back.push(() -> restore(bundle, modified, before, move.now().member().started()));
        update(bundle, move.then().jar(), move.now().member().started());
        check(move.now().member().started() ? bundle : null);
      }
      case START -> {
        back.push(() -> move.now().bundle().stop());
        start(move.now().bundle());
      }
      case STOP -> {
        back.push(() -> move.now().bundle().start(Bundle.START_ACTIVATION_POLICY));
        move.now().bundle().stop();
        check(null);
      }
      case UNINSTALL -> uninstall(move);
    }
  }

  private void startAll(List<Bundle> installed)
      throws BundleException, IOException, InterruptedException {
    for (Bundle bundle : installed) {
      timed(Action.START, bundle.getSymbolicName(), () -> start(bundle));
    }
  }

  private void start(Bundle bundle) throws BundleException, InterruptedException {
    bundle.start(Bundle.START_ACTIVATION_POLICY);
    check(bundle);
  }

  private void uninstall(Move move) throws BundleException, InterruptedException {
    var before = move.now().member();
    back.push(
        () -> {
          Bundle again = install(before.location(), copies.apply(before.content()));
          again.adapt(BundleStartLevel.class).setStartLevel(before.startLevel());
          if (before.started()) {
            again.start(Bundle.START_ACTIVATION_POLICY);
          }
        });
    move.now().bundle().uninstall();
    check(null);
  }

  private Bundle install(String location, Path jar) throws BundleException, IOException {
    if (context.getBundle(location) != null) {
      throw new IOException("another bundle has the location " + location);
    }
    try (InputStream in = Files.newInputStream(jar)) {
      return context.installBundle(location, in);
    }
  }

  /** In place; the framework starts it again if it ran, and if not, it is our part. */
  private static void update(Bundle bundle, Path jar, boolean started)
      throws BundleException, IOException {
    // all of it in memory before the bundle is stopped: the gap is what its users wait for
    try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(jar))) {
      bundle.update(in);
    }
    if (started && bundle.getState() != Bundle.ACTIVE) {
      bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
    }
  }

  private static void restore(Bundle bundle, long modified, Path before, boolean started)
      throws BundleException, IOException {
    if (bundle.getLastModified() != modified) {
      update(bundle, before, started);
    } else if (started && bundle.getState() != Bundle.ACTIVE) {
      // the framework refused the new content and did not get the old one running again
      bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
    }
  }

  private void check(Bundle changed) throws InterruptedException {
    Optional<String> wrong = health.settle(changed, mark, busy);
    if (wrong.isPresent()) {
      throw new IllegalStateException(wrong.get());
    }
  }

  private RuntimeException takeBack(Exception problem) {
    List<String> left = new ArrayList<>();
    boolean interrupted = Thread.interrupted();
    long markOfWayBack = health.mark();
    while (!back.isEmpty()) {
      try {
        back.pop().run();
      } catch (BundleException | IOException | RuntimeException e) {
        left.add(reason(e));
      }
    }
    try {
      health.settle(null, markOfWayBack, busy).ifPresent(left::add);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!left.isEmpty()) {
      return new IllegalStateException(
          "%s; and what was done could not all be taken back: %s"
              .formatted(reason(problem), String.join("; ", left)),
          problem);
    }
    Errno errno = problem instanceof InterruptedException ? Errno.EINTR : Errno.EIO;
    return errno.because("%s; everything is as it was", reason(problem));
  }

  private static String reason(Exception e) {
    Throwable told = e instanceof BundleException && e.getCause() != null ? e.getCause() : e;
    String message = told.getMessage();
    return message == null || message.isBlank()
        ? told.getClass().getName()
        : message.strip().replaceAll("\\s+", " ");
  }
}
