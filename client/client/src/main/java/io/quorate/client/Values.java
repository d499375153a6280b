package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Values of one type, each under a name: the keys below a prefix, by way of a codec.
 *
 * <pre>{@code
 * Values<Order> orders = client.values("orders/", JsonCodec.of(Order.class));
 * orders.put("42", new Order("open"));
 * orders.update("42", order -> order.orElseThrow().paid());
 * }</pre>
 *
 * <p>What is to be written only in a certain state is one transaction; for more than one value,
 * {@link #putting}, {@link #absent} and {@link #unchanged} are the parts of one. Safe for use by
 * many threads. Calls fail as those of {@link Kv} do, and with {@link ErrorCode#VALUE_UNREADABLE}
 * where a value isn't what the codec reads.
 */
public final class Values<V> {
  private static final long PAGE = 1_000;

  private final Kv kv;
  private final Calls calls;
  private final String prefix;
  private final Codec<V> codec;

  Values(Kv kv, Calls calls, String prefix, Codec<V> codec) {
    this.kv = kv;
    this.calls = calls;
    this.prefix = prefix;
    this.codec = codec;
  }

  // ---- reading ---------------------------------------------------------------------------------

  /** The value under a name, linearizable. */
  public CompletableFuture<Optional<Value<V>>> getAsync(String name) {
    return kv.rangeAsync(Range.key(key(name)))
        .thenApply(response -> response.first().map(this::of));
  }

  /** The value under a name, linearizable; waits for it. */
  public Optional<Value<V>> get(String name) {
    return calls.await(getAsync(name));
  }

  /**
   * All values, as they were at one revision, in the order of their names' bytes. Where that
   * revision is compacted before all was read, it is begun anew, until the client's timeout.
   */
  public CompletableFuture<List<Value<V>>> allAsync() {
    return allAsync(deadlineNanos());
  }

  private CompletableFuture<List<Value<V>>> allAsync(long deadlineNanos) {
    return page(Range.prefix(Bytes.utf8(prefix)).limit(PAGE).withoutCount(), new ArrayList<>())
        .exceptionallyCompose(failure -> {
          QuorateException why = QuorateException.reason(failure);
          boolean again =
              why.code() == ErrorCode.REVISION_COMPACTED
                  && calls.timer().nanoTime() - deadlineNanos < 0;
          return again ? allAsync(deadlineNanos) : CompletableFuture.failedFuture(why);
        });
  }

  /** All values, as they were at one revision, in the order of their names' bytes; waits. */
  public List<Value<V>> all() {
    return calls.await(allAsync());
  }

  private CompletableFuture<List<Value<V>>> page(Range range, List<Value<V>> into) {
    return kv.rangeAsync(range)
        .thenCompose(response -> {
          response.kvs().forEach(each -> into.add(of(each)));
          if (!response.more()) {
            return CompletableFuture.completedFuture(into);
          }
          long at = range.revision() == 0 ? response.header().revision() : range.revision();
          Bytes last = response.kvs().get(response.kvs().size() - 1).key();
          Range next = Range.between(Keys.after(last), range.rangeEnd());
          return page(next.limit(PAGE).withoutCount().revision(at), into);
        });
  }

  /** A key as one of these values; such as a watch or a {@link CachedPrefix} tells of. */
  public Value<V> of(KeyValue kv) {
    return new Value<>(name(kv.key()), codec.decode(kv.value()), kv.modRevision());
  }

  // ---- writing ---------------------------------------------------------------------------------

  /**
   * Writes a value, whatever was there.
   *
   * @return the revision that wrote it
   */
  public CompletableFuture<Long> putAsync(String name, V value) {
    return kv.putAsync(putting(name, value)).thenApply(response -> response.header().revision());
  }

  /** Writes a value, whatever was there, and waits; the revision that wrote it. */
  public long put(String name, V value) {
    return calls.await(putAsync(name, value));
  }

  /** Writes a value if there is none; whether it did. */
  public CompletableFuture<Boolean> putIfAbsentAsync(String name, V value) {
    return succeeds(Txn.when(absent(name)).then(putting(name, value)));
  }

  /** Writes a value if there is none, and waits; whether it did. */
  public boolean putIfAbsent(String name, V value) {
    return calls.await(putIfAbsentAsync(name, value));
  }

  /** Writes a value if the name still has the one that was read; whether it did. */
  public CompletableFuture<Boolean> replaceAsync(Value<V> read, V value) {
    return succeeds(Txn.when(unchanged(read)).then(putting(read.name(), value)));
  }

  /** Writes a value if the name still has the one that was read, and waits; whether it did. */
  public boolean replace(Value<V> read, V value) {
    return calls.await(replaceAsync(read, value));
  }

  /** Deletes a value, whatever it is; whether there was one. */
  public CompletableFuture<Boolean> deleteAsync(String name) {
    return kv.deleteAsync(Delete.key(key(name))).thenApply(response -> response.deleted() > 0);
  }

  /** Deletes a value, whatever it is, and waits; whether there was one. */
  public boolean delete(String name) {
    return calls.await(deleteAsync(name));
  }

  /** Deletes a value if the name still has it; whether it did. */
  public CompletableFuture<Boolean> deleteAsync(Value<V> read) {
    return succeeds(Txn.when(unchanged(read)).then(Delete.key(key(read.name()))));
  }

  /** Deletes a value if the name still has it, and waits; whether it did. */
  public boolean delete(Value<V> read) {
    return calls.await(deleteAsync(read));
  }

  /**
   * Makes a value of the present one, in one step: if another writes meanwhile, it is read and made
   * again, after a pause that grows, until the client's timeout.
   *
   * @param change of the present value, or of none; run on a thread that must not block, and more
   *     than once perhaps. What it throws ends the update
   * @return what was written; fails with {@link ErrorCode#STATE_MOVED} if others were faster until
   *     the timeout
   */
  public CompletableFuture<Value<V>> updateAsync(String name, Function<Optional<V>, V> change) {
    return updateAsync(name, change, deadlineNanos(), 0);
  }

  private CompletableFuture<Value<V>> updateAsync(
      String name, Function<Optional<V>, V> change, long deadlineNanos, int attempt) {
    return getAsync(name)
        .thenCompose(read -> {
          V next = change.apply(read.map(Value::value));
          return kv.txnAsync(putting(read, name, next))
              .thenCompose(response ->
                  response.succeeded()
                      ? CompletableFuture.completedFuture(written(name, next, response))
                      : pause(deadlineNanos, name, attempt)
                          .thenCompose(
                              over -> updateAsync(name, change, deadlineNanos, attempt + 1)));
        });
  }

  /**
   * Makes a value of the present one, as {@link #updateAsync} does, and waits for it.
   *
   * @param change as there, but run on the calling thread, where it may block; what it throws is
   *     thrown on
   */
  public Value<V> update(String name, Function<Optional<V>, V> change) {
    long deadlineNanos = deadlineNanos();
    for (int attempt = 0; ; attempt++) {
      Optional<Value<V>> read = get(name);
      V next = change.apply(read.map(Value::value));
      TxnResponse response = kv.txn(putting(read, name, next));
      if (response.succeeded()) {
        return written(name, next, response);
      }
      calls.await(pause(deadlineNanos, name, attempt));
    }
  }

  private long deadlineNanos() {
    return calls.timer().nanoTime() + calls.options().timeout().toNanos();
  }

  private Txn putting(Optional<Value<V>> read, String name, V next) {
    Compare same = read.map(this::unchanged).orElseGet(() -> absent(name));
    return Txn.when(same).then(putting(name, next));
  }

  private static <V> Value<V> written(String name, V value, TxnResponse response) {
    return new Value<>(name, value, response.header().revision());
  }

  private CompletableFuture<Void> pause(long deadlineNanos, String name, int attempt) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    if (calls.timer().nanoTime() - deadlineNanos < 0) {
      calls.afterPause(attempt, () -> over.complete(null));
    } else {
      over.completeExceptionally(
          QuorateException.of(
              ErrorCode.STATE_MOVED,
              "others wrote " + prefix + name + " whenever it had been read; try again later"));
    }
    return over;
  }

  // ---- for transactions ------------------------------------------------------------------------

  /** The key of a name. */
  public Bytes key(String name) {
    return Bytes.utf8(prefix + name);
  }

  /** The write of a value, as a part of a transaction. */
  public Put putting(String name, V value) {
    if (Objects.isNull(value)) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, "a value can't be null: delete what shall not be there");
    }
    return Put.of(key(name), codec.encode(value));
  }

  /** Holds if there is nothing under this name. */
  public Compare absent(String name) {
    return Compare.version(key(name)).is(0);
  }

  /** Holds if the name has still the value that was read. */
  public Compare unchanged(Value<V> read) {
    return Compare.modRevision(key(read.name())).is(read.modRevision());
  }

  // ---- within ----------------------------------------------------------------------------------

  private String name(Bytes key) {
    return key.toUtf8().substring(prefix.length());
  }

  private CompletableFuture<Boolean> succeeds(Txn txn) {
    return kv.txnAsync(txn).thenApply(TxnResponse::succeeded);
  }
}
