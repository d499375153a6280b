package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Reads a page of one stream towards earlier versions. Stores read forwards, so it is read in
 * pieces from its end on: the appends between two versions, and so many versions as those before
 * them let expect to be of a good size. A page ends early where its events are large.
 */
final class BackwardsReader {
  private static final int VERSIONS_FIRST = 32;
  private static final int VERSIONS_MAX = 10_000;

  private final EventStore store;
  private final StreamRead read;
  private final List<RecordedEvent> events = new ArrayList<>();

  /** The last version that isn't read yet. */
  private long last;

  /** The earliest version that the page shall have. */
  private long earliest;

  private int versions = VERSIONS_FIRST;
  private long revision;
  private long bytes;

  private BackwardsReader(EventStore store, StreamRead read, long last) {
    this.store = store;
    this.read = read;
    this.last = last;
    earliest = earliest(last);
    revision = read.revision();
  }

  static CompletableFuture<StreamPage> read(EventStore store, StreamRead read) {
    if (read.from() == 0) {
      return fromEnd(store, read);
    }
    return new BackwardsReader(store, read, read.from())
        .begin()
        .thenCompose(page ->
            page.isPresent()
                ? CompletableFuture.completedFuture(page.get())
                : fromEnd(store, read)); // the stream doesn't reach that far
  }

  private static CompletableFuture<StreamPage> fromEnd(EventStore store, StreamRead read) {
    return EndSearch.find(store, read.stream(), read.revision())
        .thenCompose(end -> {
          if (end.version() == 0 || end.closed()) {
            return CompletableFuture.completedFuture(nothing(read, end.closed(), end.revision()));
          }
          long last = read.from() == 0 ? end.version() : Math.min(read.from(), end.version());
          BackwardsReader reader = new BackwardsReader(store, read, last);
          return reader
              .begin()
              .thenApply(page -> page.orElseGet(() -> nothing(read, false, reader.revision)));
        });
  }

  private static StreamPage nothing(StreamRead read, boolean closed, long revision) {
    return new StreamPage(read, List.of(), 0, true, closed, revision);
  }

  private long earliest(long of) {
    return Math.max(1, of - read.limit() + 1);
  }

  /** Where the next piece begins. */
  private long first() {
    return Math.max(earliest, last - versions + 1);
  }

  /**
   * The first piece; the append that has the last version may end behind it.
   *
   * @return completes with the page; empty if the stream has nothing there or further on
   */
  private CompletableFuture<Optional<StreamPage>> begin() {
    long first = first();
    long soonBehind = StreamReader.soonBehind(last);
    return ask(first, commit(soonBehind), (int) (last - first + 2))
        .thenCompose(kvs -> reaches(kvs) ? found(kvs) : askBehind(soonBehind, kvs))
        .thenCompose(kvs -> {
          if (kvs.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
          }
          long end = Layout.versionOf(kvs.get(kvs.size() - 1).key());
          earliest = earliest(Math.min(last, end));
          return take(first, kvs).thenApply(Optional::of);
        });
  }

  private boolean reaches(List<KeyValue> kvs) {
    return !kvs.isEmpty() && Layout.versionOf(kvs.get(kvs.size() - 1).key()) >= last;
  }

  private static CompletableFuture<List<KeyValue>> found(List<KeyValue> kvs) {
    return CompletableFuture.completedFuture(kvs);
  }

  /** The same, and the first append that is as far behind as was not asked for yet. */
  private CompletableFuture<List<KeyValue>> askBehind(long from, List<KeyValue> kvs) {
    return ask(from, store.layout().streamEnd(read.stream()), 1)
        .thenApply(behind -> {
          List<KeyValue> all = new ArrayList<>(kvs);
          all.addAll(behind);
          return all;
        });
  }

  private Bytes commit(long version) {
    return store.layout().commit(read.stream(), version);
  }

  private CompletableFuture<List<KeyValue>> ask(long from, Bytes to, int limit) {
    return store
        .client()
        .kv()
        .rangeAsync(Range.between(commit(from), to).limit(limit).withoutCount().revision(revision))
        .thenApply(response -> {
          revision = revision == 0 ? response.header().revision() : revision;
          return response.kvs();
        });
  }

  /**
   * Takes a piece, and goes on with the next.
   *
   * @param first the version that it begins with, if the stream still has that
   */
  private CompletableFuture<StreamPage> take(long first, List<KeyValue> kvs) {
    long here = 0;
    long earliestHere = last + 1;
    for (int i = kvs.size() - 1; i >= 0; i--) {
      Commit commit = Commit.of(kvs.get(i));
      if (commit.closed()) {
        return CompletableFuture.completedFuture(nothing(read, true, revision));
      }
      List<RecordedEvent> recorded = commit.recorded(read.stream(), kvs.get(i).createRevision());
      Collections.reverse(recorded);
      for (RecordedEvent event : recorded) {
        if (event.version() <= last && event.version() >= earliest) {
          events.add(event);
        }
      }
      earliestHere = commit.firstVersion();
      here += kvs.get(i).value().length();
    }
    bytes += here;
    if (earliestHere > first) {
      return page(0); // what was before it is truncated
    }
    long covered = last - earliestHere + 1;
    last = earliestHere - 1;
    if (last < earliest) {
      return page(earliest - 1);
    }
    if (bytes >= StreamReader.PAGE_BYTES_MAX) {
      return page(last);
    }
    versions = Portion.next(covered, here, VERSIONS_MAX);
    long next = first();
    return ask(next, commit(last + 1), versions).thenCompose(more -> take(next, more));
  }

  /**
   * @param next the version to go on from; 0 if there is none
   */
  private CompletableFuture<StreamPage> page(long next) {
    return CompletableFuture.completedFuture(
        new StreamPage(read, events, next, next == 0, false, revision));
  }
}
