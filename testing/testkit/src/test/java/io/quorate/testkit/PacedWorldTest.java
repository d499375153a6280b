package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The thread of a cluster, and its time. */
@Timeout(30)
class PacedWorldTest {
  private static final long HOUR = Duration.ofHours(1).toNanos();
  private static final long MILLI = 1_000_000L;

  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final World world = new World("world-test", failures::add);

  @AfterEach
  void end() {
    world.close();
  }

  private static void letPassByTheSystemsClock(Duration time) {
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < time.toNanos()) {
      Thread.onSpinWait();
    }
  }

  /** What a debugger that holds the thread, or a busy machine, does to leases and elections. */
  @Test
  void time_stands_still_while_the_thread_does() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    world.execute(() -> {
      held.countDown();
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    held.await();
    long before = world.now();
    letPassByTheSystemsClock(Duration.ofMillis(200));
    assertThat(world.now() - before).isLessThan(50 * MILLI);
    goesOn.countDown();
  }

  @Test
  void time_goes_with_the_systems_otherwise() {
    long begun = System.nanoTime();
    long before = world.now();
    while (world.now() - before < 100 * MILLI) {
      Thread.onSpinWait();
    }
    assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(100 * MILLI);
  }

  @Test
  void an_hour_passes_at_once_and_in_order() {
    List<Integer> order = new ArrayList<>();
    world.perform(() -> {
      world.after(HOUR / 2, () -> order.add(2));
      world.after(HOUR / 2, () -> order.add(3));
      world.after(
          HOUR / 4,
          () -> {
            order.add(1);
            world.after(HOUR / 2, () -> order.add(4));
          });
      world.after(2 * HOUR, () -> order.add(5));
    });
    long before = world.now();
    assertThat(world.hurry(() -> false, HOUR)).isFalse();
    assertThat(world.now() - before).isBetween(HOUR, HOUR + 10_000 * MILLI);
    assertThat(order).containsExactly(1, 2, 3, 4);
  }

  @Test
  void a_hurry_ends_when_what_it_is_for_has_come() {
    AtomicBoolean came = new AtomicBoolean();
    long before = world.now();
    world.perform(() -> world.after(HOUR, () -> came.set(true)));
    assertThat(world.hurry(came::get, 1_000 * HOUR)).isTrue();
    assertThat(world.now() - before).isBetween(HOUR, HOUR + 10_000 * MILLI);
  }

  /** Shows that what a process makes of an event is done before the time goes on. */
  @Test
  void a_hurry_waits_for_what_runs_on_a_processs_thread() {
    ProcessThread process = new ProcessThread("world-test-process");
    world.add(process);
    List<Long> seen = new ArrayList<>();
    long start = world.call(world::now);
    world.perform(() -> {
      for (int i = 1; i <= 20; i++) {
        world.after(
            i * HOUR,
            () ->
                process.execute(() -> seen.add(Math.round((world.now() - start) / (double) HOUR))));
      }
    });
    boolean _ = world.hurry(() -> false, 21 * HOUR);
    process.end();
    for (int i = 0; i < 20; i++) {
      assertThat(seen.get(i)).isEqualTo(i + 1);
    }
  }

  @Test
  void a_hurry_does_not_wait_for_a_callback_that_waits_itself() {
    ProcessThread process = new ProcessThread("world-test-process");
    world.add(process);
    CountDownLatch goesOn = new CountDownLatch(1);
    process.execute(() -> {
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    world.perform(() -> {
      for (int i = 1; i <= 1_000; i++) {
        world.after(i * HOUR, () -> process.execute(() -> {}));
      }
    });
    long begun = System.nanoTime();
    boolean _ = world.hurry(() -> false, 1_001 * HOUR);
    assertThat(System.nanoTime() - begun).isLessThan(10_000 * MILLI);
    goesOn.countDown();
    process.end();
  }

  @Test
  void who_would_wait_for_itself_is_told() {
    ProcessThread process = new ProcessThread("world-test-process");
    world.add(process);
    List<Throwable> told = new ArrayList<>();
    process.execute(() -> {
      try {
        boolean _ = world.hurry(() -> false, HOUR);
      } catch (IllegalStateException e) {
        told.add(e);
      }
    });
    process.end();
    assertThat(told).hasSize(1);
  }

  @Test
  void a_task_that_fails_stops_nothing_but_itself() {
    world.execute(() -> {
      throw new IllegalStateException("on purpose");
    });
    assertThat(world.call(() -> "still here")).isEqualTo("still here");
    assertThat(failures).singleElement().asString().contains("on purpose");
    assertThatThrownBy(() ->
            world.perform(() -> {
              throw new IllegalStateException("told to who asked");
            }))
        .hasMessage("told to who asked");
  }

  @Test
  void what_was_handed_over_before_the_end_is_done() {
    List<Integer> done = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      world.execute(() -> done.add(number));
    }
    world.close();
    assertThat(done).hasSize(100);
    assertThatThrownBy(() -> world.perform(() -> {})).hasMessage("the cluster is closed");
    long end = world.now();
    while (world.now() - end < 100 * MILLI) { // nobody lets it go on any more
      Thread.onSpinWait();
    }
  }
}
