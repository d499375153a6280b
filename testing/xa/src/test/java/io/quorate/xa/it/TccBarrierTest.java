package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.tcc.TccBarrier;
import io.quorate.xa.tcc.TccRefusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Orders that come twice, late, or in another order than they were sent in. */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"POSTGRESQL", "MARIADB"})
@Timeout(60)
class TccBarrierTest {
  private static final long DOMAIN = 0x0123456789abcdefL;
  private static final Bytes TWO = Bytes.utf8("2");

  private final Stock stock;
  private final TccBarrier barrier;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  TccBarrierTest(Stock.Kind kind) throws Exception {
    stock = new Stock(kind);
    barrier = stock.barrier();
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
    stock.close();
  }

  private static BranchId id(long sequence) {
    return new BranchId(DOMAIN, 7, sequence, BranchId.hash("stock"), 0, 0);
  }

  private Bytes attempt(BranchId id) throws Exception {
    return barrier.tryOnce(id, connection -> stock.attempt(connection, id, TWO));
  }

  private Finish confirm(BranchId id, boolean alone) throws Exception {
    return barrier.confirmOnce(id, alone, connection -> stock.confirm(connection, id));
  }

  private Finish confirm(BranchId id) throws Exception {
    return confirm(id, false);
  }

  private Finish cancel(BranchId id) throws Exception {
    return barrier.cancelOnce(id, connection -> stock.cancel(connection, id));
  }

  /** Seata#6374: an empty Cancel, and a Try that hangs for ever behind it. */
  @Test
  void a_cancel_before_its_try_does_nothing_and_keeps_the_try_from_reserving() throws Exception {
    assertThat(cancel(id(1))).isEqualTo(Finish.DONE);
    assertThatThrownBy(() -> attempt(id(1)))
        .isInstanceOf(TccRefusal.class)
        .hasMessageContaining("rolled back before the Try arrived");
    assertThat(confirm(id(1))).isEqualTo(Finish.OTHERWISE);
    assertThat(cancel(id(1))).isEqualTo(Finish.DONE);
    assertThat(stock.pieces()).containsExactly(100, 0, 0);
    assertThat(barrier.prepared(DOMAIN)).isEmpty();
  }

  @Test
  void a_cancel_during_its_try_waits_for_it_and_gives_back() throws Exception {
    CountDownLatch tries = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    Future<Bytes> tried =
        threads.submit(() ->
            barrier.tryOnce(
                id(1),
                connection -> {
                  Bytes answer = stock.attempt(connection, id(1), TWO);
                  tries.countDown();
                  goesOn.await();
                  return answer;
                }));
    tries.await();
    Future<Finish> cancelled = threads.submit(() -> cancel(id(1)));
    while (!stock.isAnyWaiting()) {
      assertThat(cancelled.isDone()).isFalse();
    }
    goesOn.countDown();
    assertThat(tried.get().toUtf8()).isEqualTo("reserved 2");
    assertThat(cancelled.get()).isEqualTo(Finish.DONE);
    assertThat(stock.pieces()).containsExactly(100, 0, 0);
  }

  /** The Try that the Cancel waited for reserves nothing: then it is as if it had come first. */
  @Test
  void a_cancel_during_a_try_that_is_refused_keeps_the_next_from_reserving() throws Exception {
    CountDownLatch tries = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    Future<Bytes> tried =
        threads.submit(() ->
            barrier.tryOnce(
                id(1),
                connection -> {
                  tries.countDown();
                  goesOn.await();
                  throw new TccRefusal("not today");
                }));
    tries.await();
    Future<Finish> cancelled = threads.submit(() -> cancel(id(1)));
    while (!stock.isAnyWaiting()) {
      assertThat(cancelled.isDone()).isFalse();
    }
    goesOn.countDown();
    assertThatThrownBy(tried::get).hasRootCauseInstanceOf(TccRefusal.class);
    assertThat(cancelled.get()).isEqualTo(Finish.DONE);
    assertThatThrownBy(() -> attempt(id(1))).isInstanceOf(TccRefusal.class);
    assertThat(stock.pieces()).containsExactly(100, 0, 0);
  }

  @Test
  void a_cancel_after_its_try_gives_back_once_and_is_no_confirm_any_more() throws Exception {
    attempt(id(1));
    assertThat(stock.pieces()).containsExactly(98, 2, 0);
    assertThat(barrier.prepared(DOMAIN)).containsExactly(id(1));
    assertThat(barrier.prepared(DOMAIN + 1)).isEmpty();
    assertThat(cancel(id(1))).isEqualTo(Finish.DONE);
    assertThat(cancel(id(1))).isEqualTo(Finish.DONE);
    assertThat(confirm(id(1))).isEqualTo(Finish.OTHERWISE);
    assertThat(stock.pieces()).containsExactly(100, 0, 0);
    assertThat(barrier.prepared(DOMAIN)).isEmpty();
  }

  @Test
  void what_comes_again_does_nothing_and_is_answered_as_before() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(attempt(id(1)).toUtf8()).isEqualTo("reserved 2");
    }
    assertThat(stock.pieces()).containsExactly(98, 2, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(confirm(id(1))).isEqualTo(Finish.DONE);
    }
    assertThat(attempt(id(1)).toUtf8()).as("a Try that is late").isEqualTo("reserved 2");
    assertThat(stock.pieces()).containsExactly(98, 0, 2);
  }

  @Test
  void what_was_confirmed_is_not_cancelled_and_what_was_not_tried_is_not_confirmed()
      throws Exception {
    assertThat(confirm(id(1))).isEqualTo(Finish.OTHERWISE);
    attempt(id(1)); // nothing was decided by that
    assertThat(confirm(id(1))).isEqualTo(Finish.DONE);
    assertThat(cancel(id(1))).isEqualTo(Finish.OTHERWISE);
    assertThat(stock.pieces()).containsExactly(98, 0, 2);
  }

  @Test
  void what_was_confirmed_alone_leaves_nothing_to_be_cancelled() throws Exception {
    attempt(id(1));
    assertThat(confirm(id(1), true)).isEqualTo(Finish.DONE);
    assertThat(cancel(id(1))).isEqualTo(Finish.DONE);
    assertThat(confirm(id(1), true)).isEqualTo(Finish.DONE);
    assertThat(stock.pieces()).containsExactly(98, 0, 2);
  }

  @Test
  void an_action_that_fails_leaves_its_order_to_be_given_again() throws Exception {
    attempt(id(1));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() ->
              barrier.confirmOnce(
                  id(1),
                  false,
                  connection -> {
                    stock.confirm(connection, id(1));
                    throw new IllegalStateException("a bug");
                  }))
          .hasMessage("a bug");
      assertThat(stock.pieces()).containsExactly(98, 2, 0);
    }
    assertThat(confirm(id(1))).isEqualTo(Finish.DONE);
    assertThat(stock.pieces()).containsExactly(98, 0, 2);
  }

  /** Seata#6679: orders of one branch, and of several, that come at once. */
  @Test
  void orders_in_any_order_at_once_neither_stand_still_nor_contradict_each_other()
      throws Exception {
    int branches = 16;
    Random random = new Random(6679);
    Map<BranchId, String> fates = new ConcurrentHashMap<>();
    List<Callable<Void>> orders = new ArrayList<>();
    for (int i = 0; i < branches * 8; i++) {
      BranchId id = id(random.nextInt(branches));
      int order = random.nextInt(3);
      orders.add(() -> {
        if (order == 0) {
          try {
            attempt(id);
          } catch (TccRefusal e) {
            assertThat(e).hasMessageContaining("before the Try arrived");
          }
        } else if (order == 1 && confirm(id) == Finish.DONE) {
          assertThat(fates.put(id, "confirmed")).isIn(null, "confirmed");
        } else if (order == 2 && cancel(id) == Finish.DONE) {
          assertThat(fates.put(id, "cancelled")).isIn(null, "cancelled");
        }
        return null;
      });
    }
    try (ExecutorService some = Executors.newFixedThreadPool(8)) {
      for (Future<Void> each : some.invokeAll(orders, 40, TimeUnit.SECONDS)) {
        each.get();
      }
    }
    for (int i = 0; i < branches; i++) {
      if (!fates.containsKey(id(i))) {
        cancel(id(i));
      }
    }
    int sold = 2 * (int) fates.values().stream().filter("confirmed"::equals).count();
    assertThat(stock.pieces()).containsExactly(Stock.PIECES - sold, 0, sold);
    assertThat(barrier.prepared(DOMAIN)).isEmpty();
  }

  @Test
  void what_is_over_for_long_is_forgotten_and_what_is_open_is_not() throws Exception {
    attempt(id(1));
    attempt(id(2));
    confirm(id(2));
    cancel(id(3));
    assertThat(barrier.forget(TccBarrier.KEPT_MIN)).isZero();
    String identity = barrier.identity();
    stock.execute("UPDATE quorate_tcc SET changed = '2020-01-01 00:00:00'");
    assertThat(barrier.forget(TccBarrier.KEPT_MIN)).isEqualTo(2);
    assertThat(barrier.prepared(DOMAIN)).containsExactly(id(1));
    assertThat(barrier.identity()).isEqualTo(identity);
    assertThatThrownBy(() -> barrier.forget(TccBarrier.KEPT_MIN.minusMillis(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
