package busbar.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventFdTest {
  @Test
  void takeReturnsTheSumAndClearsIt() {
    EventFd eventFd = new EventFd();
    eventFd.signal();
    eventFd.signal(4);
    assertThat(eventFd.peek()).isEqualTo(5);
    assertThat(eventFd.take()).isEqualTo(5);
    assertThat(eventFd.take()).isZero();
  }

  @Test
  void theCounterSaturatesAndNeverWraps() {
    EventFd eventFd = new EventFd();
    eventFd.signal(EventFd.MAX);
    eventFd.signal(7);
    assertThat(eventFd.take()).isEqualTo(EventFd.MAX);
  }

  @Test
  void aSignalWakesAWaiter() throws Exception {
    EventFd eventFd = new EventFd();
    Thread signaller = Thread.ofVirtual().start(eventFd::signal);
    assertThat(eventFd.await(TimeUnit.SECONDS.toNanos(10))).isEqualTo(1);
    signaller.join();
  }

  @Test
  void aWaitWithoutSignalEndsWithTheTime() throws Exception {
    assertThat(new EventFd().await(1_000)).isZero();
  }

  @Test
  void noSignalOfManyThreadsIsLost() throws Exception {
    EventFd eventFd = new EventFd();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int n = 0; n < 10_000; n++) {
                      eventFd.signal();
                    }
                  }));
    }
    long seen = 0;
    while (seen < 40_000) {
      long count = eventFd.await(TimeUnit.SECONDS.toNanos(10));
      assertThat(count).as("a wait of ten seconds ended without a signal").isPositive();
      seen += count;
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(seen + eventFd.take()).isEqualTo(40_000);
  }

  @Test
  void listenersHearSignalsAndTheClose() {
    EventFd eventFd = new EventFd();
    List<String> heard = new ArrayList<>();
    EventFd.Listener listener =
        new EventFd.Listener() {
          @Override
          public void signalled(EventFd source) {
            heard.add("signalled " + source.take());
          }

          @Override
          public void closed(EventFd source) {
            heard.add("closed");
          }
        };
    eventFd.addListener(listener);
    eventFd.signal(3);
    eventFd.close();
    eventFd.removeListener(listener);
    eventFd.signal();
    assertThat(heard).containsExactly("signalled 3", "closed");
  }
}
