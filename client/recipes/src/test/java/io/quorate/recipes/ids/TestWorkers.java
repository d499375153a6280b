package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A store of workers in memory, which several generators share: who owns which, up to when. */
final class TestWorkers {
  private final int count;
  private final TreeMap<Integer, Long> until = new TreeMap<>();
  private final TreeMap<Integer, Long> owners = new TreeMap<>();

  /** What is to become of the next extensions; null for what it should. */
  @Nullable QuorateException failure;

  /** How many of them fail like that. */
  int failing = Integer.MAX_VALUE;

  /** Extensions that are answered when the test says so; null to answer at once. */
  @Nullable List<Runnable> held;

  int extensions;
  private long claims;

  TestWorkers(int count) {
    this.count = count;
  }

  /** The owner's claim is over, as when its session ended; it doesn't know. */
  synchronized void expire(int worker) {
    owners.remove(worker);
  }

  /** What is reserved for a worker; -1 if nothing ever was. */
  synchronized long until(int worker) {
    return until.getOrDefault(worker, -1L);
  }

  /** One generator's view. */
  Workers view() {
    return new Workers() {
      private final List<Integer> mine = new ArrayList<>();

      @Override
      public CompletableFuture<Claim> claim(long after) {
        synchronized (TestWorkers.this) {
          for (int worker = 0; worker < count; worker++) {
            if (!owners.containsKey(worker)) {
              long owner = ++claims;
              owners.put(worker, owner);
              mine.add(worker);
              return CompletableFuture.completedFuture(
                  new Claim(0, worker, new InMemory(worker, owner, until(worker) + 1)));
            }
          }
          return CompletableFuture.failedFuture(
              QuorateException.of(
                  ErrorCode.WORKERS_EXHAUSTED, "all " + count + " workers are in use"));
        }
      }

      @Override
      public void close() {
        synchronized (TestWorkers.this) {
          mine.forEach(owners::remove);
        }
      }
    };
  }

  private final class InMemory implements Reservation {
    private final int worker;
    private final long owner;
    private final long from;

    InMemory(int worker, long owner, long from) {
      this.worker = worker;
      this.owner = owner;
      this.from = from;
    }

    @Override
    public long from() {
      return from;
    }

    @Override
    public CompletableFuture<Long> extend(long wanted) {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      List<Runnable> later = held;
      if (later != null) {
        later.add(() -> extend(wanted, answer));
      } else {
        extend(wanted, answer);
      }
      return answer;
    }

    private void extend(long wanted, CompletableFuture<Long> answer) {
      synchronized (TestWorkers.this) {
        extensions++;
        if (failure != null && failing > 0) {
          failing--;
          answer.completeExceptionally(failure);
        } else if (owners.getOrDefault(worker, 0L) != owner) {
          answer.completeExceptionally(
              QuorateException.of(
                  ErrorCode.STATE_MOVED, "worker " + worker + " has another owner"));
        } else {
          until.merge(worker, wanted, Math::max);
          answer.complete(until.get(worker));
        }
      }
    }

    @Override
    public void release(long lastIssued) {
      synchronized (TestWorkers.this) {
        if (owners.getOrDefault(worker, 0L) == owner) {
          until.put(worker, lastIssued);
        }
      }
    }
  }
}
