package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes one worker's ids, and sees to it that there is time for them: asks for more before what is
 * reserved is used up, and claims another worker when the one that it had belongs to somebody else.
 *
 * <p>Nobody waits for that as long as there is time left. What was reserved may be used up to its
 * end, whatever has become of the claim.
 *
 * <p>Thread-safe.
 */
final class Generator {
  /** Without an id for so many windows, no more time is reserved in advance. */
  private static final int QUIET_WINDOWS = 10;

  /** How often it is tried again in a window where nobody waits for it. */
  private static final int RETRIES_PER_WINDOW = 10;

  /** After so long it is tried again where somebody waits for it. */
  private static final long RETRY_NANOS = 100 * IdClock.NANOS_PER_MILLI;

  /** What passes by itself, where somebody waits. */
  private static final Set<ErrorCode> PASSES =
      EnumSet.of(
          ErrorCode.NO_LEADER,
          ErrorCode.LEADER_CHANGED,
          ErrorCode.OVERLOADED,
          ErrorCode.UNREACHABLE);

  private final SnowflakeLayout layout;
  private final IdClock clock;
  private final Workers workers;
  private final IdSettings settings;
  private final Windows windows;

  /** A claim and what was made of it. */
  private record Life(Workers.Claim claim, TimeSequence sequence, long node) {}

  private volatile @Nullable Life life;

  // Guarded by this.
  private @Nullable CompletableFuture<Void> underWay;
  private long seenLast = Long.MIN_VALUE;
  private int quiet;
  private boolean closed;
  private long retryAtNanos;

  /** A claim that no time could be reserved for yet. */
  private Workers.@Nullable Claim inHand;

  Generator(SnowflakeLayout layout, IdClock clock, Workers workers, IdSettings settings) {
    this.layout = layout;
    this.clock = clock;
    this.workers = workers;
    this.settings = settings;
    windows = new Windows(layout, clock, settings.windowMillis());
    retryAtNanos = clock.nanoTime();
  }

  /** An id, or a negative number if there is none without waiting. */
  long tryNext() {
    Life present = life;
    if (present == null) {
      return TimeSequence.NOT_RESERVED;
    }
    long number = present.sequence().take(1);
    return number < 0 ? number : layout.id(number, present.node());
  }

  /**
   * Fills in ids that follow each other, from one millisecond.
   *
   * @return how many; 0 if there is none without waiting
   */
  int tryFill(long[] ids, int from) {
    Life present = life;
    if (present == null) {
      return 0;
    }
    int wanted = ids.length - from;
    long first = present.sequence().take(wanted);
    if (first < 0) {
      return 0;
    }
    int count = present.sequence().count(first, wanted);
    for (int i = 0; i < count; i++) {
      ids[from + i] = layout.id(first + i, present.node());
    }
    return count;
  }

  /**
   * Waits until there may be an id, or for so long at most.
   *
   * @param why what {@link #tryNext} gave
   * @throws QuorateException.Unavailable if no time can be reserved now, or the clock won't be
   *     there in time
   * @throws QuorateException.Rejected if there will be no more
   */
  void await(long why, long nanosMax) throws InterruptedException {
    Life present = life;
    if (present == null || why == TimeSequence.NOT_RESERVED) {
      awaitReserved(nanosMax);
    } else if (why == TimeSequence.CLOCK_BEHIND) {
      awaitClock(present.sequence(), nanosMax);
    } else {
      present.sequence().awaitTime(nanosMax);
    }
  }

  private void awaitClock(TimeSequence sequence, long nanosMax) throws InterruptedException {
    long behind = sequence.millisBehind();
    long missing = behind - settings.clockBehindMaxMillis();
    if (missing > nanosMax / IdClock.NANOS_PER_MILLI) {
      throw QuorateException.of(
          ErrorCode.CLOCK_BEHIND,
          "the clock is " + behind + " ms behind the last id: set it right, or wait so long");
    }
    clock.pause(Math.max(1, missing) * IdClock.NANOS_PER_MILLI);
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private void awaitReserved(long nanosMax) throws InterruptedException {
    CompletableFuture<Void> more = reserve();
    if (!more.isDone()) {
      workers.requireMayBlock();
    }
    try {
      more.get(nanosMax, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      QuorateException why = QuorateException.reason(e);
      boolean passes = why instanceof QuorateException.Indeterminate || PASSES.contains(why.code());
      if (!passes || RETRY_NANOS >= nanosMax) {
        throw QuorateException.of(why.code(), String.valueOf(why.getMessage()), why);
      }
      clock.pause(RETRY_NANOS);
    } catch (TimeoutException e) {
      throw QuorateException.of(
          ErrorCode.UNREACHABLE,
          "no id within " + settings.waitMax() + ": no time could be reserved so soon",
          e);
    }
  }

  /** Comes back each half window: reserves in advance where ids are made. */
  void tick() {
    Life present = life;
    boolean due;
    synchronized (this) {
      if (closed || present == null) {
        return;
      }
      long last = present.sequence().lastTimestamp();
      quiet = last == seenLast ? quiet + 1 : 0;
      seenLast = last;
      due =
          quiet < 2 * QUIET_WINDOWS
              && present.sequence().wanted() + settings.windowMillis() / 2
                  >= present.sequence().reserved();
    }
    if (due) {
      var unused = reserve();
    }
  }

  /** Asks for more time if there is none, unless that failed a moment ago; waits for nothing. */
  void reserveUnlessItFailed() {
    synchronized (this) {
      if (closed || clock.nanoTime() - retryAtNanos < 0) {
        return;
      }
    }
    var unused = reserve();
  }

  /** Asks for more time, once for all who wait. */
  CompletableFuture<Void> reserve() {
    CompletableFuture<Void> more;
    synchronized (this) {
      if (closed) {
        return CompletableFuture.failedFuture(
            QuorateException.of(ErrorCode.STOPPED, "the generator is closed"));
      }
      CompletableFuture<Void> present = underWay;
      if (present != null) {
        return present;
      }
      more = new CompletableFuture<>();
      underWay = more;
    }
    Life present = life;
    var unused =
        step(present)
            .whenComplete((done, failure) -> {
              synchronized (this) {
                underWay = null;
                if (failure != null) {
                  long pause = settings.windowMillis() / RETRIES_PER_WINDOW;
                  retryAtNanos = clock.nanoTime() + pause * IdClock.NANOS_PER_MILLI;
                }
              }
              if (failure == null) {
                more.complete(null);
              } else {
                more.completeExceptionally(QuorateException.reason(failure));
              }
            });
    return more;
  }

  private CompletableFuture<Void> step(@Nullable Life present) {
    try {
      return present == null ? claim(-1) : extend(present);
    } catch (RuntimeException e) { // whoever waits would wait in vain
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<Void> extend(Life present) {
    TimeSequence sequence = present.sequence();
    return windows
        .extend(present.claim().reservation(), sequence.wanted())
        .thenAccept(sequence::reserve)
        .exceptionallyCompose(failure -> {
          QuorateException why = QuorateException.reason(failure);
          return why instanceof QuorateException.Conflict
              ? claim(sequence.lastTimestamp())
              : CompletableFuture.failedFuture(why);
        });
  }

  private CompletableFuture<Void> claim(long after) {
    long now = windows.now();
    Workers.Claim before;
    synchronized (this) {
      before = inHand;
    }
    CompletableFuture<Workers.Claim> claimed =
        before == null ? workers.claim(after) : CompletableFuture.completedFuture(before);
    return claimed
        .thenCompose(claim -> {
          synchronized (this) {
            inHand = claim; // it stays so if no time can be reserved now
          }
          long from = Math.max(claim.reservation().from(), after + 1);
          return windows.begin(claim, from, now).thenAccept(until -> begin(claim, from, until));
        })
        .whenComplete((done, failure) -> {
          boolean over =
              failure != null
                  && QuorateException.reason(failure) instanceof QuorateException.Conflict;
          if (failure == null || over) {
            synchronized (this) {
              inHand = null;
            }
          }
        });
  }

  /** From now on ids are made under this claim; all are later than those before. */
  private synchronized void begin(Workers.Claim claim, long from, long until) {
    if (closed) {
      claim.reservation().release(from - 1);
      throw QuorateException.of(ErrorCode.STOPPED, "the generator is closed");
    }
    Life before = life;
    long first = before == null ? from : Math.max(from, before.sequence().close() + 1);
    TimeSequence sequence =
        new TimeSequence(
            layout, clock, first, settings.aheadMillis(), settings.clockBehindMaxMillis());
    sequence.reserve(until);
    life = new Life(claim, sequence, layout.node(claim.datacenter(), claim.worker()));
  }

  /** Gives back what was not used; no id is made any more. */
  void close() {
    Life present;
    Workers.Claim left;
    synchronized (this) {
      closed = true;
      present = life;
      life = null;
      left = inHand;
      inHand = null;
    }
    if (left != null) {
      left.reservation().release(left.reservation().from() - 1);
    }
    if (present != null) {
      present.claim().reservation().release(present.sequence().close());
    }
  }
}
