package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.client.channel.StatusCode;
import io.quorate.recipes.ids.IdBuilder;
import io.quorate.recipes.ids.IdClock;
import io.quorate.recipes.ids.IdParts;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.system.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Generators that share a cluster's workers share no id. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class SnowflakeIdsTest extends RecipeCase {
  private final List<SnowflakeIds> open = new ArrayList<>();

  SnowflakeIdsTest(Store store) {
    super(store, "ids");
  }

  @AfterEach
  void closeAll() {
    open.forEach(SnowflakeIds::close);
  }

  private SnowflakeIds open(IdBuilder builder) {
    SnowflakeIds ids = builder.open();
    open.add(ids);
    return ids;
  }

  private IdBuilder builder() {
    return SnowflakeIds.builder(client, name).window(Duration.ofSeconds(3));
  }

  private List<KeyValue> keys(String kind) {
    return client.kv().range(Range.prefix("quorate/ids/" + name + "/" + kind + "/")).kvs();
  }

  @Test
  void generators_of_one_name_are_different_workers_and_their_ids_differ() {
    Set<Integer> workers = new HashSet<>();
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      SnowflakeIds ids = open(builder().datacenter(2));
      long last = -1;
      for (int n = 0; n < 1_000; n++) {
        long id = ids.nextId();
        assertThat(id).isGreaterThan(last);
        assertThat(seen.add(id)).isTrue();
        last = id;
      }
      IdParts parts = ids.layout().decode(last);
      assertThat(parts.datacenter()).isEqualTo(2);
      assertThat(workers.add(parts.worker())).isTrue();
      assertThat(Duration.between(parts.time(), Instant.now()).abs())
          .isLessThan(Duration.ofSeconds(5));
    }
    assertThat(keys("w")).hasSize(4);
  }

  @Test
  void who_closes_gives_its_worker_back_with_the_last_time_that_it_used() {
    SnowflakeIds ids = open(builder());
    long last = ids.nextId();
    ids.close();
    assertThat(keys("w")).isEmpty();
    assertThat(keys("hw"))
        .singleElement()
        .satisfies(kv ->
            assertThat(Long.parseLong(kv.value().toUtf8()))
                .isEqualTo(ids.layout().decode(last).time().toEpochMilli()));
    assertThatThrownBy(ids::nextId).satisfies(e -> assertThat(ErrorCode.STOPPED.isOf(e)).isTrue());
  }

  /** Its lease is revoked: what it reserved it may use, and then it claims another worker. */
  @Test
  void who_loses_its_worker_goes_on_without_a_repetition_and_so_does_its_successor() {
    SnowflakeLayout one = new SnowflakeLayout(Instant.EPOCH, 41, 0, 1, 12);
    IdBuilder builder = builder().layout(one).window(Duration.ofSeconds(1));
    SnowflakeIds first = open(builder);
    Set<Long> seen = new HashSet<>();
    assertThat(seen.add(first.nextId())).isTrue();
    client.lease().revoke(keys("w").get(0).lease());
    SnowflakeIds second = open(builder);
    SnowflakeIds third = open(builder);
    Instant end = Instant.now().plusSeconds(8);
    long last = -1;
    int refused = 0;
    while (Instant.now().isBefore(end)) {
      assertThat(seen.add(second.nextId())).isTrue();
      assertThat(seen.add(third.nextId())).isTrue();
      try {
        long id = first.nextId();
        assertThat(seen.add(id)).isTrue();
        assertThat(id).isGreaterThan(last);
        last = id;
      } catch (QuorateException.Unavailable e) {
        assertThat(e.code()).isEqualTo(ErrorCode.WORKERS_EXHAUSTED);
        refused++;
        break;
      }
    }
    assertThat(refused).as("both workers are the others'").isEqualTo(1);
    third.close();
    assertThat(seen.add(first.nextId())).isTrue();
  }

  @Test
  void a_worker_whose_owner_was_killed_is_used_again_behind_what_it_had_reserved() {
    SnowflakeLayout one = new SnowflakeLayout(Instant.EPOCH, 41, 0, 0, 12);
    SnowflakeIds killed = builder().layout(one).open(); // never closed
    killed.nextId();
    long until = Long.parseLong(keys("hw").get(0).value().toUtf8());
    client.lease().revoke(keys("w").get(0).lease());
    SnowflakeIds next = open(builder().layout(one));
    assertThat(one.decode(next.nextId()).time().toEpochMilli()).isGreaterThan(until);
  }

  @Test
  void time_is_reserved_ahead_as_long_as_ids_are_made() throws InterruptedException {
    SnowflakeIds ids = open(builder().window(Duration.ofMillis(200)));
    ids.nextId();
    long first = Long.parseLong(keys("hw").get(0).value().toUtf8());
    while (Long.parseLong(keys("hw").get(0).value().toUtf8()) < first + 1_000) {
      ids.nextId();
    }
    for (int i = 0; i < 100; i++) {
      assertThat(ids.tryNextId()).as("no id waits for a round trip").isPresent();
      Thread.onSpinWait();
    }
  }

  // ---- one worker, and clocks that go as they are told -----------------------------------------

  private static final SnowflakeLayout ONE_WORKER =
      new SnowflakeLayout(Instant.EPOCH, 41, 0, 0, 12);

  private IdBuilder oneWorker(QuorateClient by, SteppedClock clock) {
    return SnowflakeIds.builder(by, name)
        .layout(ONE_WORKER)
        .window(Duration.ofSeconds(3))
        .waitMax(Duration.ofSeconds(20))
        .clock(clock);
  }

  private long reserved() {
    return Long.parseLong(keys("hw").get(0).value().toUtf8());
  }

  private static long millis(long id) {
    return ONE_WORKER.decode(id).time().toEpochMilli();
  }

  /** Takes more than a millisecond's worth, and checks that they rise. */
  private static long burst(SnowflakeIds ids, long last) {
    long before = last;
    for (int i = 0; i < 5_000; i++) {
      long id = ids.nextId();
      assertThat(id > before).as("%d after %d", id, before).isTrue();
      before = id;
    }
    return before;
  }

  /**
   * Steps of a millisecond, five, a second that comes twice, an hour, a day ahead and back, ticks
   * of 15 ms: amid bursts, and each time another window is needed.
   */
  @Test
  void whatever_a_clock_does_ids_rise_and_what_is_reserved_is_never_lowered() {
    SteppedClock clock = new SteppedClock();
    SnowflakeIds ids = open(oneWorker(client, clock));
    long last = burst(ids, -1);
    long until = reserved();
    long hour = 3_600_000;
    for (long step : new long[] {-1, -5, -1_000, -hour, 24 * hour, -24 * hour, hour, 0}) {
      clock.step(step);
      last = burst(ids, last);
      clock.pass(4_000);
      clock.ticksEach(step == 0 ? 15 : 1);
      last = burst(ids, last);
      assertThat(reserved()).as("after a step of %d ms", step).isGreaterThanOrEqualTo(until);
      until = reserved();
      assertThat(millis(last)).isLessThanOrEqualTo(until);
    }
  }

  /** The machine was copied while its generator ran; each copy has the same claim. */
  @Test
  void of_two_clones_the_one_that_reserves_later_stops_where_they_parted() {
    SteppedClock clock = new SteppedClock();
    TroubledWay way = way();
    QuorateClient original = client(way);
    SnowflakeIds one = open(oneWorker(original, clock));
    one.nextId();
    TroubledWay copied = way();
    way.answers()
        .forEach(answer ->
            copied.next(call -> true, sends -> CompletableFuture.completedFuture(answer)));
    SnowflakeIds two = open(oneWorker(client(copied), clock));
    two.nextId();
    assertThat(copied.plans()).as("answers that the copy has in its memory").isZero();
    long parted = reserved();

    clock.pass(4_000);
    long last = burst(one, -1);
    assertThat(millis(last)).isGreaterThan(parted);
    assertThatThrownBy(two::nextId)
        .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue());
    long until = reserved();
    two.close();
    assertThat(reserved()).as("what the other has reserved").isEqualTo(until);
  }

  /** It was under way for so long that the worker is another's by then. */
  @Test
  void a_reservation_that_arrives_after_a_takeover_reserves_nothing() {
    SteppedClock clock = new SteppedClock();
    TroubledWay way = way();
    SnowflakeIds first = open(oneWorker(client(way), clock));
    long last = first.nextId();
    long until = reserved();
    clock.pass(4_000);
    TroubledWay.Late late = new TroubledWay.Late();
    way.next(call -> call.isTxnOn(name + "/hw/"), late);
    assertThat(first.tryNextId()).as("one of a time that isn't reserved").isEmpty();
    late.awaitSent();
    client.lease().revoke(keys("w").get(0).lease());
    SnowflakeIds next = open(oneWorker(client, clock));
    long taken = next.nextId();
    assertThat(millis(taken)).isGreaterThan(until);
    assertThat(taken).isGreaterThan(last);
    KeyValue reserved = keys("hw").get(0);
    assertThat(late.arrive().status()).isEqualTo(StatusCode.OK);
    assertThat(keys("hw").get(0)).isEqualTo(reserved);
    assertThatThrownBy(first::nextId)
        .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue());
  }

  /** Its own write, whose answer was lost, is not another's. */
  @Test
  void a_reservation_whose_answer_is_lost_is_found() {
    SteppedClock clock = new SteppedClock();
    TroubledWay way = way();
    SnowflakeIds ids = open(oneWorker(client(way), clock));
    long last = ids.nextId();
    for (TroubledWay.Fate fate : List.of(TroubledWay.ANSWER_LOST, TroubledWay.CALL_LOST)) {
      clock.pass(4_000);
      way.next(call -> call.isTxnOn(name + "/hw/"), fate);
      last = burst(ids, last);
    }
    TroubledWay.Late late = new TroubledWay.Late();
    clock.pass(4_000);
    way.next(call -> call.isTxnOn(name + "/hw/"), late);
    last = burst(ids, last);
    assertThat(late.arrive().status()).isEqualTo(StatusCode.OK);
    clock.pass(4_000);
    assertThat(burst(ids, last)).isGreaterThan(last);
    assertThat(keys("w")).as("the first claim").hasSize(1);
  }

  /** Killed, and back within the millisecond; and on a machine whose clock is an hour behind. */
  @Test
  void a_restart_at_once_or_with_a_clock_that_is_behind_repeats_nothing() {
    SteppedClock clock = new SteppedClock();
    long last = burst(oneWorker(client, clock).open(), -1);
    for (long step : new long[] {0, -3_600_000}) {
      client.lease().revoke(keys("w").get(0).lease()); // it is killed
      long until = reserved();
      clock.step(step);
      SnowflakeIds again = oneWorker(client, clock).open();
      long first = again.nextId();
      assertThat(first).isGreaterThan(last);
      assertThat(millis(first)).isEqualTo(until + 1);
      last = burst(again, first);
    }
  }

  /** CosId#1025: a time that lies ahead was lowered when a worker changed hands. */
  @Test
  void who_has_no_time_to_make_ids_in_lowers_nothing_when_it_ends() {
    SteppedClock ahead = new SteppedClock();
    ahead.step(3_600_000);
    SnowflakeIds wrong = open(oneWorker(client, ahead));
    long last = burst(wrong, -1);
    wrong.close();
    long until = reserved();
    assertThat(until).isEqualTo(millis(last));
    SteppedClock right = new SteppedClock();
    SnowflakeIds next = open(oneWorker(client, right).clockBehindMax(Duration.ofMinutes(1)));
    assertThatThrownBy(next::nextId)
        .satisfies(e -> assertThat(ErrorCode.CLOCK_BEHIND.isOf(e)).isTrue());
    next.close();
    assertThat(reserved()).isGreaterThanOrEqualTo(until);
    SnowflakeIds patient = open(oneWorker(client, right));
    assertThat(burst(patient, last)).isGreaterThan(last);
  }

  /** What was written in seconds or microseconds is a time long ago, or none that there will be. */
  @Test
  void a_time_in_another_unit_is_not_taken_for_milliseconds() {
    SteppedClock clock = new SteppedClock();
    String key = "quorate/ids/" + name + "/hw/0-0";
    client.kv().put(key, Long.toString(clock.millis() / 1_000));
    try (SnowflakeIds ids = oneWorker(client, clock).open()) {
      assertThat(millis(ids.nextId())).isEqualTo(clock.millis());
    }
    String micros = Long.toString(clock.millis() * 1_000);
    client.kv().put(key, micros);
    try (SnowflakeIds ids = oneWorker(client, clock).open()) {
      assertThatThrownBy(ids::nextId)
          .isInstanceOf(QuorateException.Rejected.class)
          .hasMessageContaining("is reserved up to");
    }
    assertThat(client.kv().get(key).orElseThrow().value().toUtf8()).isEqualTo(micros);
    SteppedClock seconds = new SteppedClock();
    seconds.step(seconds.millis() / 1_000 - seconds.millis());
    SnowflakeIds ids = open(SnowflakeIds.builder(client, name + "-seconds").clock(seconds));
    assertThatThrownBy(ids::nextId)
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("is in the future of this clock");
  }

  // ---- all workers, many threads ---------------------------------------------------------------

  /** Leaf's generators kept theirs for ever, until there were none. */
  @Test
  void the_1025th_worker_is_refused_and_one_that_is_given_back_is_used_behind_its_last_id() {
    SnowflakeLayout all = new SnowflakeLayout(Instant.EPOCH, 41, 0, 10, 12);
    IdBuilder builder = SnowflakeIds.builder(client, name).layout(all);
    long lease = session().lease();
    for (int first = 0; first < 1_022; first += 73) { // as so many generators elsewhere do
      Put[] claims = new Put[73];
      for (int i = 0; i < claims.length; i++) {
        Bytes key = Bytes.utf8("quorate/ids/" + name + "/w/0-" + (first + i));
        claims[i] = Put.of(key, Bytes.EMPTY).lease(lease);
      }
      client.kv().txn(Txn.always(claims));
    }
    SnowflakeIds one = open(builder);
    SnowflakeIds two = open(builder);
    assertThat(List.of(all.decode(one.nextId()).worker(), all.decode(two.nextId()).worker()))
        .containsExactlyInAnyOrder(1_022, 1_023);
    SnowflakeIds late = open(builder);
    assertThatThrownBy(late::nextId)
        .isInstanceOf(QuorateException.Unavailable.class)
        .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue())
        .hasMessageContaining("all 1024 workers");
    long last = one.nextId();
    one.close();
    long id = late.nextId();
    assertThat(all.decode(id).worker()).isEqualTo(all.decode(last).worker());
    assertThat(id).isGreaterThan(last);
  }

  /** More than there are processors by far, over many windows of the store's time. */
  @Test
  void a_thousand_virtual_threads_get_ids_that_rise_for_all_of_them() throws Exception {
    SnowflakeIds ids = open(builder().window(Duration.ofMillis(100)));
    int threads = 1_000;
    int each = 200;
    AtomicLong greatest = new AtomicLong(-1);
    Set<Long> all = ConcurrentHashMap.newKeySet();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      running.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int n = 0; n < each; n++) {
                    long before = greatest.get();
                    long id = ids.nextId();
                    if (id <= before || !all.add(id)) {
                      throw new AssertionError(id + " after " + before);
                    }
                    greatest.accumulateAndGet(id, Math::max);
                  }
                } catch (Throwable e) {
                  failures.add(e);
                }
              }));
    }
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    assertThat(all).hasSize(threads * each);
  }

  /** All of a millisecond's ids are used up, and the millisecond doesn't end. */
  @Test
  void an_interrupt_ends_the_waiting_for_time() throws Exception {
    IdClock standing =
        new IdClock() {
          private final long now = System.currentTimeMillis();

          @Override
          public long millis() {
            return now;
          }

          @Override
          public long nanosIntoMilli() {
            return 0;
          }

          @Override
          public long nanoTime() {
            return 0;
          }

          @Override
          public void pause(long nanos) {
            LockSupport.parkNanos(TimeUnit.HOURS.toNanos(1));
          }
        };
    SnowflakeIds ids = open(builder().clock(standing));
    ids.nextId();
    while (ids.tryNextId().isPresent()) {
      // until there are no more
    }
    for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      CompletableFuture<ErrorCode> ended = new CompletableFuture<>();
      Thread waits =
          kind.start(() -> {
            try {
              ids.nextId();
              ended.complete(null);
            } catch (QuorateException e) {
              ended.complete(Thread.currentThread().isInterrupted() ? e.code() : null);
            }
          });
      while (!ended.isDone() && waits.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      waits.interrupt();
      assertThat(ended.get(20, TimeUnit.SECONDS)).isEqualTo(ErrorCode.INTERRUPTED);
    }
  }
}
