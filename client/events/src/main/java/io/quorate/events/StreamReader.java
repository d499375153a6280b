package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads a page of one stream. The first key from a version on holds that version, so a page begins
 * where it shall without a look for where that is. A page ends early where its events are large.
 */
final class StreamReader {
  private static final int COMMITS_FIRST = 32;
  private static final int COMMITS_MAX = 10_000;
  private static final long BYTES_AIMED = 2L << 20;
  private static final long PAGE_BYTES_MAX = 8L << 20;

  /** How far behind a page it is looked whether the stream goes on. */
  private static final int BEHIND = 64;

  private final EventStore store;
  private final QuorateClient client;
  private final StreamRead read;
  private final CompletableFuture<StreamPage> page = new CompletableFuture<>();
  private final List<RecordedEvent> events = new ArrayList<>();

  /** The versions that the page shall have. */
  private long first;

  private long last;
  private long next;
  private long revision;
  private long bytes;

  /** Whether any append is there from the first version on. */
  private boolean sawAny;

  private int commits = COMMITS_FIRST;

  private StreamReader(EventStore store, StreamRead read, long first, long last) {
    this.store = store;
    this.read = read;
    this.first = first;
    this.last = last;
    client = store.client();
    next = first;
    revision = read.revision();
  }

  static CompletableFuture<StreamPage> read(EventStore store, StreamRead read) {
    if (!read.descending()) {
      long first = Math.max(1, read.from());
      return new StreamReader(store, read, first, first + read.limit() - 1).start();
    }
    if (read.from() == 0) {
      return fromEnd(store, read);
    }
    return backwards(store, read, read.from())
        .thenCompose(page ->
            page.events().isEmpty() && page.next() > 0
                ? fromEnd(store, read) // the stream doesn't reach that far
                : CompletableFuture.completedFuture(page));
  }

  private static CompletableFuture<StreamPage> fromEnd(EventStore store, StreamRead read) {
    return EndSearch.find(store, read.stream(), read.revision())
        .thenCompose(end ->
            end.version() == 0 || end.closed()
                ? CompletableFuture.completedFuture(
                    new StreamPage(read, List.of(), 0, true, end.closed(), read.revision()))
                : backwards(
                    store,
                    read,
                    read.from() == 0 ? end.version() : Math.min(read.from(), end.version())));
  }

  private static CompletableFuture<StreamPage> backwards(
      EventStore store, StreamRead read, long last) {
    long first = Math.max(1, last - read.limit() + 1);
    return new StreamReader(store, read, first, last).start();
  }

  /** A page behind a snapshot, and whether the stream has what that was made of, in one step. */
  static CompletableFuture<Optional<StreamPage>> readBehind(
      EventStore store, String stream, Snapshot snapshot) {
    Layout layout = store.layout();
    Bytes at = layout.commit(stream, snapshot.version());
    Bytes behind = layout.commit(stream, snapshot.version() + 1);
    StreamRead read = StreamRead.of(stream).from(snapshot.version() + 1);
    StreamReader reader =
        new StreamReader(store, read, read.from(), read.from() + read.limit() - 1);
    long to = reader.soonBehind();
    Range page =
        Range.between(behind, layout.commit(stream, to)).limit(COMMITS_FIRST).withoutCount();
    Range before =
        Range.between(layout.stream(stream), behind).limit(1).withoutCount().withKeysOnly();
    return store
        .client()
        .kv()
        .txnAsync(
            Txn.when(Compare.createRevision(at).is(snapshot.revision()))
                .then(page)
                .otherwise(page, before))
        .thenCompose(response -> {
          RangeResponse found = (RangeResponse) response.responses().get(0);
          if (!response.succeeded()
              && !(isEmpty(response.responses().get(1)) && beginsAt(found, read.from()))) {
            return CompletableFuture.completedFuture(Optional.empty());
          }
          reader.take(found, found.more() ? 0 : to);
          return reader.page.thenApply(Optional::of);
        });
  }

  private static boolean isEmpty(OpResponse response) {
    return ((RangeResponse) response).kvs().isEmpty();
  }

  /** Whether the stream is truncated up to there, and has no gap. */
  private static boolean beginsAt(RangeResponse found, long version) {
    return found.first().map(kv -> Commit.of(kv).firstVersion() == version).orElse(false);
  }

  /** Up to where is asked for what the page needs. */
  private long soonBehind() {
    return Math.min(last, Layout.VERSION_MAX - BEHIND) + BEHIND;
  }

  private CompletableFuture<StreamPage> start() {
    ask();
    return page;
  }

  /**
   * Some of the appends that the page needs, and whether one is behind them. The range ends soon
   * behind the page: a store counts all keys of a range, however few are wanted of it.
   */
  private void ask() {
    int limit = (int) Math.min(commits, last - next + 2);
    var unused =
        client
            .kv()
            .rangeAsync(
                Range.between(
                        store.layout().commit(read.stream(), next),
                        store.layout().commit(read.stream(), soonBehind()))
                    .limit(limit)
                    .withoutCount()
                    .revision(revision))
            .whenComplete(this::answered);
  }

  /** The first append that is as far behind as was not asked for yet, if there is any. */
  private void askBehind(long from) {
    Range behind =
        Range.between(
                store.layout().commit(read.stream(), from), store.layout().streamEnd(read.stream()))
            .limit(1)
            .withoutCount()
            .revision(revision);
    var unused =
        client
            .kv()
            .rangeAsync(behind)
            .whenComplete((response, failure) -> {
              if (failure != null) {
                page.completeExceptionally(failure);
                return;
              }
              try {
                takeBehind(response);
              } catch (RuntimeException e) {
                page.completeExceptionally(e);
              }
            });
  }

  private void takeBehind(RangeResponse response) {
    KeyValue kv = response.first().orElse(null);
    if (kv == null) {
      complete(true);
    } else if (next > last) {
      complete(false);
    } else {
      take(response, 0);
    }
  }

  private void answered(@Nullable RangeResponse response, @Nullable Throwable failure) {
    if (response == null) {
      page.completeExceptionally(
          failure == null ? new IllegalStateException("no answer") : failure);
      return;
    }
    try {
      take(response, response.more() ? 0 : soonBehind());
    } catch (RuntimeException e) {
      page.completeExceptionally(e);
    }
  }

  /**
   * @param asked up to which version the answer has all there is; 0 if it may have been cut
   */
  private void take(RangeResponse response, long asked) {
    revision = revision == 0 ? response.header().revision() : revision;
    long here = 1;
    for (KeyValue kv : response.kvs()) {
      sawAny = true;
      here += kv.value().length();
      Commit commit = Commit.of(kv);
      if (commit.closed()) {
        page.complete(new StreamPage(read, List.of(), 0, true, true, revision));
        return;
      }
      if (!read.descending() && events.isEmpty() && commit.firstVersion() > last) {
        first = commit.firstVersion(); // what was before it is truncated
        last = first + read.limit() - 1;
      }
      for (RecordedEvent event : commit.recorded(read.stream(), kv.createRevision())) {
        if (event.version() >= first && event.version() <= last) {
          events.add(event);
        }
      }
      next = commit.lastVersion() + 1;
    }
    bytes += here;
    boolean isFull = bytes >= PAGE_BYTES_MAX && !read.descending() && !events.isEmpty();
    boolean goesBeyond = next - 1 > last;
    if (read.descending() && next > last) {
      complete(false);
    } else if (goesBeyond || isFull) {
      complete(false);
    } else if (asked > 0) {
      askBehind(Math.max(next, asked));
    } else {
      commits =
          (int) Math.min(COMMITS_MAX, Math.max(1, BYTES_AIMED * response.kvs().size() / here));
      ask();
    }
  }

  private void complete(boolean isEnd) {
    if (!read.descending()) {
      boolean whole = isEnd && next - 1 <= last;
      long behind = events.isEmpty() ? Math.min(next, last + 1) : version(events.size() - 1) + 1;
      behind = whole ? next : behind;
      page.complete(new StreamPage(read, events, behind, whole, false, revision));
      return;
    }
    boolean reachesBack = first > 1 && (events.isEmpty() ? !sawAny : version(0) == first);
    long below = reachesBack ? first - 1 : 0;
    Collections.reverse(events);
    page.complete(new StreamPage(read, events, below, below == 0, false, revision));
  }

  private long version(int index) {
    return events.get(index).version();
  }
}
