package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.QuorateClient;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Tells a listener of events from a position on: those that are there, then those that come,
 * without a gap and without telling one twice, whatever happens to members and connections.
 *
 * <p>It watches the keys of appends from the position's revision on. A watch begins in the past as
 * well as now, so there is no moment at which it is handed over from one to the other. Where the
 * store doesn't have the history of that revision any more, the appends that are there are
 * {@linkplain Scan scanned} as of a revision, and watched behind that. What was truncated meanwhile
 * isn't told.
 *
 * <p>Safe for use by many threads.
 */
public final class Subscription implements AutoCloseable {
  private static final long ASK_AGAIN_NANOS = 200_000_000L;
  private static final int SCAN_PAGE = 500;

  private final EventStore store;
  private final QuorateClient client;
  private final Query query;
  private final EventListener listener;
  private final Executor executor;
  private final Bytes prefix;

  // Guarded by this.
  private @Nullable Watcher watcher;
  private boolean over;

  /** The page that is told just now, if it was scanned; nothing is asked of the scan meanwhile. */
  private @Nullable Ahead ahead;

  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();

  // Written in the order in which the listener is called, and nowhere else.
  private Position told;
  private long liveAt;
  private volatile boolean live;
  private boolean asking;

  private volatile Position reached;

  Subscription(
      EventStore store, Query query, Position after, EventListener listener, Executor executor) {
    this.store = store;
    this.query = query;
    this.listener = listener;
    this.executor = executor;
    client = store.client();
    told = after;
    reached = after;
    prefix = store.layout().streams(query.commonPrefix());
  }

  /** Up to where all events were told, and the listener has returned. */
  public Position reached() {
    return reached;
  }

  /**
   * Completes with why once it has ended by itself, as the listener is told, too. Never if it is
   * closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  /**
   * Closes this, and tells another listener of the same query from a position on. What this has
   * scanned ahead of the position isn't scanned again: so whoever is slow closes it by this, and
   * goes on when there is room.
   *
   * @param after a position that was told, or any other
   */
  public Subscription again(Position after, EventListener other) {
    Subscription next = new Subscription(store, query, after, other, executor);
    Ahead scanned;
    synchronized (this) {
      scanned = ahead;
      ahead = null;
      over = true;
    }
    close();
    if (scanned != null && !scanned.from().isAfter(after)) {
      client.timer().after(1, () -> next.takeOn(scanned)); // not in this call: it may hold locks
    } else {
      next.watch();
    }
    return next;
  }

  /** Tells nothing more; what the listener is doing just now is the last. Idempotent. */
  @Override
  public void close() {
    Watcher present;
    synchronized (this) {
      over = true;
      present = watcher;
      watcher = null;
    }
    if (present != null) {
      present.close();
    }
  }

  private synchronized boolean isOver() {
    return over;
  }

  // ---- watching --------------------------------------------------------------------------------

  /** From the revision of what was told last, whose append may have more events. */
  void watch() {
    long from = told.index() == Integer.MAX_VALUE ? told.revision() + 1 : told.revision();
    WatchRequest request =
        new WatchRequest(
            prefix, Keys.prefixEnd(prefix), Math.max(1, from), false, true, false, true);
    synchronized (this) {
      if (!over) {
        watcher = client.watch().start(request, new Watching(), executor);
      }
    }
  }

  private final class Watching implements WatchListener {
    @Override
    public void created(Header header) {
      liveAt = Math.max(liveAt, header.revision());
      if (!asking) {
        asking = true;
        askHowFar(ASK_AGAIN_NANOS / 100);
      }
    }

    @Override
    public void events(WatchResponse response) {
      List<Event> all = response.events();
      int from = 0;
      while (from < all.size()) {
        int to = from;
        long revision = all.get(from).kv().modRevision();
        while (to < all.size() && all.get(to).kv().modRevision() == revision) {
          to++;
        }
        if (!tell(all.subList(from, to), revision)) {
          return;
        }
        from = to;
      }
    }

    /** Tells no position: etcd before 3.4.25 says so ahead of events that are on their way. */
    @Override
    public void progress(Header header) {
      if (header.revision() >= liveAt) {
        guarded(Subscription.this::becomeLive);
      }
    }

    @Override
    public void ended(WatchEnd end) {
      if (end.code() == ErrorCode.REVISION_COMPACTED) {
        scan();
      } else if (end.code() == ErrorCode.OUTCOME_UNKNOWN) { // by the executor: all else is guarded
        end(QuorateException.of(ErrorCode.STOPPED, end.reason()));
      } else {
        end(QuorateException.of(end.code(), end.reason()));
      }
    }
  }

  /** A member that has not caught up doesn't say how far it is, so it is asked until it does. */
  private void askHowFar(long nanos) {
    client
        .timer()
        .after(
            nanos,
            () -> {
              Watcher present;
              synchronized (this) {
                present = watcher;
              }
              if (!live && !isOver() && !client.isClosed()) {
                if (present != null) {
                  present.requestProgress();
                }
                askHowFar(ASK_AGAIN_NANOS);
              }
            });
  }

  /** What happened at one revision. A key that is rewritten lost events, and tells nothing new. */
  private boolean tell(List<Event> changes, long revision) {
    return guarded(() -> {
      List<KeyValue> created = new ArrayList<>();
      for (Event change : changes) {
        if (change.isCreation()) {
          created.add(change.kv());
        }
      }
      tellAppends(created);
      reach(Position.after(revision));
    });
  }

  private void tellAppends(List<KeyValue> appends) throws Exception {
    List<RecordedEvent> events = new ArrayList<>();
    for (KeyValue kv : appends) {
      events.addAll(Commit.of(kv).recorded(store.layout().streamOf(kv.key()), kv.createRevision()));
    }
    events.removeIf(event -> !query.matches(event));
    events.sort(Comparator.comparing(RecordedEvent::position));
    tell(events);
  }

  private void tell(List<RecordedEvent> events) throws Exception {
    for (RecordedEvent event : events) {
      if (isOver()) {
        return;
      }
      if (event.position().isAfter(told)) {
        listener.event(event);
        told = event.position();
        reached = told;
      }
    }
  }

  private void reach(Position position) throws Exception {
    if (isOver()) {
      return;
    }
    if (position.isAfter(told)) {
      told = position;
      reached = position;
      listener.upTo(position);
    }
    if (liveAt > 0 && told.revision() >= liveAt) {
      becomeLive();
    }
  }

  private void becomeLive() throws Exception {
    if (!live && !isOver()) {
      live = true;
      listener.caughtUp();
    }
  }

  // ---- scanning --------------------------------------------------------------------------------

  /**
   * A page that was scanned.
   *
   * @param from all events behind this are in the page, up to its end
   */
  private record Ahead(Scan scan, EventPage page, Position from) {}

  private void scan() {
    if (isOver()) {
      return;
    }
    scanOn(store.scan(query, told));
  }

  private void scanOn(Scan scan) {
    Position from = told;
    var unused =
        scan.nextAsync(SCAN_PAGE)
            .whenComplete((page, failed) -> {
              if (failed == null) {
                takeOn(new Ahead(scan, page, from));
              } else {
                scanFailed(QuorateException.reason(failed));
              }
            });
  }

  private void scanFailed(QuorateException why) {
    boolean passes =
        why instanceof QuorateException.Unavailable || why.code() == ErrorCode.TIMED_OUT;
    if (passes && why.code() != ErrorCode.STOPPED) {
      client.timer().after(ASK_AGAIN_NANOS, this::scan);
    } else {
      onExecutor(() -> end(why));
    }
  }

  private void takeOn(Ahead scanned) {
    onExecutor(() -> take(scanned));
  }

  private void onExecutor(Runnable task) {
    try {
      executor.execute(task);
    } catch (RuntimeException e) {
      end(QuorateException.of(ErrorCode.STOPPED, "the executor refused: " + e, e));
    }
  }

  private void take(Ahead scanned) {
    synchronized (this) {
      if (over) {
        return;
      }
      ahead = scanned;
    }
    EventPage page = scanned.page();
    boolean goesOn =
        guarded(() -> {
          tell(page.events());
          reach(page.upTo());
        });
    synchronized (this) {
      if (!goesOn || over) {
        return;
      }
      ahead = null;
    }
    if (page.isEnd()) {
      watch();
    } else {
      scanOn(scanned.scan());
    }
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** Something that may fail as a listener fails. */
  private interface Step {
    void run() throws Exception;
  }

  /** Whether it went well, and the subscription goes on. */
  private boolean guarded(Step step) {
    try {
      step.run();
      return true;
    } catch (QuorateException e) {
      end(e);
    } catch (Throwable e) { // an Error too: nobody else would hear of it
      end(QuorateException.of(ErrorCode.OUTCOME_UNKNOWN, "the listener failed: " + e, e));
    }
    return false;
  }

  private void end(QuorateException why) {
    if (!isOver()) {
      close();
      listener.ended(why);
      failure.complete(why); // last, since who hears of it may do what takes long
    }
  }
}
