package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.StreamsService;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of a query in the order of their positions, page by page.
 *
 * <p>Members that offer a service for streams are asked for pages: they keep what was appended in
 * its order, from the first append by way of that service on. Where little of that matches, it is
 * listed.
 *
 * <p>Else, and for what is older: keys are in the order of streams, so first it is listed which
 * appends there are, without what they hold: for tags from their index, else from all keys below
 * what the query's streams have in common. The list is as of one revision, and has the earliest
 * appends behind the present position, at most {@value #LISTED_MAX}; when they are told, the next
 * ones are listed. Then they are read in the order of their revisions.
 *
 * <p>There is one page at a time: ask for the next when the one before has come or failed, or was
 * cancelled. What a page has counts as told once its future has brought it; if that was cancelled
 * before, or had enough of waiting, the next page has it.
 */
public final class Scan {
  private static final int LISTED_MAX = 100_000;
  private static final int LIST_PAGE = 20_000;
  private static final int READ_FIRST = 16;

  /** Fewer appends than these in one answer, and more behind them, are few among many. */
  private static final int SPARSE = 100;

  private static final int READ_MAX = 100;
  private static final long PAGE_BYTES_MAX = 8L << 20;

  private static final Comparator<Found> ORDER =
      Comparator.comparingLong(Found::revision).thenComparing(Found::key);

  private final EventStore store;
  private final QuorateClient client;
  private final Query query;

  // Guarded by this.
  private Progress told;
  private @Nullable Page asked;

  /** An append that is there. */
  private record Found(long revision, Bytes key) {}

  /** How far a scan is. A page has one of its own, which counts from when the page is told. */
  private static final class Progress {
    private Position upTo;

    /** What is listed, in order; as many of these as this says were read. */
    private List<Found> listed = List.of();

    private int read;

    /** The revision that the list is as of; 0 if there is no list. */
    private long asOf;

    /** Whether the list has all there was. */
    private boolean complete;

    private int readNext = READ_FIRST;

    /** Before this revision the members have no order, as far as they said. */
    private long orderedSince;

    /** Of what is in order hardly anything matches: what does is listed, once. */
    private boolean isSparse;

    Progress(Position upTo) {
      this.upTo = upTo;
    }

    Progress(Progress before) {
      upTo = before.upTo;
      listed = before.listed;
      read = before.read;
      asOf = before.asOf;
      complete = before.complete;
      readNext = before.readNext;
      orderedSince = before.orderedSince;
      isSparse = before.isSparse;
    }

    /** What is listed and not read yet. */
    List<Found> unread() {
      return listed.subList(read, listed.size());
    }

    /** The first revision of which not all is told. */
    long next() {
      return upTo.index() == Integer.MAX_VALUE ? upTo.revision() + 1 : upTo.revision();
    }
  }

  Scan(EventStore store, Query query, Position after) {
    this.store = store;
    this.query = query;
    client = store.client();
    told = new Progress(after);
  }

  /** Up to where all events were told. */
  public synchronized Position upTo() {
    return told().upTo;
  }

  /**
   * The next events.
   *
   * @param limit so many, if there are; the appends of one revision are never parted, so it may be
   *     more by what one transaction appended
   * @throws IllegalStateException if the page before hasn't come yet
   */
  public CompletableFuture<EventPage> nextAsync(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit=" + limit);
    }
    Page page = begin(limit);
    page.goOn();
    return page.done;
  }

  private synchronized Page begin(int limit) {
    if (asked != null && !asked.done.isDone()) {
      throw new IllegalStateException(
          "a page of this scan is under way: ask for the next one when it has come, or cancel it");
    }
    Page page = new Page(limit, new Progress(told()));
    asked = page;
    return page;
  }

  /** How far it is; whether its last page was told, that page's future says. */
  private Progress told() {
    if (asked != null && asked.isTold()) {
      told = asked.progress;
      asked = null;
    }
    return told;
  }

  /** The next events, as {@link #nextAsync} brings them, waited for. */
  public EventPage next(int limit) {
    return client.await(nextAsync(limit));
  }

  /** One page while it is made. */
  private final class Page {
    private final int limit;
    private final Progress progress;
    private final List<RecordedEvent> events = new ArrayList<>();
    private final CompletableFuture<EventPage> done = new CompletableFuture<>();
    private long bytes;

    /** What it came to, once progress is made no more. */
    private volatile @Nullable EventPage made;

    Page(int limit, Progress progress) {
      this.limit = limit;
      this.progress = progress;
    }

    /** Whether whoever asked has got it: not if it was cancelled, or something else put there. */
    boolean isTold() {
      EventPage mine = made;
      return mine != null
          && done.isDone()
          && !done.isCompletedExceptionally()
          && mine.equals(done.join());
    }

    /** What was to be in it is read anew by the next one. */
    private void fail(Throwable why) {
      done.completeExceptionally(why);
    }

    void goOn() {
      if (done.isDone()) {
        return; // nobody waits for it any more
      }
      boolean isListed = !progress.unread().isEmpty();
      if (!isListed && progress.asOf == 0 && mayReadInOrder()) {
        readInOrder();
      } else if (isListed) {
        if (events.size() < limit && bytes < PAGE_BYTES_MAX) {
          read();
        } else {
          end(false);
        }
      } else if (progress.asOf == 0 || !progress.complete) {
        if (events.isEmpty() || progress.asOf == 0) {
          list();
        } else {
          end(false);
        }
      } else {
        progress.upTo = Position.after(progress.asOf);
        progress.asOf = 0; // whoever asks again wants what came since
        progress.isSparse = false;
        end(true);
      }
    }

    private void end(boolean isEnd) {
      EventPage page = new EventPage(events, progress.upTo, isEnd);
      made = page;
      done.complete(page);
    }

    /** What is of some streams alone is found by their keys. */
    private boolean mayReadInOrder() {
      return store.isServed()
          && query.isAskable()
          && !query.isOfStreams()
          && !progress.isSparse
          && progress.next() >= progress.orderedSince;
    }

    private void readInOrder() {
      int most = Math.max(1, limit - events.size());
      var unused =
          client
              .streams()
              .readAsync(
                  new StreamsService.ReadRequest(
                      store.layout().rootKey(), query.asAsked(), progress.next(), most))
              .whenComplete((response, failure) -> {
                ErrorCode code = failure == null ? null : QuorateException.reason(failure).code();
                if (code == ErrorCode.NOT_SUPPORTED) {
                  store.serviceIsMissing();
                  guarded(null, this::goOn);
                } else if (code == ErrorCode.PERMISSION_DENIED) {
                  progress.orderedSince = Long.MAX_VALUE; // to list may take less
                  guarded(null, this::goOn);
                } else {
                  guarded(failure, () -> takeInOrder(response, most));
                }
              });
    }

    private void takeInOrder(StreamsService.ReadResponse response, int most) {
      if (response.since() > progress.next()) {
        progress.orderedSince = response.since();
        goOn();
        return;
      }
      List<RecordedEvent> found = new ArrayList<>();
      long here = 0;
      for (KeyValue kv : response.commits()) {
        here += kv.value().length();
        try {
          add(kv, found);
        } catch (QuorateException e) { // what comes before it is told; the next page fails
          long unreadable = kv.createRevision();
          found.removeIf(event -> event.position().revision() == unreadable);
          if (found.isEmpty() && events.isEmpty()) {
            throw e;
          }
          tell(found, unreadable - 1);
          end(false);
          return;
        }
      }
      tell(found, Math.max(response.upTo(), progress.upTo.revision()));
      bytes += here;
      progress.isSparse =
          !response.end()
              && query.isOnlyByNames()
              && response.commits().size() < Math.min(most, SPARSE)
              && here < Portion.BYTES_AIMED / 2;
      if (response.end() || events.size() >= limit || bytes >= PAGE_BYTES_MAX) {
        end(response.end());
      } else {
        goOn();
      }
    }

    private void list() {
      progress.asOf = 0;
      progress.complete = true;
      new Listing(sources(), this).begin();
    }

    /** Some appends, read at once; whole revisions. */
    private void read() {
      List<Found> batch = new ArrayList<>();
      List<Found> unread = progress.unread();
      int most = Math.min(progress.readNext, Math.max(1, limit - events.size()));
      while (batch.size() < Math.min(most, unread.size())) {
        List<Found> one = ofOneRevision(unread.subList(batch.size(), unread.size()));
        if (batch.size() + one.size() > Limits.TXN_OPS_DEFAULT) {
          break; // by itself it fits, since one transaction wrote it
        }
        batch.addAll(one);
      }
      Op[] gets = batch.stream().map(found -> Range.key(found.key())).toArray(Op[]::new);
      var unused =
          client
              .kv()
              .txnAsync(Txn.always(gets))
              .whenComplete(
                  (response, failure) -> guarded(failure, () -> take(batch, response.responses())));
    }

    /** The appends of the first revision among these. */
    private static List<Found> ofOneRevision(List<Found> unread) {
      int size = 1;
      while (size < unread.size() && unread.get(size).revision() == unread.get(0).revision()) {
        size++;
      }
      return unread.subList(0, size);
    }

    private void take(List<Found> batch, List<OpResponse> answers) {
      List<RecordedEvent> found = new ArrayList<>();
      long here = 0;
      int taken = 0;
      for (; taken < batch.size(); taken++) {
        KeyValue kv = ((RangeResponse) answers.get(taken)).first().orElse(null);
        if (kv != null) { // else it was truncated since it was listed
          here += kv.value().length();
          try {
            add(kv, found);
          } catch (QuorateException e) {
            stopBefore(batch, taken, found, e);
            return;
          }
        }
      }
      tell(found, batch.get(taken - 1).revision());
      progress.read += taken;
      bytes += here;
      progress.readNext = Portion.next(batch.size(), here, READ_MAX);
      goOn();
    }

    private void tell(List<RecordedEvent> found, long revision) {
      found.sort(Comparator.comparing(RecordedEvent::position));
      events.addAll(found);
      progress.upTo = Position.after(revision);
    }

    /** What comes before an append that can't be read is told; the next page fails. */
    private void stopBefore(
        List<Found> batch, int unreadable, List<RecordedEvent> found, QuorateException why) {
      long revision = batch.get(unreadable).revision();
      int first = unreadable;
      while (first > 0 && batch.get(first - 1).revision() == revision) {
        first--;
      }
      found.removeIf(event -> event.position().revision() == revision);
      progress.read += first;
      if (first > 0) {
        tell(found, batch.get(first - 1).revision());
      }
      if (events.isEmpty() && first == 0) {
        fail(why);
      } else {
        end(false);
      }
    }

    private void add(KeyValue kv, List<RecordedEvent> found) {
      String stream = store.layout().streamOf(kv.key());
      for (RecordedEvent event : Commit.of(kv).recorded(stream, kv.createRevision())) {
        if (event.position().isAfter(progress.upTo) && query.matches(event)) {
          found.add(event);
        }
      }
    }

    void guarded(@Nullable Throwable failure, Runnable step) {
      if (failure != null) {
        fail(failure);
        return;
      }
      try {
        step.run();
      } catch (RuntimeException e) {
        fail(e);
      }
    }
  }

  /** Where to look for appends: a range of keys that are theirs, or tell of them. */
  private record Source(Bytes prefix, boolean isIndex) {}

  private List<Source> sources() {
    List<Source> sources = new ArrayList<>();
    for (Query.Item item : query.items()) {
      if (item.tags().isEmpty()) {
        return List.of(new Source(store.layout().streams(query.commonPrefix()), false));
      }
      Source source = new Source(store.layout().tagged(item.tags().first()), true);
      if (!sources.contains(source)) {
        sources.add(source);
      }
    }
    return sources;
  }

  /** The making of a list, as of one revision. */
  private final class Listing {
    private final Iterator<Source> sources;
    private final Page page;
    private final TreeSet<Found> first = new TreeSet<>(ORDER);
    private long revision;

    Listing(List<Source> sources, Page page) {
      this.sources = sources.iterator();
      this.page = page;
    }

    void begin() {
      nextSource();
    }

    private void nextSource() {
      if (sources.hasNext()) {
        Source source = sources.next();
        ask(source, source.prefix());
      } else {
        end();
      }
    }

    private void ask(Source source, Bytes from) {
      if (page.done.isDone()) {
        return; // nobody waits for it any more
      }
      Range range =
          Range.between(from, Keys.prefixEnd(source.prefix()))
              .limit(LIST_PAGE)
              .withoutCount()
              .revision(revision)
              .withKeysOnly();
      var unused =
          client
              .kv()
              .rangeAsync(range)
              .whenComplete((response, failure) -> {
                if (failure != null && isCompacted(failure)) {
                  page.list(); // as of a later revision, then
                } else {
                  page.guarded(failure, () -> take(source, response));
                }
              });
    }

    private boolean isCompacted(Throwable failure) {
      return QuorateException.reason(failure).code() == ErrorCode.REVISION_COMPACTED;
    }

    private void take(Source source, RangeResponse response) {
      revision = revision == 0 ? response.header().revision() : revision;
      for (KeyValue kv : response.kvs()) {
        if (Position.after(kv.createRevision()).isAfter(page.progress.upTo)) {
          Bytes key = source.isIndex() ? store.layout().commitOfTagged(kv.key()) : kv.key();
          add(kv.createRevision(), key);
        }
      }
      if (response.more()) {
        List<KeyValue> kvs = response.kvs();
        ask(source, Keys.after(kvs.get(kvs.size() - 1).key()));
      } else {
        nextSource();
      }
    }

    private void add(long at, Bytes key) {
      first.add(new Found(at, key.compact()));
      if (first.size() > LISTED_MAX) {
        first.pollLast();
        page.progress.complete = false;
      }
    }

    private void end() {
      page.progress.asOf = revision;
      if (!page.progress.complete) { // the last revision may have lost appends
        long last = first.last().revision();
        first.removeIf(found -> found.revision() == last);
      }
      page.progress.listed = List.copyOf(first);
      page.progress.read = 0;
      page.goOn();
    }
  }
}
