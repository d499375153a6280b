package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All keys below a prefix, held here and kept up to date by a watch: reading costs no round trip.
 *
 * <p>It shows the store as it was at one {@link #revision}, whole revisions only, never an older
 * one than before; how far that is behind the store is not known here. Where the watch can't go on
 * since history was compacted, all is read anew, and the difference counts as one change.
 *
 * <p>Safe for use by many threads.
 */
public final class CachedPrefix implements AutoCloseable {
  private static final long PAGE = 1_000;

  private final Kv kv;
  private final Watch watch;
  private final Calls calls;
  private final Bytes prefix;
  private final CompletableFuture<CachedPrefix> loaded = new CompletableFuture<>();
  private final CompletableFuture<QuorateException> loss = new CompletableFuture<>();

  /** The keys at one revision. */
  public record View(long revision, NavigableMap<Bytes, KeyValue> entries) {}

  private final Listeners<View> listeners =
      new Listeners<>(this::view, (now, last) -> now.revision() > last.revision());

  // Guarded by this.
  private final TreeMap<Bytes, KeyValue> entries = new TreeMap<>();
  private long revision;

  /** The last that was given out; null if there was a change since. */
  private @Nullable View given;

  private @Nullable Watcher watcher;
  private boolean closed;
  private int failures;

  private CachedPrefix(QuorateClient client, Calls calls, Bytes prefix) {
    this.kv = client.kv();
    this.watch = client.watch();
    this.calls = calls;
    this.prefix = prefix;
  }

  /** Completes once all was read. */
  static CompletableFuture<CachedPrefix> open(QuorateClient client, Calls calls, Bytes prefix) {
    CachedPrefix cache = new CachedPrefix(client, calls, prefix);
    cache.endIfUnwanted();
    cache.load();
    return cache.loaded;
  }

  /** The revision of the store that it shows. */
  public long revision() {
    synchronized (this) {
      return revision;
    }
  }

  /** One key, as it was at that revision. */
  public Optional<KeyValue> get(Bytes key) {
    synchronized (this) {
      return Optional.ofNullable(entries.get(key));
    }
  }

  /** All keys, as they were at one revision; doesn't change any more. */
  public View view() {
    synchronized (this) {
      View present = given;
      if (present == null) {
        present = new View(revision, Collections.unmodifiableNavigableMap(new TreeMap<>(entries)));
        given = present;
      }
      return present;
    }
  }

  /** Tells of changes from now on, on the common pool. */
  public Listening onChange(Consumer<? super View> listener) {
    return onChange(listener, ForkJoinPool.commonPool());
  }

  /**
   * Tells of changes from now on. Who is slow is told the latest view, and not those in between.
   *
   * @param executor runs the listener, which may block there
   */
  public Listening onChange(Consumer<? super View> listener, Executor executor) {
    return listeners.add(listener, executor);
  }

  /**
   * Completes, with why, once it can't follow the store any more, as when its client is closed;
   * what it shows stays. Never if this is closed before.
   */
  public CompletableFuture<QuorateException> loss() {
    return loss.copy();
  }

  /** Whoever wanted it may not wait for it to the end. */
  private void endIfUnwanted() {
    var unused =
        loaded.whenComplete((cache, failure) -> {
          if (failure != null) {
            end();
          }
        });
  }

  // ---- reading it all --------------------------------------------------------------------------

  private void load() {
    page(Range.prefix(prefix).limit(PAGE).withoutCount(), new TreeMap<>());
  }

  private void page(Range range, Map<Bytes, KeyValue> into) {
    var unused =
        kv.rangeAsync(range)
            .whenComplete((response, failure) -> {
              if (failure != null) {
                loadAgain(QuorateException.reason(failure));
                return;
              }
              response.kvs().forEach(each -> into.put(each.key(), each));
              long at = range.revision() == 0 ? response.header().revision() : range.revision();
              if (response.more() && !response.kvs().isEmpty()) {
                Bytes last = response.kvs().get(response.kvs().size() - 1).key();
                page(
                    Range.between(Keys.after(last), range.rangeEnd())
                        .limit(PAGE)
                        .withoutCount()
                        .revision(at),
                    into);
              } else {
                loaded(at, into);
              }
            });
  }

  private void loadAgain(QuorateException why) {
    boolean first = !loaded.isDone();
    boolean passes = why.code() == ErrorCode.REVISION_COMPACTED; // between two pages
    boolean stopped = why.code() == ErrorCode.STOPPED; // the client is closed
    if (stopped || (first && !passes && why.code().kind() != ErrorCode.Kind.UNAVAILABLE)) {
      if (end()) {
        loss.complete(why);
      }
      loaded.completeExceptionally(why);
      return;
    }
    int attempt;
    synchronized (this) {
      if (closed) {
        return;
      }
      attempt = failures++;
    }
    calls.afterPause(attempt, this::load);
  }

  private void loaded(long at, Map<Bytes, KeyValue> all) {
    synchronized (this) {
      if (closed) {
        return;
      }
      failures = 0;
      entries.clear();
      entries.putAll(all);
      changed(Math.max(at, revision));
      watcher =
          watch.start(
              WatchRequest.prefix(prefix).from(at + 1).withProgressNotify(), new Follower());
    }
    listeners.tell();
    loaded.complete(this);
  }

  /** Called with the lock held. */
  private void changed(long at) {
    revision = at;
    given = null;
  }

  private final class Follower implements WatchListener {
    @Override
    public void events(WatchResponse response) {
      synchronized (CachedPrefix.this) {
        for (Event each : response.events()) {
          if (each.kind() == Event.Kind.PUT) {
            entries.put(each.kv().key(), each.kv());
          } else {
            entries.remove(each.kv().key());
          }
        }
        Event last = response.events().get(response.events().size() - 1);
        changed(Math.max(revision, last.kv().modRevision()));
      }
      listeners.tell();
    }

    @Override
    public void progress(Header header) {
      synchronized (CachedPrefix.this) {
        if (header.revision() > revision) {
          changed(header.revision());
        }
      }
    }

    @Override
    public void ended(WatchEnd end) {
      loadAgain(QuorateException.of(end.code(), end.reason()));
    }
  }

  /** Whether it hadn't ended before. */
  private boolean end() {
    Watcher present;
    synchronized (this) {
      if (closed) {
        return false;
      }
      closed = true;
      present = watcher;
    }
    if (present != null) {
      present.close();
    }
    return true;
  }

  /** It follows the store no more; what it shows stays. Idempotent. */
  @Override
  public void close() {
    end();
  }
}
