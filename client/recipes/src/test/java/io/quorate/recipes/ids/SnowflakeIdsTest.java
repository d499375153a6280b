package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What generators do that share workers: nobody issues what another one did, whatever happens. */
@Timeout(60)
class SnowflakeIdsTest {
  private static final SnowflakeLayout LAYOUT = new SnowflakeLayout(Instant.EPOCH, 41, 0, 5, 12);
  private static final long START = 10_000_000;
  private static final long WINDOW = 5_000;

  private final TestClock clock = new TestClock(START);
  private final TestWorkers store = new TestWorkers(2);

  private SnowflakeIds open() {
    return open(IdSettings.DEFAULT.window(WINDOW));
  }

  private SnowflakeIds open(IdSettings settings) {
    return new SnowflakeIds(LAYOUT, clock, settings, store.view(), 1);
  }

  @Test
  void the_first_id_waits_for_its_reservation_and_those_after_it_for_nothing() {
    SnowflakeIds ids = open();
    IdParts parts = LAYOUT.decode(ids.nextId());
    assertThat(parts.time()).isEqualTo(Instant.ofEpochMilli(START));
    assertThat(parts.worker()).isZero();
    assertThat(store.until(0)).isEqualTo(START + WINDOW);
    for (int i = 0; i < 1_000; i++) {
      ids.nextId();
    }
    assertThat(store.extensions).isEqualTo(1);
    assertThat(clock.pauses).isZero();
  }

  @Test
  void more_time_is_reserved_where_it_is_used_up() {
    SnowflakeIds ids = open();
    long last = -1;
    for (int i = 0; i < 100; i++) {
      long id = ids.nextId();
      assertThat(id).isGreaterThan(last);
      last = id;
      clock.pass(WINDOW / 3);
    }
    assertThat(store.extensions).isBetween(20, 40);
  }

  @Test
  void a_generator_whose_worker_is_lost_goes_on_as_another_with_later_ids() {
    SnowflakeIds ids = open();
    long first = ids.nextId();
    store.expire(0);
    SnowflakeIds successor = open();
    clock.pass(1);
    long others = successor.nextId();
    assertThat(LAYOUT.decode(others).worker()).isZero();
    assertThat(LAYOUT.decode(others).time())
        .as("behind what the first one had reserved")
        .isEqualTo(Instant.ofEpochMilli(START + WINDOW + 1));
    long stillReserved = ids.nextId();
    assertThat(LAYOUT.decode(stillReserved).worker()).isZero();
    assertThat(stillReserved).isGreaterThan(first).isLessThan(others);
    clock.pass(2 * WINDOW);
    long another = ids.nextId();
    assertThat(LAYOUT.decode(another).worker()).isEqualTo(1);
    assertThat(another).isGreaterThan(stillReserved);
  }

  @Test
  void who_finds_no_worker_is_told_so() {
    SnowflakeIds one = open();
    one.nextId();
    SnowflakeIds two = open();
    two.nextId();
    SnowflakeIds three = open();
    assertThatThrownBy(three::nextId)
        .isInstanceOf(QuorateException.Unavailable.class)
        .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue());
    one.close();
    assertThat(LAYOUT.decode(three.nextId()).worker()).isZero();
  }

  @Test
  void a_worker_that_is_given_back_is_used_again_behind_its_last_id() {
    SnowflakeIds one = open();
    long first = one.nextId();
    one.close();
    assertThat(store.until(0)).isEqualTo(START);
    SnowflakeIds two = open();
    long second = two.nextId();
    assertThat(second).isGreaterThan(first);
    assertThat(LAYOUT.decode(second).time()).isEqualTo(Instant.ofEpochMilli(START + 1));
    assertThatThrownBy(one::nextId).satisfies(e -> assertThat(ErrorCode.STOPPED.isOf(e)).isTrue());
  }

  /** The host's clock is behind what the worker had issued before. */
  @Test
  void a_restart_with_a_clock_that_is_an_hour_behind_repeats_nothing() {
    SnowflakeIds one = open();
    long last = one.nextId();
    store.expire(0); // killed: nothing is given back
    clock.step(-3_600_000);
    SnowflakeIds two = open();
    for (int i = 0; i < 10_000; i++) {
      long id = two.nextId();
      assertThat(id).isGreaterThan(last);
      last = id;
    }
  }

  @Test
  void an_extension_that_fails_harms_nobody_until_the_time_is_used_up() {
    SnowflakeIds ids = open(IdSettings.DEFAULT.window(WINDOW).waitMax(Duration.ofSeconds(1)));
    ids.nextId();
    store.failure = QuorateException.of(ErrorCode.NO_LEADER, "no leader");
    clock.pass(WINDOW);
    long id = ids.nextId();
    clock.pass(1);
    assertThatThrownBy(ids::nextId)
        .isInstanceOf(QuorateException.Unavailable.class)
        .hasMessageContaining("no leader");
    store.failure = null;
    assertThat(ids.nextId()).isGreaterThan(id);
  }

  /** Whoever waits doesn't hear of what passes within the time that it waits anyway. */
  @Test
  void an_extension_that_fails_or_is_not_known_to_is_asked_for_again_while_somebody_waits() {
    for (ErrorCode code : List.of(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.LEADER_CHANGED)) {
      SnowflakeIds ids = open(IdSettings.DEFAULT.window(WINDOW).waitMax(Duration.ofSeconds(10)));
      store.failure = QuorateException.of(code, "it passes");
      store.failing = 5;
      assertThat(ids.nextId()).isPositive();
      assertThat(store.failing).isZero();
    }
  }

  @Test
  void an_extension_that_is_late_is_waited_for_and_no_longer_than_told() {
    store.held = new ArrayList<>();
    SnowflakeIds ids = open(IdSettings.DEFAULT.window(WINDOW).waitMax(Duration.ofMillis(20)));
    assertThatThrownBy(ids::nextId).satisfies(e -> assertThat(isUnreachable(e)).isTrue());
    List<Runnable> answers = store.held;
    store.held = null;
    answers.forEach(Runnable::run);
    assertThat(ids.nextId()).isPositive();
  }

  private static boolean isUnreachable(Throwable failure) {
    return ErrorCode.UNREACHABLE.isOf(failure);
  }

  @Test
  void an_interrupt_ends_the_waiting_and_stays_set() {
    store.held = new ArrayList<>();
    SnowflakeIds ids = open();
    Thread.currentThread().interrupt();
    assertThatThrownBy(ids::nextId)
        .satisfies(e -> assertThat(ErrorCode.INTERRUPTED.isOf(e)).isTrue());
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void ids_before_the_epoch_and_after_the_end_are_not_made() {
    SnowflakeLayout ends = new SnowflakeLayout(Instant.ofEpochMilli(START - 1_000), 10, 0, 5, 12);
    SnowflakeIds ids = new SnowflakeIds(ends, clock, IdSettings.DEFAULT, store.view(), 1);
    assertThat(ends.decode(ids.nextId()).time()).isEqualTo(Instant.ofEpochMilli(START));
    clock.pass(23);
    assertThat(ends.decode(ids.nextId()).time()).isEqualTo(ends.end().minusMillis(1));
    clock.pass(1);
    assertThatThrownBy(ids::nextId)
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("take one with a later epoch");
    SnowflakeIds late = new SnowflakeIds(ends, clock, IdSettings.DEFAULT, store.view(), 1);
    assertThatThrownBy(late::nextId)
        .as("one that begins after the end")
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("take one with a later epoch");
    SnowflakeLayout future = LAYOUT.since(Instant.ofEpochMilli(START + 5_000));
    SnowflakeIds early = new SnowflakeIds(future, clock, IdSettings.DEFAULT, store.view(), 1);
    assertThatThrownBy(early::nextId)
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("epoch");
  }

  @Test
  void an_array_is_filled_with_ids_that_rise() {
    SnowflakeIds ids = open();
    long[] many = new long[20_000];
    ids.nextIds(many);
    long[] sorted = many.clone();
    Arrays.sort(sorted);
    assertThat(many).isEqualTo(sorted);
    assertThat(Arrays.stream(many).distinct().count()).isEqualTo(many.length);
    assertThat(clock.nanoTime() / IdClock.NANOS_PER_MILLI).as("milliseconds").isBetween(4L, 5L);
  }

  @Test
  void stripes_are_so_many_workers() {
    TestWorkers many = new TestWorkers(4);
    SnowflakeIds ids = new SnowflakeIds(LAYOUT, clock, IdSettings.DEFAULT, many.view(), 4);
    Set<Long> seen = new HashSet<>();
    Set<Integer> workers = new HashSet<>();
    for (int i = 0; i < 4 * 4_000; i++) {
      long id = ids.nextId();
      assertThat(seen.add(id)).isTrue();
      workers.add(LAYOUT.decode(id).worker());
    }
    assertThat(workers).hasSize(4);
    assertThat(clock.pauses).as("four times a millisecond's").isZero();
  }

  /** Takeovers, kills, clones, clocks that step: no id twice, and each generator's rise. */
  @Test
  void whatever_befalls_generators_and_clocks_no_id_comes_twice() {
    for (long seed = 1; seed <= 100; seed++) {
      disorder(seed);
    }
  }

  private static void disorder(long seed) {
    Random random = new Random(seed);
    TestWorkers shared = new TestWorkers(3);
    List<TestClock> clocks = new ArrayList<>();
    List<SnowflakeIds> running = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      clocks.add(new TestClock(100_000_000 + random.nextInt(10_000)));
      running.add(open(shared, clocks.get(i)));
    }
    for (int step = 0; step < 2_000; step++) {
      int who = random.nextInt(3);
      TestClock time = clocks.get(who);
      switch (random.nextInt(40)) {
        case 0 -> time.step(random.nextInt(7_200_000) - 3_600_000);
        case 1 -> shared.expire(random.nextInt(3));
        case 2 -> { // killed, and another one in its place
          running.set(who, open(shared, time));
          shared.expire(random.nextInt(3));
        }
        case 3 -> {
          running.get(who).close();
          running.set(who, open(shared, time));
        }
        case 4 -> time.pass(random.nextInt(20_000));
        default -> {
          try {
            long id = running.get(who).nextId();
            assertThat(seen.add(id)).as("id %d again, seed %d, step %d", id, seed, step).isTrue();
          } catch (QuorateException.Unavailable e) {
            shared.expire(random.nextInt(3)); // all are taken by those that were killed
          }
          time.passNanos(random.nextInt(2_000_000));
        }
      }
    }
    assertThat(seen).hasSizeGreaterThan(1_000);
  }

  private static SnowflakeIds open(TestWorkers shared, TestClock clock) {
    return new SnowflakeIds(LAYOUT, clock, IdSettings.DEFAULT.window(WINDOW), shared.view(), 1);
  }

  /** With the system's clock, for some seconds' worth of ids. */
  @Test
  void many_threads_get_ids_that_rise_for_each_and_never_come_twice() throws InterruptedException {
    SnowflakeIds ids =
        new SnowflakeIds(
            SnowflakeLayout.TWITTER, IdClock.SYSTEM, IdSettings.DEFAULT, store.view(), 1);
    int threads = 8;
    int each = 100_000;
    long[][] got = new long[threads][each];
    AtomicLong greatest = new AtomicLong(-1);
    AtomicLong wrong = new AtomicLong();
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      long[] mine = got[t];
      Thread thread =
          new Thread(() -> {
            try {
              begin.await();
            } catch (InterruptedException e) {
              return;
            }
            for (int i = 0; i < each; i++) {
              long before = greatest.get();
              mine[i] = ids.nextId();
              if (mine[i] <= before) {
                wrong.incrementAndGet();
              }
              greatest.accumulateAndGet(mine[i], Math::max);
            }
          });
      thread.start();
      all.add(thread);
    }
    begin.countDown();
    for (Thread thread : all) {
      thread.join();
    }
    assertThat(wrong).as("ids that are less than one that another thread had before").hasValue(0);
    long[] together = new long[threads * each];
    for (int t = 0; t < threads; t++) {
      for (int i = 1; i < each; i++) {
        assertThat(got[t][i]).isGreaterThan(got[t][i - 1]);
      }
      System.arraycopy(got[t], 0, together, t * each, each);
    }
    Arrays.sort(together);
    TreeMap<Long, Integer> perMilli = new TreeMap<>();
    for (int i = 0; i < together.length; i++) {
      assertThat(i == 0 || together[i] != together[i - 1]).isTrue();
      perMilli.merge(together[i] >>> 22, 1, Integer::sum);
    }
    assertThat(perMilli.values()).allMatch(count -> count <= 4_096);
  }

  // ---- waiting for time ------------------------------------------------------------------------

  /** Two ids in a millisecond, so that nearly all of the time is waited for. */
  private static final SnowflakeLayout SLOW =
      new SnowflakeLayout(Instant.parse("2020-01-01T00:00:00Z"), 41, 0, 5, 1);

  private SnowflakeIds openSlow() {
    return new SnowflakeIds(SLOW, IdClock.SYSTEM, IdSettings.DEFAULT, store.view(), 1);
  }

  /** Others turn in circles until the millisecond is over. */
  @Test
  void who_waits_for_the_next_millisecond_uses_no_processor_for_it() throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    SnowflakeIds ids = openSlow();
    ids.nextId();
    AtomicLong used = new AtomicLong();
    List<Thread> all = new ArrayList<>();
    long begun = System.nanoTime();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(() -> {
            for (int i = 0; i < 300; i++) {
              ids.nextId();
            }
            used.addAndGet(threads.getCurrentThreadCpuTime());
          });
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    long passed = System.nanoTime() - begun;
    assertThat(passed).as("1,200 ids, two a millisecond").isGreaterThan(590_000_000L);
    assertThat(used.get()).as("processor time of %d ns", passed).isLessThan(passed / 2);
  }
}
