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
import io.quorate.client.Txn;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.StreamRead;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One partition while a consumer owns it: the events that wait, the one that is handled, and the
 * checkpoint behind it.
 *
 * <p>One thing happens at a time ({@code busy}): events are handled on the executor, and while a
 * step is asked of the store nothing is handled. What is written is written by its {@link Tenure}.
 */
final class Partition {
  private static final System.Logger LOG = System.getLogger(Partition.class.getName());

  /**
   * The most events that wait; then the feed stops, and begins again when half of them are done.
   */
  private static final int WAITING_MAX = 1_000;

  /** The most bytes of events that wait, beyond which the feed stops too. */
  private static final long WAITING_BYTES_MAX = 4L << 20;

  /** What an event takes besides its bytes. */
  private static final long EVENT_BYTES = 256;

  /** The most bytes that the writes for several events have in one step. */
  private static final long STEP_BYTES_MAX = 512L << 10;

  private final Consumer consumer;
  private final QuorateClient client;
  private final GroupKeys keys;
  private final GroupOptions options;
  private final Handling handling;
  private final Executor executor;
  private final int number;
  private final Tenure tenure;

  // Guarded by this.
  private final ArrayDeque<RecordedEvent> waiting = new ArrayDeque<>();
  private final ArrayDeque<Wanted> wanted = new ArrayDeque<>();

  /** Those that wait or were tried, as long as they are seen. */
  private final Set<Wanted> wantedSeen = new HashSet<>();

  private long waitingBytes;

  /** Up to where events were taken from the feed. */
  private Position fed;

  /** Up to where events are handled. */
  private Position handled;

  /** Up to where the store knows it. */
  private Position checkpoint;

  private int sinceCheckpoint;

  /** Whether a checkpoint is to be written behind the event that is handled just now. */
  private boolean checkpointDue;

  private int attempts;

  /** Whether the next step is for one event alone, since the store refused one for several. */
  private boolean oneAtATime;

  private boolean busy;
  private boolean pausing;
  private boolean ending;
  private boolean over;

  private final CompletableFuture<Void> released = new CompletableFuture<>();

  /**
   * A parked event that somebody wants to be tried again, and the revision at which they said so.
   */
  record Wanted(Position position, long revision) {}

  Partition(
      Consumer consumer,
      ConsumerGroup group,
      Handling handling,
      Executor executor,
      int number,
      long since,
      Position checkpoint) {
    this.consumer = consumer;
    this.handling = handling;
    this.executor = executor;
    this.number = number;
    this.tenure =
        new Tenure(
            consumer,
            group,
            number,
            since,
            this::isOver,
            () -> {
              abandon();
              consumer.lost(this);
            });
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

  /**
   * Takes an event in; {@link #goOn} handles it.
   *
   * @return whether there is room for more
   */
  boolean offer(RecordedEvent event) {
    synchronized (this) {
      if (over || !event.position().isAfter(fed)) {
        return true;
      }
      waiting.add(event.payload(event.payload().compact())); // else the whole answer would wait
      long bytes = bytes(event);
      waitingBytes += bytes;
      fed = event.position();
      boolean allHaveRoom = consumer.holds(bytes);
      return allHaveRoom && waiting.size() < WAITING_MAX && waitingBytes < WAITING_BYTES_MAX;
    }
  }

  private static long bytes(RecordedEvent event) {
    long letters = event.stream().length();
    letters += event.type().length();
    letters += event.correlation().length();
    letters += event.causation().length();
    for (String tag : event.tags()) {
      letters += tag.length();
    }
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      letters += header.getKey().length();
      letters += header.getValue().length();
    }
    return EVENT_BYTES + event.payload().length() + 2 * letters;
  }

  /** Whether so much is done that the feed may begin again. */
  synchronized boolean isHalfEmpty() {
    return over || (waiting.size() <= WAITING_MAX / 2 && waitingBytes <= WAITING_BYTES_MAX / 2);
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

  /**
   * What parked events are wanted to be tried again. One that was tried is among them until its end
   * is seen, and isn't tried twice.
   */
  void want(Set<Wanted> all) {
    synchronized (this) {
      wantedSeen.retainAll(all);
      for (Wanted each : all) {
        if (!over && wantedSeen.add(each)) {
          wanted.add(each);
        }
      }
    }
    goOn();
  }

  // ---- what is done ----------------------------------------------------------------------------

  /** Does what there is to do, unless something is done already. Not called with a lock held. */
  void goOn() {
    boolean ends = false;
    synchronized (this) {
      if (busy || over) {
        return;
      }
      if (ending) {
        busy = true;
        ends = true;
      } else if (pausing || (waiting.isEmpty() && wanted.isEmpty())) {
        return;
      } else {
        busy = true;
      }
    }
    if (ends) {
      giveBack();
    } else {
      execute(this::handleSome);
    }
  }

  /** Runs a task where handlers run. What it can't do ends the consumer, so that nobody waits. */
  private void execute(Runnable task) {
    try {
      executor.execute(() -> {
        try {
          task.run();
        } catch (Throwable e) { // of an Error, or of our own
          consumer.fail(QuorateException.of(ErrorCode.OUTCOME_UNKNOWN, "handling failed: " + e, e));
        }
      });
    } catch (Throwable e) { // refused, or there is no memory for a thread
      consumer.fail(
          QuorateException.of(ErrorCode.STOPPED, "the executor of consumers refused: " + e, e));
    }
  }

  private void done() {
    synchronized (this) {
      busy = false;
      if (waiting.isEmpty() && !over) {
        handled = fed; // nothing of this partition lies between
      }
    }
    consumer.hasRoom();
    goOn();
  }

  private void handleSome() {
    Wanted again;
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
        if (event == null || ending || over || !wanted.isEmpty() || isCheckpointDue()) {
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
        sinceCheckpoint++;
      }
    }
    boolean isDue;
    synchronized (this) {
      isDue = !over && isCheckpointDue();
    }
    if (isDue) {
      writeCheckpoint();
    } else {
      done();
    }
  }

  /** By their number or by time, if there is anything to write. With the lock held. */
  private boolean isCheckpointDue() {
    return handled.isAfter(checkpoint)
        && (checkpointDue || sinceCheckpoint >= options.checkpointEvery());
  }

  /** With the lock held. */
  private void handledTo(RecordedEvent event) {
    if (over) {
      return; // nothing waits any more
    }
    waiting.remove();
    long bytes = bytes(event);
    waitingBytes -= bytes;
    consumer.holds(-bytes);
    attempts = 0;
    handled = waiting.isEmpty() ? fed : event.position();
  }

  /** It is time for a checkpoint, however few events were handled. */
  void tick() {
    synchronized (this) {
      if (over || ending || !handled.isAfter(checkpoint)) {
        return;
      }
      if (busy) {
        checkpointDue = true;
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
    move(List.of(), to, this::done, consumer::fail);
  }

  // ---- what the store does ---------------------------------------------------------------------

  /** Gathers what the store is to do for some events, and has it done as the checkpoint moves. */
  private void project() {
    List<Op> ops = new ArrayList<>();
    Set<Bytes> written = new HashSet<>();
    List<RecordedEvent> events = new ArrayList<>();
    long size = 0;
    for (RecordedEvent event : waitingNow()) {
      List<Op> more;
      try {
        more = handling.handle(event);
      } catch (Exception e) {
        if (events.isEmpty() || e instanceof InterruptedException) {
          failed(event, e);
          return;
        }
        break; // it is tried again behind those before it
      }
      size += size(more);
      boolean fits =
          ops.size() + more.size() <= ConsumerGroup.OPS_MAX
              && size <= STEP_BYTES_MAX
              && areDistinct(more, written);
      if (!events.isEmpty() && !fits) {
        break;
      }
      ops.addAll(more);
      events.add(event);
      if (!fits) {
        break;
      }
    }
    if (events.isEmpty()) {
      done();
      return;
    }
    move(
        ops,
        events.get(events.size() - 1).position(),
        () -> {
          synchronized (this) {
            events.forEach(this::handledTo);
            oneAtATime = false;
          }
          done();
        },
        refusal -> refused(events, refusal));
  }

  /** The store does none of it. Alone, each event shows whether it is its own. */
  private void refused(List<RecordedEvent> events, QuorateException why) {
    if (events.size() == 1) {
      failed(events.get(0), why);
      return;
    }
    synchronized (this) {
      oneAtATime = true;
    }
    execute(this::handleSome);
  }

  private synchronized List<RecordedEvent> waitingNow() {
    return waiting.stream().limit(oneAtATime ? 1 : options.eventsPerStep()).toList();
  }

  private static long size(List<Op> ops) {
    long size = 0;
    for (Op op : ops) {
      size += op instanceof Put put ? put.key().length() + put.value().length() : 64;
    }
    return size;
  }

  /**
   * Whether none of the keys was written before, as far as that can be seen: the store takes one
   * write of a key in a step. Those that are seen count from now on.
   */
  private static boolean areDistinct(List<Op> ops, Set<Bytes> written) {
    boolean distinct = true;
    for (Op op : ops) {
      if (op instanceof Put put) {
        distinct &= written.add(put.key());
      } else if (op instanceof Delete delete && delete.rangeEnd().isEmpty()) {
        distinct &= written.add(delete.key());
      } else {
        distinct = false; // of many keys, or a transaction within: in a step of its own
      }
    }
    return distinct;
  }

  // ---- what fails ------------------------------------------------------------------------------

  private void failed(RecordedEvent event, Exception failure) {
    Exception why = unwrapped(failure);
    if (endsConsumer(why)) {
      return;
    }
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
    done();
  }

  /**
   * What is no failure of the event's: that this process can't read it, while another consumer may,
   * and that it is to stop.
   */
  private boolean endsConsumer(Exception why) {
    if (why instanceof QuorateException known && known.code() == ErrorCode.VALUE_UNREADABLE) {
      consumer.fail(known);
      return true;
    }
    if (why instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      consumer.fail(
          QuorateException.of(ErrorCode.INTERRUPTED, "a handler was interrupted: " + why, why));
      return true;
    }
    return false;
  }

  /** A handler may have waited for what failed. */
  private static Exception unwrapped(Exception failure) {
    boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
    return wraps && failure.getCause() instanceof Exception cause ? cause : failure;
  }

  private void park(RecordedEvent event, int tried, Exception why) {
    ParkedEvent parked =
        new ParkedEvent(
            number, event.position(), event.stream(), event.version(), tried, String.valueOf(why));
    move(
        List.of(Put.of(keys.parked(number, event.position()), parked.encode())),
        event.position(),
        () -> {
          synchronized (this) {
            handledTo(event);
            oneAtATime = false;
          }
          LOG.log(
              System.Logger.Level.WARNING,
              "event parked: group={0} event=\"{1}\" attempts={2} reason={3}",
              consumer.groupName(),
              event.inWords(),
              tried,
              String.valueOf(why));
          done();
        },
        consumer::fail);
  }

  /** Tries a parked event again, if it is parked still. */
  private void retry(Wanted again) {
    if (isOver()) {
      return;
    }
    Bytes key = keys.parked(number, again.position());
    var unused =
        client
            .kv()
            .rangeAsync(Range.key(key))
            .thenCompose(response -> {
              KeyValue kv = response.first().orElse(null);
              return kv == null
                  ? CompletableFuture.completedFuture(new Retried(null, List.of()))
                  : read(ParkedEvent.of(kv));
            })
            .whenComplete((found, failure) -> {
              if (failure == null) {
                execute(() -> retry(again, found));
                return;
              }
              QuorateException why = QuorateException.reason(failure);
              if (Tenure.passes(why)) {
                tenure.later(() -> retry(again));
              } else if (why.code() == ErrorCode.VALUE_UNREADABLE) {
                skip(again);
              } else {
                consumer.fail(why);
              }
            });
  }

  /** A parked event; none if its stream was truncated since, so that there is nothing to handle. */
  private record Retried(@Nullable ParkedEvent parked, List<RecordedEvent> events) {}

  private CompletableFuture<Retried> read(ParkedEvent parked) {
    return consumer
        .store()
        .readAsync(StreamRead.of(parked.stream()).from(parked.version()).limit(1))
        .thenApply(page ->
            new Retried(
                parked,
                page.events().stream()
                    .filter(event -> event.position().equals(parked.position()))
                    .toList()));
  }

  /** What can't be read stays as it is, and isn't looked at again. */
  private void skip(Wanted again) {
    synchronized (this) {
      wanted.remove(again);
    }
    done();
  }

  private void retry(Wanted again, Retried found) {
    if (isOver()) {
      return;
    }
    ParkedEvent parked = found.parked();
    List<Op> ops = new ArrayList<>();
    if (parked == null) {
      settle(again, null, ops);
      return;
    }
    try {
      for (RecordedEvent event : found.events()) {
        ops.addAll(handling.handle(event));
      }
    } catch (Exception e) {
      Exception why = unwrapped(e);
      if (!endsConsumer(why)) {
        settleFailed(again, parked, why);
      }
      return;
    }
    ops.add(Delete.key(keys.parked(number, again.position())));
    settle(again, parked, ops);
  }

  private void settleFailed(Wanted again, ParkedEvent parked, Exception why) {
    Bytes key = keys.parked(number, again.position());
    settle(again, null, List.of(Put.of(key, parked.failed(String.valueOf(why)).encode())));
  }

  /**
   * What came of a wish is written, and the wish is gone.
   *
   * @param parked of which a refusal by the store is told; null if a refusal can't be its fault
   */
  private void settle(Wanted again, @Nullable ParkedEvent parked, List<Op> ops) {
    Bytes key = keys.wanted(number, again.position());
    List<Op> all = new ArrayList<>(ops);
    all.add(Delete.key(key));
    tenure.step(
        Compare.modRevision(key).is(again.revision()),
        all,
        key,
        there -> there == null || there.modRevision() != again.revision(),
        () -> {
          synchronized (this) {
            wanted.remove(again);
          }
          done();
        },
        refusal -> {
          if (parked == null) {
            consumer.fail(refusal);
          } else {
            settleFailed(again, parked, refusal);
          }
        });
  }

  // ---- what is written -------------------------------------------------------------------------

  /** Has the store do something as the checkpoint moves. */
  private void move(List<Op> ops, Position to, Runnable then, Tenure.Refusal refused) {
    Position from;
    synchronized (this) {
      from = checkpoint;
    }
    Bytes at = keys.checkpoint(number);
    List<Op> all = new ArrayList<>(ops);
    all.add(Put.of(at, Bytes.utf8(to.toText())));
    tenure.step(
        Compare.value(at).is(from.toText()),
        all,
        at,
        there -> there != null && there.value().toUtf8().equals(to.toText()),
        () -> {
          synchronized (this) {
            checkpoint = to;
            sinceCheckpoint = 0;
            checkpointDue = false;
          }
          then.run();
        },
        refused);
  }

  private synchronized boolean isOver() {
    return over;
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** Nothing more is done: somebody else owns it, or the consumer can't go on. */
  void abandon() {
    synchronized (this) {
      over = true;
      waiting.clear();
      consumer.holds(-waitingBytes);
      waitingBytes = 0;
    }
    released.complete(null);
  }

  /** Gives it back, once the event that is handled just now is done. */
  CompletableFuture<Void> release() {
    synchronized (this) {
      ending = true;
    }
    goOn();
    return released;
  }

  /** Repeated until it is answered: the session may go on, and the key with it. */
  private void giveBack() {
    List<Op> ops = new ArrayList<>();
    synchronized (this) {
      if (handled.isAfter(checkpoint)) {
        ops.add(Put.of(keys.checkpoint(number), Bytes.utf8(handled.toText())));
      }
    }
    ops.add(tenure.end());
    var unused =
        client
            .kv()
            .txnAsync(Txn.when(tenure.lasts()).then(ops.toArray(Op[]::new)))
            .whenComplete((response, failure) -> {
              QuorateException why = failure == null ? null : QuorateException.reason(failure);
              boolean again =
                  why != null && (Tenure.passes(why) || why.code() == ErrorCode.SPACE_EXCEEDED);
              if (again && !isOver()) {
                tenure.later(this::giveBack);
                return;
              }
              abandon();
              consumer.lost(this);
              if (why != null) {
                consumer.fail(why); // the key would stay as long as the session does
              }
            });
  }
}
