package io.quorate.xa;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.xa.branch.ConnectionResource;
import io.quorate.xa.branch.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Begins transactions over several databases and the store, and finishes those that other processes
 * of its domain have left.
 *
 * <pre>{@code
 * Transactions transactions =
 *     Transactions.builder(client, "shop").resource(orders).resource(stock).open();
 * transactions.run(tx -> {
 *   try (Statement statement = tx.connection(orders).createStatement()) {
 *     statement.executeUpdate("INSERT INTO …");
 *   }
 *   try (Statement statement = tx.connection(stock).createStatement()) {
 *     statement.executeUpdate("UPDATE …");
 *   }
 *   tx.put("last-order", "4711");
 * });
 * }</pre>
 *
 * <p>All processes with the same domain name over the same store belong together: each finishes
 * what any of them has left at the resources that it has itself. A process needs no name and keeps
 * no file.
 *
 * <p>Databases don't see each other: it is atomic, and not isolated as a whole. Somebody else may
 * read one database after it has committed, and another before.
 *
 * <p>Safe for use by many threads.
 */
public final class Transactions implements AutoCloseable {
  /** How many keys of the store one transaction may write, and of how many it may ask. */
  public static final int STORE_OPS_MAX = 100;

  /** How often it looks at the time. */
  private static final long LOOK_NANOS = 100_000_000L;

  private static final System.Logger LOG = System.getLogger(Transactions.class.getName());

  private static final ThreadLocal<@Nullable Transaction> CURRENT = new ThreadLocal<>();

  private final QuorateClient client;
  private final Incarnations incarnations;
  private final Heuristics heuristics;
  private final Recoverer recoverer;
  private final List<Resource<?>> resources;
  private final long domain;
  private final Duration timeout;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean closed;

  Transactions(
      QuorateClient client,
      Incarnations incarnations,
      Heuristics heuristics,
      Recoverer recoverer,
      List<Resource<?>> resources,
      long domain,
      Duration timeout) {
    this.client = client;
    this.incarnations = incarnations;
    this.heuristics = heuristics;
    this.recoverer = recoverer;
    this.resources = resources;
    this.domain = domain;
    this.timeout = timeout;
  }

  /**
   * Begins to describe them.
   *
   * @param client of the store that keeps the decisions; stays the caller's
   * @param domain of all processes that belong together; of the form {@link
   *     io.quorate.xa.branch.Resource#NAME}
   */
  public static TransactionsBuilder builder(QuorateClient client, String domain) {
    return new TransactionsBuilder(client, domain);
  }

  void start() {
    recoverer.start();
    lookLater();
  }

  // ---- transactions ----------------------------------------------------------------------------

  /**
   * Begins a transaction.
   *
   * @param within how long it may take until its decision; it can only be rolled back after that
   * @return fails with {@link QuorateException.Unavailable} if the store can't be reached
   */
  public CompletableFuture<Transaction> beginAsync(Duration within) {
    if (within.isNegative() || within.isZero()) {
      throw new IllegalArgumentException("a transaction takes some time: " + within);
    }
    return incarnations.current().thenApply(incarnation -> begin(incarnation, within));
  }

  private Transaction begin(Incarnation incarnation, Duration within) {
    Transaction transaction = new Transaction(this, incarnation, within);
    incarnation.active().put(transaction.sequence(), transaction);
    if (closed) {
      incarnation.active().remove(transaction.sequence());
      drainedIfSo();
      throw QuorateException.of(ErrorCode.STOPPED, "no transactions are taken any more");
    }
    client.tell(TransactionObserver.class, TransactionObserver::transactionBegan);
    return transaction;
  }

  /** Begins a transaction with this time-out, and waits until the store can be reached. */
  public Transaction begin(Duration within) {
    CompletableFuture<Transaction> begun = beginAsync(within);
    if (!begun.isDone()) {
      Duration patience = client.options().timeout();
      client
          .timer()
          .after(
              patience.toNanos(),
              () ->
                  begun.completeExceptionally(
                      QuorateException.of(
                          ErrorCode.UNREACHABLE,
                          "the store was not reached within " + patience.toMillis() + " ms")));
    }
    return client.await(begun);
  }

  /** Begins a transaction with the usual time-out, and waits until the store can be reached. */
  public Transaction begin() {
    return begin(timeout);
  }

  /**
   * What is done within a transaction.
   *
   * @param <T> what it gives
   */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    /** Does it. Whatever it throws rolls the transaction back. */
    T in(Transaction transaction) throws Exception;
  }

  /** What is done within a transaction, and gives nothing. */
  @FunctionalInterface
  public interface VoidWork {
    /** Does it. Whatever it throws rolls the transaction back. */
    void in(Transaction transaction) throws Exception;
  }

  /**
   * Does some work in a transaction of its own, and commits it. Within the work {@link #current} is
   * this transaction.
   *
   * @throws QuorateException as {@link Transaction#commit}; what the work throws is thrown as it is
   *     if it is unchecked, else as the cause of an {@link ErrorCode#TRANSACTION_ABORTED}
   */
  public <T extends @Nullable Object> T call(Work<T> work) {
    Transaction transaction = begin();
    T result;
    Transaction outer = bind(transaction);
    try {
      result = work.in(transaction);
    } catch (RuntimeException | Error e) {
      rollBackBecause(transaction, e);
      throw e;
    } catch (Exception e) {
      rollBackBecause(transaction, e);
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw QuorateException.of(
          ErrorCode.TRANSACTION_ABORTED, "the transaction was rolled back: " + e.getMessage(), e);
    } finally {
      bind(outer);
    }
    transaction.commit();
    return result;
  }

  private static void rollBackBecause(Transaction transaction, Throwable why) {
    try {
      transaction.rollBack();
    } catch (RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  /** Does some work in a transaction of its own, as {@link #call} does. */
  public void run(VoidWork work) {
    Void unused =
        this.<@Nullable Void>call(transaction -> {
          work.in(transaction);
          return null;
        });
  }

  /** The transaction that this thread works in; empty if in none of these. */
  public Optional<Transaction> current() {
    return Optional.ofNullable(CURRENT.get()).filter(each -> each.owner().equals(this));
  }

  /**
   * Lets this thread no longer work in the transaction that it {@linkplain #current works in}. At
   * its resources nothing changes: its branches wait.
   *
   * @return that transaction, to be {@linkplain #resume resumed}, by any thread; empty if there was
   *     none
   */
  public Optional<Transaction> suspend() {
    Optional<Transaction> suspended = current();
    suspended.ifPresent(transaction -> bind(null));
    return suspended;
  }

  /**
   * Lets this thread work in a transaction.
   *
   * @throws IllegalStateException if it works in one, be it of others
   */
  public void resume(Transaction transaction) {
    Transaction present = CURRENT.get();
    if (present != null) {
      throw new IllegalStateException("this thread works in " + present + "; suspend that first");
    }
    if (!transaction.owner().equals(this)) {
      throw new IllegalArgumentException(transaction + " was begun by others");
    }
    bind(transaction);
  }

  // ---- resources -------------------------------------------------------------------------------

  /** Where its transactions may have branches, and where it finishes what others have left. */
  public List<Resource<?>> resources() {
    return resources;
  }

  void requireOwn(Resource<?> resource) {
    if (resources.stream().noneMatch(each -> each.name().equals(resource.name()))) {
      throw new IllegalArgumentException(
          "these transactions have no resource named "
              + resource.name()
              + ": name it in Transactions.builder(…).resource(…), so that what is left there is"
              + " found");
    }
  }

  /**
   * A data source for code that knows nothing of transactions over several databases, such as
   * {@code JdbcTemplate} or an object mapper. A connection that a thread takes while it {@linkplain
   * #current works in} a transaction is that of the transaction's branch: closing it does nothing,
   * committing it is refused, and the next one is the same. Any other is one of the resource's own,
   * from its pool.
   *
   * @throws IllegalArgumentException if the resource is none of these transactions'
   */
  public DataSource dataSource(ConnectionResource<?> resource) {
    requireOwn(resource);
    return new EnlistingDataSource(this, resource);
  }

  /** Lets this thread work in a transaction from now on; gives the one before. */
  static @Nullable Transaction bind(@Nullable Transaction transaction) {
    Transaction before = CURRENT.get();
    if (transaction == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(transaction);
    }
    return before;
  }

  /** Nothing more is to be done for it. */
  void over(Transaction transaction) {
    transaction.incarnation().active().remove(transaction.sequence());
    drainedIfSo();
  }

  /** Of the store that keeps the decisions. */
  public QuorateClient client() {
    return client;
  }

  Heuristics heuristics() {
    return heuristics;
  }

  /** What the names of its branches begin with. */
  long domain() {
    return domain;
  }

  // ---- time ------------------------------------------------------------------------------------

  private void lookLater() {
    client.timer().after(LOOK_NANOS, this::look);
  }

  private void look() {
    if (client.isClosed()) {
      return;
    }
    long now = client.timer().nanoTime();
    boolean isAnyActive = false;
    for (Incarnation each : incarnations.all()) {
      each.log().look();
      for (Transaction transaction : each.active().values()) {
        isAnyActive = true;
        look(transaction, now);
      }
    }
    if (isAnyActive || !drained.isDone()) {
      lookLater();
    }
  }

  /** What one of them makes of it is no reason to forget the others. */
  private static void look(Transaction transaction, long now) {
    try {
      transaction.look(now);
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "looking at " + transaction + " failed", e);
    }
  }

  // ---- its end ---------------------------------------------------------------------------------

  private void drainedIfSo() {
    if (!closed) {
      return;
    }
    for (Incarnation each : incarnations.all()) {
      if (!each.active().isEmpty()) {
        return;
      }
    }
    drained.complete(null);
  }

  /**
   * Takes no more transactions, and ends when those that are under way are over; but not later than
   * a call to the store may take. What isn't over by then, others finish.
   */
  public CompletableFuture<Void> closeAsync() {
    closed = true;
    incarnations.stop();
    recoverer.close();
    client.timer().after(client.options().timeout().toNanos(), () -> drained.complete(null));
    drainedIfSo();
    return drained
        .thenCompose(unused -> incarnations.flush())
        .thenCompose(unused -> incarnations.end());
  }

  /** Ends as {@link #closeAsync} does, and waits for it. */
  @Override
  public void close() {
    client.await(closeAsync());
  }
}
