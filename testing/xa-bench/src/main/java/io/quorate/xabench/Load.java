package io.quorate.xabench;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Threads that each do one transaction after another, for a while. */
final class Load {
  private static final int DIGITS = 3;
  private static final int AMOUNT_MAX = 10;

  /** Failures of one thread that end the load: something is broken then. */
  private static final int FAILURES_MAX = 1_000;

  private Load() {}

  /** One thread's work. */
  interface Worker extends AutoCloseable {
    /** Does one transaction. */
    void next() throws Exception;

    @Override
    void close() throws SQLException;
  }

  /** Makes the worker of a thread, by its number from 0. */
  interface Workers {
    Worker worker(int thread) throws Exception;
  }

  /** Transfers on accounts that no other thread uses. */
  static Workers transfers(Coordinator coordinator) {
    int accounts = Bank.ACCOUNTS_PER_THREAD;
    return thread -> {
      Coordinator.Teller teller = coordinator.teller();
      Random random = new Random(thread);
      return new Worker() {
        @Override
        public void next() throws Exception {
          int account = thread * accounts + random.nextInt(accounts);
          teller.transfer(account, 1 + random.nextInt(AMOUNT_MAX));
        }

        @Override
        public void close() throws SQLException {
          teller.close();
        }
      };
    };
  }

  /** Transactions of two resources that do nothing. */
  static Workers idle(Coordinator coordinator) {
    return _ -> {
      IdleResource first = new IdleResource("first");
      IdleResource second = new IdleResource("second");
      return new Worker() {
        @Override
        public void next() throws Exception {
          coordinator.commit(first, second);
        }

        @Override
        public void close() {}
      };
    };
  }

  /**
   * Runs the load. Nothing of the warm-up is among the times; all of it is in the total.
   *
   * @param warmUp seconds before anything is counted
   * @param seconds that are counted
   */
  static LoadResult run(Workers workers, int threads, double warmUp, double seconds)
      throws Exception {
    List<Worker> opened = new ArrayList<>();
    try {
      for (int i = 0; i < threads; i++) {
        opened.add(workers.worker(i));
      }
      return run(opened, warmUp, seconds);
    } finally {
      for (Worker each : opened) {
        each.close();
      }
    }
  }

  /** Does so many transactions with one thread; the first that fails ends it. */
  static LoadResult run(Workers workers, int transactions) throws Exception {
    long begin = System.nanoTime();
    Histogram times = new Histogram(DIGITS);
    try (Worker worker = workers.worker(0)) {
      for (int i = 0; i < transactions; i++) {
        long before = System.nanoTime();
        worker.next();
        times.recordValue(System.nanoTime() - before);
      }
    }
    return new LoadResult(times, (System.nanoTime() - begin) / 1e9, transactions, 0);
  }

  private static LoadResult run(List<Worker> workers, double warmUp, double seconds)
      throws Exception {
    long begin = System.nanoTime() + (long) (warmUp * 1e9);
    long end = begin + (long) (seconds * 1e9);
    List<Callable<LoadResult>> all = new ArrayList<>();
    workers.forEach(worker -> all.add(() -> one(worker, begin, end)));
    Histogram times = new Histogram(DIGITS);
    long total = 0;
    long failed = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(workers.size())) {
      for (Future<LoadResult> each : pool.invokeAll(all)) {
        LoadResult result = each.get();
        times.add(result.times());
        total += result.total();
        failed += result.failed();
      }
    }
    return new LoadResult(times, seconds, total, failed);
  }

  private static LoadResult one(Worker worker, long begin, long end) throws Exception {
    Histogram times = new Histogram(TimeUnit.MINUTES.toNanos(10), DIGITS);
    long total = 0;
    long failed = 0;
    for (long now = System.nanoTime(); now - end < 0; ) {
      boolean succeeded = true;
      try {
        worker.next();
      } catch (Exception e) {
        succeeded = false;
        if (++failed == 1) {
          e.printStackTrace(); // the application's log has it
        }
        if (failed == FAILURES_MAX) {
          throw e;
        }
      }
      long then = System.nanoTime();
      if (succeeded) {
        total++;
        if (now - begin >= 0 && then - end <= 0) {
          times.recordValue(then - now);
        }
      }
      now = then;
    }
    return new LoadResult(times, 0, total, failed);
  }
}
