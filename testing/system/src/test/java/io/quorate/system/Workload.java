package io.quorate.system;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writers that never rest and readers that never trust: what was acknowledged is remembered, what
 * was read is held against everything that anyone knew before the read began.
 *
 * <p>A writer puts keys that nobody else writes, each once, and every fourth time its register,
 * which it alone writes. So of every key it is known what must be there: the acknowledged revision,
 * nothing (when the answer was that the put took no effect), or either.
 */
final class Workload implements AutoCloseable {
  private static final int PAGE = 2_000;
  private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(10);

  /** Long enough for an answer that a paused member gives when it wakes up. */
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(15);

  private static final Executor SOON =
      CompletableFuture.delayedExecutor(10, TimeUnit.MILLISECONDS, Runnable::run);

  private final List<QuorateClient> clients = new ArrayList<>();
  private final List<Writer> writers = new ArrayList<>();
  private final List<Reader> readers = new ArrayList<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();

  /** A revision that some client has seen: no linearizable read begun later may know less. */
  private final AtomicLong floor = new AtomicLong();

  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();

  /** Calls that were told that trying again is of no use. */
  private final AtomicLong rejected = new AtomicLong();

  private volatile boolean running;
  private String round = "";

  /** Writers spread over all members, and two readers that stay with each. */
  static Workload over(ProcessCluster cluster, int writers) {
    Workload load = new Workload();
    List<QuorateClient> byMember = new ArrayList<>();
    for (int i = 0; i < cluster.size(); i++) {
      byMember.add(load.keep(ProcessCluster.client(cluster.endpointsFrom(i), WRITE_TIMEOUT)));
    }
    for (int i = 0; i < writers; i++) {
      load.writers.add(load.new Writer(i, byMember.get(i % byMember.size())));
    }
    for (int i = 0; i < 2 * cluster.size(); i++) {
      QuorateClient one =
          ProcessCluster.client(List.of(cluster.endpoint(i % cluster.size())), READ_TIMEOUT);
      load.readers.add(load.new Reader(i, load.keep(one)));
    }
    return load;
  }

  private QuorateClient keep(QuorateClient client) {
    clients.add(client);
    return client;
  }

  /** Sets writers and readers going; keys of this round begin with its name. */
  void start(String name) {
    round = name;
    running = true;
    writers.forEach(Writer::begin);
    readers.forEach(Reader::begin);
  }

  /** Waits until this many more writes were acknowledged. */
  void awaitAcknowledged(long more) {
    long target = acknowledged.get() + more;
    long deadline = System.nanoTime() + ServerProcess.WAIT_MAX.toNanos();
    synchronized (acknowledged) {
      while (acknowledged.get() < target) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError(
              "only %d of %d more writes were acknowledged"
                  .formatted(more - target + acknowledged.get(), more));
        }
        try {
          acknowledged.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted", e);
        }
      }
    }
  }

  /** Lets calls under way come to their end. */
  void stop() {
    running = false;
    for (Writer writer : writers) {
      var _ = writer.rest.orTimeout(2 * WRITE_TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
    }
    for (Reader reader : readers) {
      var _ = reader.rest.orTimeout(2 * READ_TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
    }
  }

  long acknowledged() {
    return acknowledged.get();
  }

  long rejected() {
    return rejected.get();
  }

  private void failed(Throwable failure) {
    if (failure instanceof QuorateException known
        && known.code().kind() == ErrorCode.Kind.REJECTED) {
      rejected.incrementAndGet();
    }
  }

  long reads() {
    return reads.get();
  }

  /** What readers and writers saw that can't be. */
  List<String> violations() {
    return List.copyOf(violations);
  }

  /**
   * Reads the round's keys through a member and holds them against what the writers know.
   *
   * @param seen the revisions found; each may be found once
   */
  void check(QuorateClient via, BitSet seen) {
    long revision = via.kv().range(Range.key("none")).header().revision();
    for (Writer writer : writers) {
      writer.check(via, revision, seen);
    }
  }

  @Override
  public void close() {
    running = false;
    clients.forEach(QuorateClient::close);
  }

  private void violation(String text) {
    violations.add(text);
  }

  private final class Writer {
    private static final long UNKNOWN = 0;
    private static final long NO_EFFECT = -1;

    private final int number;
    private final QuorateClient client;
    private final List<Long> outcomes = new ArrayList<>(); // of the round, by sequence
    private CompletableFuture<Void> rest = CompletableFuture.completedFuture(null);
    private long count;
    private volatile long registerAcknowledged;

    Writer(int number, QuorateClient client) {
      this.number = number;
      this.client = client;
    }

    void begin() {
      outcomes.clear();
      rest = new CompletableFuture<>();
      next();
    }

    private void next() {
      if (!running) {
        rest.complete(null);
        return;
      }
      boolean register = ++count % 4 == 0;
      String key = register ? register(number) : key(outcomes.size());
      Put put = Put.of(Bytes.utf8(key), Bytes.utf8(value(key, count)));
      var _ =
          client
              .kv()
              .putAsync(put)
              .whenComplete((response, failure) -> {
                long revision = response == null ? 0 : response.header().revision();
                ended(register, revision, failure);
              });
    }

    private void ended(
        boolean register, long revision, @org.jspecify.annotations.Nullable Throwable failure) {
      if (failure == null) {
        raise(floor, revision);
        if (register) {
          registerAcknowledged = Math.max(registerAcknowledged, revision);
        } else {
          outcomes.add(revision);
        }
        synchronized (acknowledged) {
          acknowledged.incrementAndGet();
          acknowledged.notifyAll();
        }
        next();
        return;
      }
      failed(failure);
      boolean noEffect =
          failure instanceof QuorateException known
              && known.code().kind() == ErrorCode.Kind.UNAVAILABLE;
      if (!register) {
        outcomes.add(noEffect ? NO_EFFECT : UNKNOWN);
      }
      SOON.execute(this::next);
    }

    private String key(int sequence) {
      return "%s/%03d/%08d".formatted(round, number, sequence);
    }

    private void check(QuorateClient via, long revision, BitSet seen) {
      int sequence = 0;
      Bytes end = Bytes.utf8("%s/%03d0".formatted(round, number));
      String from = key(0);
      while (true) {
        RangeResponse page =
            via.kv().range(Range.between(Bytes.utf8(from), end).limit(PAGE).revision(revision));
        for (KeyValue found : page.kvs()) {
          String key = found.key().toString();
          int foundSequence = Integer.parseInt(key.substring(key.lastIndexOf('/') + 1));
          for (; sequence < foundSequence; sequence++) {
            absent(sequence);
          }
          present(found, key, sequence++, seen);
        }
        if (!page.more()) {
          break;
        }
        from = key(sequence);
      }
      for (; sequence < outcomes.size(); sequence++) {
        absent(sequence);
      }
      checkRegister(via, revision);
    }

    private void present(KeyValue found, String key, int sequence, BitSet seen) {
      long outcome = outcomes.get(sequence);
      if (outcome == NO_EFFECT) {
        violation("%s took no effect, it was said, and is there: %s".formatted(key, found));
      } else if (outcome != UNKNOWN && outcome != found.modRevision()) {
        violation(
            "%s was acknowledged at revision %d and is there as %s".formatted(key, outcome, found));
      }
      if (found.version() != 1 || found.createRevision() != found.modRevision()) {
        violation("%s was written once and is there as %s".formatted(key, found));
      }
      if (!found.value().toString().startsWith(key + " ")) {
        violation("%s has the value of another: %s".formatted(key, found));
      }
      if (seen.get((int) found.modRevision())) {
        violation("%s shares its revision with another write: %s".formatted(key, found));
      }
      seen.set((int) found.modRevision());
    }

    private void absent(int sequence) {
      if (outcomes.get(sequence) > 0) {
        violation(
            "%s was acknowledged at revision %d and is lost"
                .formatted(key(sequence), outcomes.get(sequence)));
      }
    }

    private void checkRegister(QuorateClient via, long revision) {
      List<KeyValue> found = via.kv().range(Range.key(register(number)).revision(revision)).kvs();
      long modified = found.isEmpty() ? 0 : found.get(0).modRevision();
      if (modified < registerAcknowledged) {
        violation(
            "%s was acknowledged at revision %d and is there at %d"
                .formatted(register(number), registerAcknowledged, modified));
      }
    }
  }

  private final class Reader {
    private final int number;
    private final QuorateClient client;
    private CompletableFuture<Void> rest = CompletableFuture.completedFuture(null);
    private long count;

    Reader(int number, QuorateClient client) {
      this.number = number;
      this.client = client;
    }

    void begin() {
      rest = new CompletableFuture<>();
      next();
    }

    private void next() {
      if (!running) {
        rest.complete(null);
        return;
      }
      Writer writer = writers.get((int) ((number + count++) % writers.size()));
      long registerFloor = writer.registerAcknowledged;
      long known = floor.get();
      var _ =
          client
              .kv()
              .rangeAsync(Range.key(register(writer.number)))
              .whenComplete((response, failure) -> {
                if (failure != null) {
                  failed(failure);
                  SOON.execute(this::next);
                  return;
                }
                reads.incrementAndGet();
                long revision = response.header().revision();
                long modified = response.first().map(KeyValue::modRevision).orElse(0L);
                if (revision < known) {
                  violation(
                      "a linearizable read knows revision %d; %d had been seen before it"
                          .formatted(revision, known));
                }
                if (modified < registerFloor) {
                  violation(
                      "a linearizable read of %s shows revision %d; %d was acknowledged before"
                          .formatted(register(writer.number), modified, registerFloor));
                }
                raise(floor, revision);
                next();
              });
    }
  }

  private static void raise(AtomicLong value, long to) {
    value.accumulateAndGet(to, Math::max);
  }

  private static String register(int writer) {
    return "register/%03d".formatted(writer);
  }

  private static String value(String key, long count) {
    return key + " " + count + " the rest makes it about as long as values often are";
  }
}
