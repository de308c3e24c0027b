package busbar.machine.model;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.machine.model.ModelContext.Level;
import busbar.machine.testkit.FakeModelContext;
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
