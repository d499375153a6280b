package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a page of one stream forwards, and has others read it {@linkplain BackwardsReader
 * backwards}. The first key from a version on holds that version, so a page begins where it shall
 * without a look for where that is. A page ends early where its events are large.
 *
 * <p>A page is as of one revision. If that is compacted before the page is read, it is read anew as
 * of a later one, unless whoever asked named the revision.
 */
final class StreamReader {
  private static final int COMMITS_FIRST = 32;
  private static final int COMMITS_MAX = 10_000;

  /** A page that has as much ends. */
  static final long PAGE_BYTES_MAX = 8L << 20;

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
    CompletableFuture<StreamPage> page = readOnce(store, read);
    return read.revision() > 0 ? page : againIfCompacted(page, () -> read(store, read));
  }

  private static <T> CompletableFuture<T> againIfCompacted(
      CompletableFuture<T> page, Supplier<CompletableFuture<T>> again) {
    return page.exceptionallyCompose(failure ->
        QuorateException.reason(failure).code() == ErrorCode.REVISION_COMPACTED
            ? again.get()
            : CompletableFuture.failedFuture(failure));
  }

  private static CompletableFuture<StreamPage> readOnce(EventStore store, StreamRead read) {
    if (read.descending()) {
      return BackwardsReader.read(store, read);
    }
    long first = Math.max(1, read.from());
    return new StreamReader(store, read, first, first + read.limit() - 1).start();
  }

  /** A page behind a snapshot, and whether the stream has what that was made of, in one step. */
  static CompletableFuture<Optional<StreamPage>> readBehind(
      EventStore store, String stream, Snapshot snapshot) {
    return againIfCompacted(
        readBehindOnce(store, stream, snapshot), () -> readBehind(store, stream, snapshot));
  }

  private static CompletableFuture<Optional<StreamPage>> readBehindOnce(
      EventStore store, String stream, Snapshot snapshot) {
    Layout layout = store.layout();
    Bytes at = layout.commit(stream, snapshot.version());
    Bytes behind = layout.commit(stream, snapshot.version() + 1);
    StreamRead read = StreamRead.of(stream).from(snapshot.version() + 1);
    StreamReader reader =
        new StreamReader(store, read, read.from(), read.from() + read.limit() - 1);
    long to = soonBehind(reader.last);
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
  static long soonBehind(long last) {
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
                        store.layout().commit(read.stream(), soonBehind(last)))
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
      take(response, response.more() ? 0 : soonBehind(last));
    } catch (RuntimeException e) {
      page.completeExceptionally(e);
    }
  }

  /**
   * @param asked up to which version the answer has all there is; 0 if it may have been cut
   */
  private void take(RangeResponse response, long asked) {
    revision = revision == 0 ? response.header().revision() : revision;
    long here = 0;
    for (KeyValue kv : response.kvs()) {
      here += kv.value().length();
      Commit commit = Commit.of(kv);
      if (commit.closed()) {
        page.complete(new StreamPage(read, List.of(), 0, true, true, revision));
        return;
      }
      if (events.isEmpty() && commit.firstVersion() > last) {
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
    boolean isFull = bytes >= PAGE_BYTES_MAX && !events.isEmpty();
    boolean goesBeyond = next - 1 > last;
    if (goesBeyond || isFull) {
      complete(false);
    } else if (asked > 0) {
      askBehind(Math.max(next, asked));
    } else {
      commits = Portion.next(response.kvs().size(), here, COMMITS_MAX);
      ask();
    }
  }

  private void complete(boolean isEnd) {
    boolean whole = isEnd && next - 1 <= last;
    long behind = events.isEmpty() ? Math.min(next, last + 1) : version(events.size() - 1) + 1;
    behind = whole ? next : behind;
    page.complete(new StreamPage(read, events, behind, whole, false, revision));
  }

  private long version(int index) {
    return events.get(index).version();
  }
}
