package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Streams of events in a cluster that speaks the etcd v3 API.
 *
 * <pre>{@code
 * EventStore store = EventStore.of(client, "shop/events/");
 * store.append("orders/42", ExpectedVersion.none(), NewEvent.of("OrderPlaced", payload));
 * store.read(StreamRead.of("orders/42")).events(); // the first 1,000
 * store.readAll("orders/42", event -> print(event));
 * store.subscribe(Query.category("orders/"), Position.START, event -> print(event), executor);
 * }</pre>
 *
 * <p>What it is for: the events of a domain, at the rate at which decisions are taken, with the
 * guarantees of the store that holds its locks and its configuration. What it isn't: a log for
 * gigabytes. All events are in the keyspace, which has a quota; shorten streams when they are
 * archived.
 *
 * <p>Every call that asks the cluster comes in two forms, one that waits and one named {@code
 * …Async}, and fails as the client's do. {@link IllegalArgumentException} is for what is wrong
 * whatever the store has, such as a stream's name or a limit of 0, and is thrown before anything is
 * asked. Safe for use by many threads; holds nothing but where streams ended last.
 */
public final class EventStore {
  private final QuorateClient client;
  private final Layout layout;
  private final StreamEnds ends = new StreamEnds();
  private final TxnWay byTransactions;
  private final ServiceWay byService;

  /** Whether the members are taken to offer a service for streams; else it is all done by keys. */
  private volatile boolean isServed;

  private EventStore(QuorateClient client, Layout layout, boolean isServed) {
    this.client = client;
    this.layout = layout;
    this.isServed = isServed;
    byTransactions = new TxnWay(client.kv(), layout);
    byService = new ServiceWay(client.streams(), layout);
  }

  /**
   * The event store of a name: whoever gives the same name to a client of the same cluster has the
   * same events.
   *
   * @param root what its keys begin with; ends with a slash
   */
  public static EventStore of(QuorateClient client, String root) {
    return new EventStore(client, new Layout(root), true);
  }

  /**
   * The same store by etcd's API alone, even where the members offer a service for streams: what it
   * does is the same, in more steps.
   */
  public EventStore byKeys() {
    return new EventStore(client, layout, false);
  }

  /** The client that it is in. */
  public QuorateClient client() {
    return client;
  }

  /** What its keys begin with. */
  public String root() {
    return layout.root();
  }

  Layout layout() {
    return layout;
  }

  StreamEnds ends() {
    return ends;
  }

  boolean isServed() {
    return isServed;
  }

  /** The members said that they have no service for streams: they are asked no more. */
  void serviceIsMissing() {
    isServed = false;
  }

  AppendWay appendWay(boolean byKeys) {
    return isServed && !byKeys ? byService : byTransactions;
  }

  // ---- appending -------------------------------------------------------------------------------

  /**
   * Appends events, all or none of them.
   *
   * <p>An attempt whose outcome is unknown is repeated within the call, since that is safe; only if
   * the call's time is over first, it fails as {@code Indeterminate}, and may be repeated with the
   * same {@link Append#id}. One that is {@linkplain Append too large} fails as {@code
   * INVALID_REQUEST} before anything is sent.
   */
  public CompletableFuture<AppendResult> appendAsync(Append append) {
    return Appender.carryOut(this, append);
  }

  /** Appends events as {@link #appendAsync} does, and waits for it. */
  public AppendResult append(Append append) {
    client.requireMayBlock();
    return client.await(appendAsync(append));
  }

  /** Appends events to one stream. */
  public CompletableFuture<AppendResult> appendAsync(
      String stream, ExpectedVersion expected, NewEvent... events) {
    return appendAsync(Append.to(stream, expected, events));
  }

  /** Appends events to one stream, and waits for it. */
  public AppendResult append(String stream, ExpectedVersion expected, NewEvent... events) {
    return append(Append.to(stream, expected, events));
  }

  /**
   * Where an append was done that names no version somewhere, or was {@linkplain Append#remembered
   * remembered}; empty if it wasn't done.
   */
  public CompletableFuture<Optional<AppendResult.AlreadyAppended>> doneAsync(UUID append) {
    return client
        .kv()
        .rangeAsync(Range.key(layout.done(append)))
        .thenApply(response ->
            response
                .first()
                .map(kv -> {
                  Done done = Done.of(kv);
                  Position last = new Position(kv.createRevision(), done.events() - 1);
                  return new AppendResult.AlreadyAppended(last, done.versions());
                }));
  }

  /** Where an append was done, as {@link #doneAsync} finds it, waited for. */
  public Optional<AppendResult.AlreadyAppended> done(UUID append) {
    return client.await(doneAsync(append));
  }

  // ---- reading ---------------------------------------------------------------------------------

  /**
   * Reads a page of a stream: what all have who appended before the call began. A stream that was
   * never begun has an empty page. One that has more than the read's limit, or than some 8 MiB,
   * goes on behind the page.
   */
  public CompletableFuture<StreamPage> readAsync(StreamRead read) {
    return StreamReader.read(this, read);
  }

  /** Reads a page of a stream as {@link #readAsync} does, and waits for it. */
  public StreamPage read(StreamRead read) {
    return client.await(readAsync(read));
  }

  /**
   * Reads all of a stream, page by page, with what is appended meanwhile, and without what is
   * truncated.
   *
   * @param each is given one event after the other, where the client's calls complete, so it must
   *     not block; what it throws ends the reading
   * @return completes behind the last event, or fails with what was thrown
   */
  public CompletableFuture<Void> readAllAsync(String stream, Consumer<? super RecordedEvent> each) {
    return readAllAsync(StreamRead.of(stream), each);
  }

  private CompletableFuture<Void> readAllAsync(
      StreamRead read, Consumer<? super RecordedEvent> each) {
    return readAsync(read)
        .thenCompose(page -> {
          page.events().forEach(each);
          return page.isEnd()
              ? CompletableFuture.completedFuture(null)
              : readAllAsync(page.goingOn(), each);
        });
  }

  /**
   * Reads all of a stream, page by page, with what is appended meanwhile, and without what is
   * truncated.
   *
   * @param each is given one event after the other, in the caller's thread; what it throws ends the
   *     reading, and is thrown
   */
  public void readAll(String stream, Consumer<? super RecordedEvent> each) {
    StreamPage page = read(StreamRead.of(stream));
    page.events().forEach(each);
    while (!page.isEnd()) {
      page = read(page.goingOn());
      page.events().forEach(each);
    }
  }

  /**
   * The version of a stream's last event; 0 if it has none. Takes a few round trips where this
   * object hasn't seen the stream before.
   */
  public CompletableFuture<Long> versionAsync(String stream) {
    Layout.requireStream(stream);
    return EndSearch.find(this, stream).thenApply(StreamEnd::version);
  }

  /** The version of a stream's last event, waited for. */
  public long version(String stream) {
    return client.await(versionAsync(stream));
  }

  /**
   * Reads the events of a query in the order of their positions, page by page.
   *
   * @param after a position that was told; {@link Position#START} for all
   */
  public Scan scan(Query query, Position after) {
    return new Scan(this, query, after);
  }

  /**
   * The names of streams that were begun and aren't closed, in their order.
   *
   * @param prefix what they begin with; empty for all
   * @param after a name behind which to begin; empty for the first
   * @param limit the most
   */
  public CompletableFuture<List<String>> streamsAsync(String prefix, String after, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit=" + limit);
    }
    Bytes all = layout.begun(prefix);
    Bytes from = after.isEmpty() ? all : Keys.after(layout.begun(after));
    if (from.compareTo(all) < 0) {
      from = all;
    }
    Bytes end = Keys.prefixEnd(all);
    if (from.compareTo(end) >= 0) {
      return CompletableFuture.completedFuture(List.of());
    }
    return client
        .kv()
        .rangeAsync(Range.between(from, end).limit(limit).withoutCount().withKeysOnly())
        .thenApply(response -> {
          List<String> names = new ArrayList<>(response.kvs().size());
          for (KeyValue kv : response.kvs()) {
            names.add(layout.streamOfBegun(kv.key()));
          }
          return List.copyOf(names);
        });
  }

  /** The names of streams, as {@link #streamsAsync} brings them, waited for. */
  public List<String> streams(String prefix, String after, int limit) {
    return client.await(streamsAsync(prefix, after, limit));
  }

  // ---- following -------------------------------------------------------------------------------

  /**
   * Tells a listener of the events of a query, in the order of their positions: those that are
   * there behind a position, then those that come, until it is closed. Some that were truncated
   * since may be among them, as long as history has them.
   *
   * @param after a position that was told; {@link Position#START} for all events, {@link #nowAsync}
   *     for those that come
   * @param executor runs the listener, which may block there
   */
  public Subscription subscribe(
      Query query, Position after, EventListener listener, Executor executor) {
    Subscription subscription = new Subscription(this, query, after, listener, executor);
    subscription.watch();
    return subscription;
  }

  /** A position behind all that is there. */
  public CompletableFuture<Position> nowAsync() {
    return client
        .kv()
        .rangeAsync(Range.key(layout.begun("")).withKeysOnly())
        .thenApply(response -> Position.after(response.header().revision()));
  }

  /** A position behind all that is there, waited for. */
  public Position now() {
    return client.await(nowAsync());
  }

  // ---- snapshots -------------------------------------------------------------------------------

  /**
   * What was last kept as a stream's snapshot; it may be of other software, or of another stream.
   */
  public CompletableFuture<Optional<Snapshot>> snapshotAsync(String stream) {
    Layout.requireStream(stream);
    return client
        .kv()
        .rangeAsync(Range.key(layout.snapshot(stream)))
        .thenApply(response -> response.first().flatMap(Snapshot::of));
  }

  /** A stream's snapshot, as {@link #snapshotAsync} finds it, waited for. */
  public Optional<Snapshot> snapshot(String stream) {
    return client.await(snapshotAsync(stream));
  }

  /**
   * Keeps a snapshot in the place of the one before.
   *
   * @return completes with whether it was kept: not if the stream has no append that ended where
   *     the snapshot says, nor if there is a later one of the same form
   */
  public CompletableFuture<Boolean> putSnapshotAsync(String stream, Snapshot snapshot) {
    Bytes commit = layout.commit(stream, snapshot.version());
    Bytes key = layout.snapshot(stream);
    return client
        .kv()
        .rangeAsync(Range.key(key))
        .thenCompose(response -> {
          KeyValue there = response.first().orElse(null);
          if (there != null && Snapshot.of(there).filter(snapshot::isNoLaterThan).isPresent()) {
            return CompletableFuture.completedFuture(false);
          }
          long revision = there == null ? 0 : there.modRevision();
          Txn txn =
              Txn.when(
                      Compare.createRevision(commit).is(snapshot.revision()),
                      Compare.modRevision(key).is(revision))
                  .then(Put.of(key, snapshot.encode()));
          return client.kv().txnAsync(txn).thenApply(TxnResponse::succeeded);
        });
  }

  /** Keeps a snapshot as {@link #putSnapshotAsync} does, and waits for it. */
  public boolean putSnapshot(String stream, Snapshot snapshot) {
    return client.await(putSnapshotAsync(stream, snapshot));
  }

  /**
   * Reads what a stream has behind a snapshot.
   *
   * @return completes with a page of it; empty if the stream has no append that ended where the
   *     snapshot says, so that it isn't a snapshot of what the stream is now
   */
  public CompletableFuture<Optional<StreamPage>> readBehindAsync(String stream, Snapshot snapshot) {
    return StreamReader.readBehind(this, stream, snapshot);
  }

  /** Reads what a stream has behind a snapshot as {@link #readBehindAsync} does, waited for. */
  public Optional<StreamPage> readBehind(String stream, Snapshot snapshot) {
    return client.await(readBehindAsync(stream, snapshot));
  }

  // ---- shortening ------------------------------------------------------------------------------

  /**
   * Drops the events of a stream below a version. The stream goes on behind its last event, whether
   * that is dropped or not. Done in steps, each of them whole; repeat it if it fails.
   *
   * <p>An aggregate needs its first events as soon as its snapshot isn't of the form that is read:
   * drop what is archived, or what isn't an aggregate's.
   *
   * @param before the first version that stays; behind the last for none
   * @return completes with how many appends were dropped or shortened
   */
  public CompletableFuture<Long> truncateAsync(String stream, long before) {
    Layout.requireStream(stream);
    return new Shortening(this, stream, before).begin();
  }

  /** Drops events as {@link #truncateAsync} does, and waits for it. */
  public long truncate(String stream, long before) {
    return client.await(truncateAsync(stream, before));
  }

  /**
   * Closes a stream for good: from the first step on none can be appended to it, and in the others
   * all its events are dropped. Repeat it if it fails.
   *
   * @return completes with whether it was open
   */
  public CompletableFuture<Boolean> closeAsync(String stream) {
    Layout.requireStream(stream);
    return Closing.close(this, stream);
  }

  /** Closes a stream as {@link #closeAsync} does, and waits for it. */
  public boolean close(String stream) {
    return client.await(closeAsync(stream));
  }

  /**
   * Forgets that appends before a position were done which named no version, or were to be
   * {@linkplain Append#remembered remembered}: one of them that is repeated from now on is done
   * again. Without it a small key stays for each of them, for good. Call it now and then, with a
   * position behind which nobody repeats anything any more. Events stay as they are.
   *
   * @param before such as {@link #now} was some days ago
   * @return completes with how many were forgotten; repeat it if it fails
   */
  public CompletableFuture<Long> forgetAsync(Position before) {
    return Forgetting.begin(this, before);
  }

  /** Forgets appends as {@link #forgetAsync} does, and waits for it. */
  public long forget(Position before) {
    return client.await(forgetAsync(before));
  }
}
