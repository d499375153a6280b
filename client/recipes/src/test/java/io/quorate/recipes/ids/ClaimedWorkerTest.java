package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a program is told that makes ids itself: which time is its own, and that it stays so. */
class ClaimedWorkerTest {
  private static final SnowflakeLayout LAYOUT = new SnowflakeLayout(Instant.EPOCH, 41, 0, 5, 12);
  private static final long START = 10_000_000;
  private static final long WINDOW = 5_000;

  private final TestClock clock = new TestClock(START);
  private final TestWorkers store = new TestWorkers(2);

  private ClaimedWorker claim() {
    return claim(LAYOUT).join();
  }

  private CompletableFuture<ClaimedWorker> claim(SnowflakeLayout layout) {
    return ClaimedWorker.claim(store.view(), new Windows(layout, clock, WINDOW));
  }

  @Test
  void more_time_is_reserved_when_half_of_it_is_over_and_that_is_told() {
    ClaimedWorker worker = claim();
    assertThat(worker.worker()).isZero();
    assertThat(worker.from()).isEqualTo(Instant.EPOCH);
    assertThat(worker.reservedUntil()).isEqualTo(Instant.ofEpochMilli(START + WINDOW));
    CompletableFuture<Instant> more = worker.nextReserved();
    clock.pass(WINDOW / 2 - 1);
    worker.look();
    assertThat(more).isNotDone();
    clock.pass(1);
    worker.look();
    Instant next = Instant.ofEpochMilli(START + WINDOW / 2 + WINDOW);
    assertThat(more).isCompletedWithValue(next);
    assertThat(worker.reservedUntil()).isEqualTo(next);
    assertThat(worker.nextReserved()).isNotDone();
  }

  @Test
  void who_is_the_worker_next_begins_behind_all_that_was_reserved() {
    ClaimedWorker worker = claim();
    Instant until = worker.reservedUntil();
    CompletableFuture<Instant> more = worker.nextReserved();
    worker.close();
    assertThat(more)
        .failsWithin(java.time.Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .satisfies(e -> assertThat(ErrorCode.STOPPED.isOf(e)).isTrue());
    ClaimedWorker next = claim();
    assertThat(next.worker()).isZero();
    assertThat(next.from()).isEqualTo(until.plusMillis(1));
    assertThat(next.reservedUntil()).isEqualTo(until.plusMillis(1 + WINDOW));
  }

  @Test
  void that_it_is_anothers_by_now_is_told_once_no_more_can_be_reserved() {
    ClaimedWorker worker = claim();
    Instant until = worker.reservedUntil();
    store.expire(0);
    CompletableFuture<Instant> more = worker.nextReserved();
    clock.pass(WINDOW / 2);
    worker.look();
    assertThatThrownBy(more::join).hasCauseInstanceOf(QuorateException.Conflict.class);
    assertThat(worker.reservedUntil()).isEqualTo(until);
    assertThat(claim().from()).isAfter(until);
    clock.pass(WINDOW);
    int extensions = store.extensions;
    worker.look();
    assertThat(store.extensions).as("nothing is asked for any more").isEqualTo(extensions);
  }

  /** An answer that is lost, or a member that is away for a while, ends nothing. */
  @Test
  void what_passes_is_tried_again() {
    ClaimedWorker worker = claim();
    CompletableFuture<Instant> more = worker.nextReserved();
    clock.pass(WINDOW);
    for (ErrorCode passing : new ErrorCode[] {ErrorCode.UNREACHABLE, ErrorCode.TIMED_OUT}) {
      store.failure = QuorateException.of(passing, "passes");
      worker.look();
      assertThat(more).isNotDone();
    }
    store.failure = null;
    worker.look();
    assertThat(more).isCompletedWithValue(Instant.ofEpochMilli(START + 2 * WINDOW));
  }

  @Test
  void one_reservation_is_under_way_at_a_time() {
    ClaimedWorker worker = claim();
    store.held = new ArrayList<>();
    clock.pass(WINDOW);
    worker.look();
    worker.look();
    assertThat(store.held).hasSize(1);
  }

  @Test
  void a_clock_that_steps_back_takes_nothing_back() {
    ClaimedWorker worker = claim();
    Instant until = worker.reservedUntil();
    clock.step(-START - 1_000);
    worker.look();
    assertThat(worker.reservedUntil()).isEqualTo(until);
  }

  @Test
  void a_worker_that_no_time_can_be_reserved_for_is_given_back() {
    SnowflakeLayout future = LAYOUT.since(Instant.ofEpochMilli(START + 1));
    assertThatThrownBy(claim(future)::join).hasMessageContaining("is in the future of this clock");
    SnowflakeLayout past = new SnowflakeLayout(Instant.EPOCH, 10, 0, 5, 12);
    assertThatThrownBy(claim(past)::join).hasMessageContaining("the layout's time ended at");
    assertThat(claim().worker()).isZero();
  }

  @Test
  void it_ends_with_the_layouts_time() {
    SnowflakeLayout ends = LAYOUT.since(Instant.ofEpochMilli(START - LAYOUT.timestampMax() + 100));
    ClaimedWorker worker = claim(ends).join();
    assertThat(worker.reservedUntil()).isEqualTo(ends.end().minusMillis(1));
    CompletableFuture<Instant> more = worker.nextReserved();
    clock.pass(100);
    worker.look();
    assertThat(more).isNotDone();
    clock.pass(1);
    worker.look();
    assertThatThrownBy(more::join).hasCauseInstanceOf(QuorateException.Rejected.class);
  }
}
