package busbar.machine.model;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class InterruptLineTest {
  private final FakeModelContext context = new FakeModelContext("line");
  private final InterruptLine line = new InterruptLine(context, 0);

  @Test
  void theLineChangesOnlyWhenPublished() {
    line.want(Level.HIGH);
    assertThat(context.line(0)).isEqualTo(Level.LOW);

    line.publish();
    assertThat(context.line(0)).isEqualTo(Level.HIGH);
  }

  /** A board whose handler serves the device at once, and for which the next reason comes then. */
  private ModelContext boardThatServes(List<Level> seen, Runnable handler) {
    return (ModelContext)
        Proxy.newProxyInstance(
            ModelContext.class.getClassLoader(),
            new Class<?>[] {ModelContext.class},
            (proxy, method, arguments) -> {
              seen.add((Level) arguments[1]);
              if (seen.size() == 1) {
                handler.run();
              }
              return null;
            });
  }

  @Test
  void aLineThatWasServedAndHasAnotherReasonIsLowInBetween() {
    List<Level> seen = new ArrayList<>();
    InterruptLine[] served = new InterruptLine[1];
    Runnable handler =
        () -> {
          served[0].want(Level.LOW);
          served[0].publish();
          served[0].want(Level.HIGH);
          served[0].publish();
        };
    served[0] = new InterruptLine(boardThatServes(seen, handler), 0);
    served[0].want(Level.HIGH);
    served[0].publish();
    assertThat(seen).containsExactly(Level.HIGH, Level.LOW, Level.HIGH);
  }

  @RepeatedTest(20)
  void theLineEndsOnTheLevelDecidedLastHoweverManyThreadsPublish() throws InterruptedException {
    ReentrantLock lock = new ReentrantLock();
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 2000; i++) {
                      lock.lock();
                      line.wantHighIf(ThreadLocalRandom.current().nextBoolean());
                      lock.unlock();
                      line.publish();
                    }
                  });
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(context.line(0)).isEqualTo(line.wanted());
  }
}
