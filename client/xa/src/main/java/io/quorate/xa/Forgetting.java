package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Kv;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.channel.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the decisions of an incarnation whose branches have all committed, some at a time and off
 * anybody's way, and writes their bits into the history in the same step, where they are
 * {@linkplain Period known} at all.
 *
 * <p>One step is under way at a time, and each is guarded by what the last one wrote: one that
 * arrives late changes nothing. When the incarnation is over, what is left is the recoverers'.
 *
 * <p>Safe for use by many threads. Nothing here waits.
 */
final class Forgetting {
  private static final int TOGETHER = 50;
  private static final long DELAY_NANOS = 500_000_000L;

  private final QuorateClient client;
  private final Kv kv;
  private final Timer timer;
  private final DomainKeys keys;
  private final Incarnation incarnation;

  // Guarded by this.
  private final ArrayDeque<Long> finished = new ArrayDeque<>();
  private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
  private boolean underWay;
  private boolean awaited;
  private int failures;
  private @Nullable CompletableFuture<Void> idle;

  Forgetting(QuorateClient client, DomainKeys keys, Incarnation incarnation) {
    this.client = client;
    kv = client.kv();
    timer = client.timer();
    this.keys = keys;
    this.incarnation = incarnation;
  }

  /** A chunk of the history. */
  private static final class Chunk {
    private final byte[] bits = History.empty();
    private long modRevision;
    private int over;
  }

  /** A transaction is over that left nothing in the store. */
  synchronized void overWithout(long sequence) {
    over(sequence);
    incarnation.periods().used(sequence);
  }

  /** All branches of a transaction have committed: its decision is to be forgotten. */
  void finished(long sequence) {
    boolean now;
    synchronized (this) {
      finished.add(sequence);
      now = finished.size() >= TOGETHER && !underWay;
    }
    if (now) {
      step();
    } else {
      stepSoon();
    }
  }

  private void stepSoon() {
    synchronized (this) {
      if (awaited) {
        return;
      }
      awaited = true;
    }
    timer.after(
        DELAY_NANOS,
        () -> {
          synchronized (this) {
            awaited = false;
          }
          step();
        });
  }

  /** Whether a transaction with a lower number than that has still to be forgotten. */
  synchronized boolean hasBefore(long end) {
    return finished.stream().anyMatch(each -> each < end);
  }

  /** Completes when nothing is left to be forgotten, or nothing can be. */
  CompletableFuture<Void> flush() {
    CompletableFuture<Void> done;
    synchronized (this) {
      if (idle == null) {
        idle = new CompletableFuture<>();
      }
      done = idle;
    }
    step();
    return done;
  }

  /**
   * Called with the lock held. A chunk of which all are over isn't written any more, and one that
   * isn't known any more needn't be.
   */
  private void over(long sequence) {
    chunks.headMap(History.chunk(incarnation.periods().first())).clear();
    long number = History.chunk(sequence);
    Chunk chunk = chunks.computeIfAbsent(number, unused -> new Chunk());
    if (++chunk.over == History.CHUNK) {
      chunks.remove(number);
    }
  }

  private void step() {
    CompletableFuture<Void> done = null;
    boolean begins;
    synchronized (this) {
      if (underWay) {
        return;
      }
      begins = !finished.isEmpty() && !isInVain();
      underWay = begins;
      if (!begins) {
        done = idle;
        idle = null;
      }
    }
    if (begins) {
      write();
    } else if (done != null) {
      done.complete(null);
    }
  }

  private boolean isInVain() {
    return client.isClosed() || incarnation.session().loss().isPresent();
  }

  private void write() {
    List<Long> these = new ArrayList<>();
    Map<Long, Chunk> touched = new TreeMap<>();
    Map<Long, Long> leases = new TreeMap<>();
    Set<Long> gone = new TreeSet<>();
    Txn txn = Txn.when(incarnation.lives());
    synchronized (this) {
      for (long each : finished) {
        if (these.size() == TOGETHER) {
          break;
        }
        Periods.State state = incarnation.periods().state(each);
        if (state == Periods.State.COMING) {
          break; // and what follows, a little later
        }
        these.add(each);
        if (state == Periods.State.KNOWN) {
          long number = History.chunk(each);
          Chunk chunk = chunks.computeIfAbsent(number, unused -> new Chunk());
          History.set(chunk.bits, each);
          touched.put(number, chunk);
          leases.put(number, incarnation.periods().leaseOf(each));
        } else { // no bit is missing where nothing is known
          gone.add(Period.of(each));
        }
      }
      for (long each : gone) {
        txn = txn.and(Compare.absent(keys.known(incarnation.number(), each)));
      }
      List<Op> ops = new ArrayList<>();
      for (long each : these) {
        ops.add(Delete.key(keys.decision(incarnation.number(), each)));
      }
      for (Map.Entry<Long, Chunk> each : touched.entrySet()) {
        Bytes key = keys.history(incarnation.number(), each.getKey());
        txn = txn.and(Compare.modRevision(key).is(each.getValue().modRevision));
        ops.add(
            Put.of(key, Bytes.copyOf(each.getValue().bits))
                .lease(leases.getOrDefault(each.getKey(), 0L)));
      }
      txn = txn.then(ops.toArray(new Op[0]));
    }
    if (these.isEmpty()) {
      again();
      return;
    }
    var unused =
        kv.txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure == null && response.succeeded()) {
                written(these, touched, response);
              } else {
                var unusedToo = incarnation.periods().lookForAll().thenRun(() -> lookAt(touched));
              }
            });
  }

  private void written(List<Long> these, Map<Long, Chunk> touched, TxnResponse response) {
    boolean more;
    boolean some;
    synchronized (this) {
      for (Chunk each : touched.values()) {
        each.modRevision = response.header().revision();
      }
      for (long each : these) {
        finished.remove();
        over(each);
        incarnation.periods().used(each);
      }
      failures = 0;
      underWay = false;
      more = finished.size() >= TOGETHER || idle != null;
      some = !finished.isEmpty();
    }
    if (more) {
      step();
    } else if (some) {
      stepSoon();
    }
  }

  /** What is there of the history, before it is tried again. */
  private void lookAt(Map<Long, Chunk> touched) {
    if (touched.isEmpty()) {
      again();
      return;
    }
    List<Op> questions = new ArrayList<>();
    for (long each : touched.keySet()) {
      questions.add(Range.key(keys.history(incarnation.number(), each)));
    }
    var unused =
        kv.txnAsync(Txn.always(questions.toArray(new Op[0])))
            .whenComplete((response, failure) -> {
              if (failure == null) {
                seen(touched, response.responses());
              }
              again();
            });
  }

  private synchronized void seen(Map<Long, Chunk> touched, List<OpResponse> answers) {
    int at = 0;
    for (Chunk each : touched.values()) {
      each.modRevision =
          ((RangeResponse) answers.get(at++)).first().map(KeyValue::modRevision).orElse(0L);
    }
  }

  private void again() {
    int attempt;
    synchronized (this) {
      underWay = false;
      attempt = failures++;
    }
    if (isInVain()) {
      step();
    } else {
      timer.after(Pause.ofStore(attempt), this::step);
    }
  }
}
