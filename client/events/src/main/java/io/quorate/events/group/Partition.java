package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.StreamRead;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One partition while a consumer owns it: the events that wait, the one that is handled, and the
 * checkpoint behind it.
 *
 * <p>One thing happens at a time: events are handled on the executor, and while a step is asked of
 * the store nothing is handled. Whatever is written is written under the comparison that the
 * owner's key is still the one of this tenure; where it isn't, the partition is lost, and nothing
 * more is done.
 */
final class Partition {
  /**
   * The most events that wait; then the feed stops, and begins again when half of them are done.
   */
  static final int WAITING_MAX = 1_000;

  private static final long RETRY_STORE_NANOS = 200_000_000L;

  private final Consumer consumer;
  private final QuorateClient client;
  private final GroupKeys keys;
  private final GroupOptions options;
  private final Handling handling;
  private final Executor executor;
  private final int number;
  private final long tenure;

  // Guarded by this.
  private final ArrayDeque<RecordedEvent> waiting = new ArrayDeque<>();
  private final ArrayDeque<ParkedEvent> wanted = new ArrayDeque<>();
  private final Set<Position> wantedNow = new HashSet<>();

  /** Up to where events were taken from the feed. */
  private Position fed;

  /** Up to where events are handled. */
  private Position handled;

  /** Up to where the store knows it. */
  private Position checkpoint;

  private int sinceCheckpoint;
  private int attempts;
  private boolean busy;
  private boolean pausing;
  private boolean ending;
  private boolean over;
  private @Nullable CompletableFuture<Void> released;

  Partition(
      Consumer consumer,
      ConsumerGroup group,
      Handling handling,
      Executor executor,
      int number,
      long tenure,
      Position checkpoint) {
    this.consumer = consumer;
    this.handling = handling;
    this.executor = executor;
    this.number = number;
    this.tenure = tenure;
    this.checkpoint = checkpoint;
    client = group.store().client();
    keys = group.keys();
    options = group.options();
    handled = checkpoint;
    fed = checkpoint;
  }

  int number() {
    return number;
  }

  // ---- what comes in ---------------------------------------------------------------------------

  synchronized Position fed() {
    return fed;
  }

  /** Whether there is room for more. */
  boolean offer(RecordedEvent event) {
    synchronized (this) {
      if (over || !event.position().isAfter(fed)) {
        return true;
      }
      waiting.add(event);
      fed = event.position();
    }
    goOn();
    return hasRoom(WAITING_MAX);
  }

  synchronized boolean hasRoom(int most) {
    return over || waiting.size() < most;
  }

  /** Everything up to here was offered. */
  synchronized void reached(Position position) {
    if (!over && position.isAfter(fed)) {
      fed = position;
      if (waiting.isEmpty() && !busy) {
        handled = position;
      }
    }
  }

  /** Somebody wants a parked event to be tried again. */
  void want(ParkedEvent parked) {
    synchronized (this) {
      if (over || !wantedNow.add(parked.position())) {
        return;
      }
      wanted.add(parked);
    }
    goOn();
  }

  // ---- what is done ----------------------------------------------------------------------------

  private void goOn() {
    CompletableFuture<Void> ended = null;
    synchronized (this) {
      if (busy || over) {
        return;
      }
      if (ending) {
        ended = released;
        over = true;
      } else if (pausing || (waiting.isEmpty() && wanted.isEmpty())) {
        return;
      } else {
        busy = true;
      }
    }
    if (ended != null) {
      giveBack(ended);
      return;
    }
    try {
      executor.execute(this::handleSome);
    } catch (RuntimeException e) {
      consumer.fail(
          QuorateException.of(ErrorCode.STOPPED, "the executor of consumers refused: " + e, e));
    }
  }

  private void done() {
    synchronized (this) {
      busy = false;
    }
    consumer.hasRoom();
    goOn();
  }

  private void handleSome() {
    ParkedEvent again;
    synchronized (this) {
      again = wanted.peek();
    }
    if (again != null) {
      retry(again);
    } else if (handling.isInStep()) {
      project();
    } else {
      handle();
    }
  }

  /** Handles what waits, one after the other, until there is a reason to stop. */
  private void handle() {
    while (true) {
      RecordedEvent event;
      synchronized (this) {
        event = waiting.peek();
        if (event == null || ending || over || !wanted.isEmpty()) {
          break;
        }
      }
      try {
        var unused = handling.handle(event);
      } catch (Exception e) {
        failed(event, e);
        return;
      }
      synchronized (this) {
        handledTo(event);
        if (++sinceCheckpoint >= options.checkpointEvery()) {
          break;
        }
      }
    }
    if (needsCheckpoint(options.checkpointEvery())) {
      writeCheckpoint();
    } else {
      done();
    }
  }

  /** With the lock held. */
  private void handledTo(RecordedEvent event) {
    waiting.remove();
    attempts = 0;
    handled = waiting.isEmpty() ? fed : event.position();
  }

  private synchronized boolean needsCheckpoint(int events) {
    return !over && sinceCheckpoint >= events && handled.isAfter(checkpoint);
  }

  /** It is time for a checkpoint, however few events were handled. */
  void tick() {
    synchronized (this) {
      if (busy || over || pausing || !handled.isAfter(checkpoint)) {
        return;
      }
      busy = true;
    }
    writeCheckpoint();
  }

  private void writeCheckpoint() {
    Position to;
    synchronized (this) {
      to = handled;
    }
    step(List.of(), to, this::done);
  }

  /** Gathers what the store is to do for some events, and has it done as the checkpoint moves. */
  private void project() {
    List<Op> ops = new ArrayList<>();
    Set<Bytes> written = new HashSet<>();
    int events = 0;
    Position to = handled();
    for (RecordedEvent event : waitingNow()) {
      List<Op> more;
      try {
        more = handling.handle(event);
      } catch (Exception e) {
        if (events == 0) {
          failed(event, e);
          return;
        }
        break; // it is tried again behind those before it
      }
      boolean fits = ops.size() + more.size() <= ConsumerGroup.OPS_MAX && distinct(more, written);
      if (events > 0 && !fits) {
        break; // the store takes one write of a key in a step
      }
      ops.addAll(more);
      events++;
      to = event.position();
    }
    int count = events;
    step(
        ops,
        to,
        () -> {
          synchronized (this) {
            for (int i = 0; i < count; i++) {
              handledTo(waiting.element());
            }
          }
          done();
        });
  }

  private synchronized Position handled() {
    return handled;
  }

  private synchronized List<RecordedEvent> waitingNow() {
    return waiting.stream().limit(ConsumerGroup.OPS_MAX).toList();
  }

  /** Whether none of the keys was written before; they are from now on. */
  private static boolean distinct(List<Op> ops, Set<Bytes> written) {
    boolean distinct = true;
    for (Op op : ops) {
      if (op instanceof Put put) {
        distinct &= written.add(put.key());
      } else if (op instanceof Delete delete) {
        distinct &= delete.rangeEnd().isEmpty() && written.add(delete.key());
      }
    }
    return distinct;
  }

  // ---- what fails ------------------------------------------------------------------------------

  private void failed(RecordedEvent event, Exception why) {
    int tried;
    synchronized (this) {
      tried = ++attempts;
    }
    if (tried >= options.attempts()) {
      park(event, tried, why);
      return;
    }
    synchronized (this) {
      pausing = true;
      busy = false;
    }
    client
        .timer()
        .after(
            options.retryDelay().toNanos(),
            () -> {
              synchronized (this) {
                pausing = false;
              }
              goOn();
            });
    goOn(); // it may be ending
  }

  private void park(RecordedEvent event, int tried, Exception why) {
    ParkedEvent parked =
        new ParkedEvent(
            number,
            event.position(),
            event.stream(),
            event.version(),
            tried,
            String.valueOf(why),
            false);
    Bytes key = keys.parked(number, event.position());
    step(
        List.of(Put.of(key, parked.encode())),
        event.position(),
        () -> {
          synchronized (this) {
            handledTo(event);
          }
          done();
        });
  }

  /** Tries a parked event again. Where it can't be read any more there is nothing to handle. */
  private void retry(ParkedEvent parked) {
    var unused =
        read(parked)
            .whenComplete((event, failure) -> {
              try {
                executor.execute(() -> retry(parked, event, failure));
              } catch (RuntimeException e) {
                consumer.fail(
                    QuorateException.of(
                        ErrorCode.STOPPED, "the executor of consumers refused: " + e, e));
              }
            });
  }

  private CompletableFuture<List<RecordedEvent>> read(ParkedEvent parked) {
    return consumer
        .store()
        .readAsync(StreamRead.of(parked.stream()).from(parked.version()).limit(1))
        .thenApply(page ->
            page.events().stream()
                .filter(event -> event.position().equals(parked.position()))
                .toList());
  }

  private void retry(
      ParkedEvent parked, @Nullable List<RecordedEvent> found, @Nullable Throwable failure) {
    Bytes key = keys.parked(number, parked.position());
    List<Op> ops = new ArrayList<>();
    if (found == null) {
      ops.add(Put.of(key, parked.failed(String.valueOf(failure)).encode()));
    } else {
      try {
        for (RecordedEvent event : found) {
          ops.addAll(handling.handle(event));
        }
        ops.add(Delete.key(key));
      } catch (Exception e) {
        ops.clear();
        ops.add(Put.of(key, parked.failed(e.toString()).encode()));
      }
    }
    step(
        ops,
        null,
        () -> {
          synchronized (this) {
            wanted.remove();
            wantedNow.remove(parked.position());
          }
          done();
        });
  }

  // ---- what is written -------------------------------------------------------------------------

  /**
   * Has the store do something, and the checkpoint moved with it, as the owner of the partition.
   * Repeated until it is known to be done; what the checkpoint says tells whether it was.
   *
   * @param to where the checkpoint moves to; null to leave it
   */
  private void step(List<Op> ops, @Nullable Position to, Runnable then) {
    Position from;
    synchronized (this) {
      from = checkpoint;
    }
    Bytes owner = keys.owner(number);
    Bytes at = keys.checkpoint(number);
    List<Op> all = new ArrayList<>(ops);
    Txn txn = Txn.when(Compare.createRevision(owner).is(tenure));
    if (to != null && to.isAfter(from)) {
      txn = txn.and(checkpointIs(from));
      all.add(Put.of(at, Bytes.utf8(to.toText())));
    }
    txn =
        txn.then(all.toArray(Op[]::new)).otherwise(Range.key(owner).withKeysOnly(), Range.key(at));
    var unused =
        client
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure != null) {
                storeFailed(QuorateException.reason(failure), () -> step(ops, to, then));
              } else {
                stepped(response, to, then);
              }
            });
  }

  private Compare checkpointIs(Position position) {
    Bytes at = keys.checkpoint(number);
    return hasCheckpoint ? Compare.value(at).is(position.toText()) : Compare.absent(at);
  }

  /** Whether the store has a checkpoint of this partition. */
  private volatile boolean hasCheckpoint;

  void hasCheckpoint() {
    hasCheckpoint = true;
  }

  private void stepped(TxnResponse response, @Nullable Position to, Runnable then) {
    boolean done = response.succeeded();
    if (!done) {
      KeyValue owner = ((RangeResponse) response.responses().get(0)).first().orElse(null);
      KeyValue at = ((RangeResponse) response.responses().get(1)).first().orElse(null);
      boolean mine = owner != null && owner.createRevision() == tenure;
      done = mine && to != null && at != null && at.value().toUtf8().equals(to.toText());
    }
    if (!done) {
      lost();
      return;
    }
    synchronized (this) {
      if (to != null && to.isAfter(checkpoint)) {
        checkpoint = to;
        hasCheckpoint = true;
        sinceCheckpoint = 0;
      }
    }
    then.run();
  }

  private void storeFailed(QuorateException why, Runnable again) {
    boolean passes =
        why instanceof QuorateException.Unavailable
            || why instanceof QuorateException.Indeterminate;
    if (!passes || why.code() == ErrorCode.STOPPED) {
      consumer.fail(why);
    } else if (!isOver()) {
      client.timer().after(RETRY_STORE_NANOS, again);
    }
  }

  private synchronized boolean isOver() {
    return over;
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** Somebody else owns it, or nobody does. */
  void lost() {
    CompletableFuture<Void> waits;
    synchronized (this) {
      over = true;
      waiting.clear();
      waits = released;
    }
    if (waits != null) {
      waits.complete(null);
    }
    consumer.lost(this);
  }

  /** Gives it back, once the event that is handled just now is done. */
  CompletableFuture<Void> release() {
    CompletableFuture<Void> wait;
    synchronized (this) {
      if (over && released == null) {
        return CompletableFuture.completedFuture(null);
      }
      if (released != null) {
        return released;
      }
      wait = new CompletableFuture<>();
      released = wait;
      ending = true;
    }
    goOn();
    return wait;
  }

  private void giveBack(CompletableFuture<Void> then) {
    List<Op> ops = new ArrayList<>();
    synchronized (this) {
      if (handled.isAfter(checkpoint)) {
        ops.add(Put.of(keys.checkpoint(number), Bytes.utf8(handled.toText())));
      }
    }
    Bytes owner = keys.owner(number);
    ops.add(Delete.key(owner));
    var unused =
        client
            .kv()
            .txnAsync(
                Txn.when(Compare.createRevision(owner).is(tenure)).then(ops.toArray(Op[]::new)))
            .whenComplete((response, failure) -> {
              consumer.lost(this);
              then.complete(null); // whatever came of it: the session's end takes the key
            });
  }
}
