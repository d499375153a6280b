package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A lock that many hold for reading, or one for writing, among all clients of a store.
 *
 * <p>Who asks first has it first: a reader waits for the writers that asked before it, a writer for
 * everybody that did. So neither starves. A writer may become a reader without letting anybody in
 * between ({@link #downgrade}); a reader can't become a writer, since two that tried would wait for
 * each other: it releases, and acquires.
 *
 * <pre>
 * NAME/r/LEASE-NUMBER      a reader
 * NAME/w/LEASE-NUMBER      a writer, or one that has become a reader
 * </pre>
 *
 * <p>Safe for use by many threads. Handles may be passed between threads.
 */
public final class ReadWriteLock {
  /** Behind the owner's name in the value of a writer's key that holds as a reader now. */
  private static final String READS = "\nreads";

  private final Session session;
  private final String name;
  private final String owner;
  private final AtomicLong numbers;
  private final KnownEpoch epoch;
  private final Bytes writers;
  private final Side reading;
  private final Side writing;

  /** What the keys of one session are told apart by. */
  private static final class Numbers {
    final AtomicLong last = new AtomicLong();
  }

  private ReadWriteLock(Session session, String name, String owner) {
    this.session = session;
    this.name = name;
    this.owner = owner;
    numbers = session.companion(Numbers.class, Numbers.class, Numbers::new).last;
    epoch = KnownEpoch.of(session);
    Bytes all = Bytes.utf8(name + "/");
    Bytes readers = Bytes.utf8(name + "/r/");
    writers = Bytes.utf8(name + "/w/");
    Bytes theirs = writers;
    reading =
        new Side(readers, new Candidate.Queue(theirs, kv -> isOf(theirs, kv) && !reads(kv), true));
    writing =
        new Side(
            writers, new Candidate.Queue(all, kv -> isOf(readers, kv) || isOf(theirs, kv), false));
  }

  /**
   * The lock of this name.
   *
   * @param name not empty, and not ending with a slash
   */
  public static ReadWriteLock of(Session session, String name) {
    return of(session, name, Owner.thisProcess());
  }

  /**
   * The lock of this name.
   *
   * @param owner what others are told of who holds it or waits
   */
  public static ReadWriteLock of(Session session, String name, String owner) {
    return new ReadWriteLock(session, LockName.of(name).toString(), owner);
  }

  /** Whether a key is one of these, and not of a lock with a longer name. */
  private static boolean isOf(Bytes prefix, KeyValue kv) {
    if (!kv.key().startsWith(prefix)) {
      return false;
    }
    String rest = kv.key().slice(prefix.length(), kv.key().length()).toUtf8();
    return rest.indexOf('/') < 0 && rest.indexOf('-') > 0;
  }

  private static boolean reads(KeyValue kv) {
    return kv.value().toUtf8().endsWith(READS);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** For those who read: many hold it at a time. */
  public DistributedLock readLock() {
    return reading;
  }

  /** For those who write: one holds it, and nobody reads. */
  public DistributedLock writeLock() {
    return writing;
  }

  /**
   * Turns a writer that holds it into a reader, in one step: others may read then, and no writer
   * came in between. The handle stays the same, and so do its token and what it guards.
   *
   * @param writer a handle of {@link #writeLock}
   * @return fails with {@link ErrorCode#OWNERSHIP_LOST} if it doesn't hold it
   */
  public CompletableFuture<LockHandle> downgradeAsync(LockHandle writer) {
    Bytes key = writer.place().key();
    if (!key.startsWith(writers)) {
      throw new IllegalArgumentException("not a handle of the write lock of " + name);
    }
    Op stays = Put.of(key, Bytes.utf8(owner + READS)).lease(writer.session().lease());
    return writer.guardedAsync(Txn.always(stays)).thenApply(done -> writer);
  }

  /** Turns a writer into a reader, as {@link #downgradeAsync} does, and waits for it. */
  public LockHandle downgrade(LockHandle writer) {
    return session.client().await(downgradeAsync(writer));
  }

  /** A transaction's answer, or why there is none. */
  private record Outcome(@Nullable TxnResponse response, @Nullable Throwable failure) {
    QuorateException reason() {
      Throwable why = failure;
      return QuorateException.reason(
          why == null ? new IllegalStateException("neither an answer nor a failure") : why);
    }
  }

  /** One of the two. */
  private final class Side implements DistributedLock, LockHandle.Keeper {
    private final Bytes prefix;
    private final Candidate.Queue queue;

    Side(Bytes prefix, Candidate.Queue queue) {
      this.prefix = prefix;
      this.queue = queue;
    }

    @Override
    public String name() {
      return name;
    }

    private Candidate candidate() {
      String own = Long.toHexString(session.lease()) + "-" + numbers.incrementAndGet();
      Bytes key = Bytes.utf8(prefix.toUtf8() + own);
      return new Candidate(session, queue, key, Bytes.utf8(owner), () -> true);
    }

    @Override
    public CompletableFuture<LockHandle> acquireAsync() {
      Candidate stands = candidate();
      CompletableFuture<LockHandle> wanted = handleOf(stands);
      stands.enter();
      return wanted;
    }

    /** What it holds once its turn has come; who cancels it leaves. */
    private CompletableFuture<LockHandle> handleOf(Candidate stands) {
      CompletableFuture<LockHandle> wanted = new CompletableFuture<>();
      var unused =
          stands
              .turn()
              .thenCombine(epoch.get(), (created, known) -> new FencingToken(known, created, 0))
              .whenComplete((token, failure) -> {
                if (failure != null) {
                  wanted.completeExceptionally(QuorateException.reason(failure));
                } else {
                  wanted.complete(handle(stands, token));
                }
              });
      leaveIfCancelled(wanted, stands);
      return wanted;
    }

    private void leaveIfCancelled(CompletableFuture<LockHandle> wanted, Candidate stands) {
      var unused =
          wanted.whenComplete((handle, failure) -> {
            if (wanted.isCancelled()) {
              leave(stands);
            }
          });
    }

    private LockHandle handle(Candidate stands, FencingToken token) {
      LockHandle handle = new LockHandle(this, session, stands, token);
      var unused = stands.loss().thenAccept(handle::lost);
      return handle;
    }

    private void leave(Candidate stands) {
      var unused = stands.leave();
    }

    @Override
    public CompletableFuture<Boolean> release(LockHandle handle) {
      return handle.place().leave();
    }

    @Override
    public LockHandle acquire() {
      return Waiting.forTurn(session.client(), acquireAsync(), null).orElseThrow();
    }

    @Override
    public Optional<LockHandle> tryAcquire(Duration atMost) {
      return Waiting.forTurn(session.client(), acquireAsync(), atMost);
    }

    @Override
    public Optional<LockHandle> tryAcquire() {
      return session.client().await(tryAcquireAsync());
    }

    @Override
    public CompletableFuture<Optional<LockHandle>> tryAcquireAsync() {
      Candidate stands = candidate();
      Bytes all = queue.prefix();
      Txn txn =
          Txn.when(Compare.createRevision(all).is(0).upTo(Keys.prefixEnd(all)))
              .then(Put.of(stands.key(), Bytes.utf8(owner)).lease(session.lease()))
              .otherwise(Range.prefix(all));
      return session
          .client()
          .kv()
          .txnAsync(txn)
          .handle(Outcome::new)
          .thenCompose(outcome -> {
            if (outcome.response() != null) {
              return tried(stands, outcome.response());
            }
            QuorateException why = outcome.reason();
            return why instanceof QuorateException.Indeterminate
                ? tryByQueueing(stands)
                : CompletableFuture.failedFuture(why);
          });
    }

    private CompletableFuture<Optional<LockHandle>> tried(Candidate stands, TxnResponse response) {
      if (response.succeeded()) {
        CompletableFuture<LockHandle> mine = handleOf(stands);
        stands.adopt(response.header().revision());
        return mine.thenApply(Optional::of);
      }
      boolean taken =
          ((RangeResponse) response.responses().get(0)).kvs().stream().anyMatch(queue.inTheWay());
      return taken
          ? CompletableFuture.completedFuture(Optional.empty())
          : tryByQueueing(stands); // who is there is in nobody's way
    }

    /** Where one look doesn't tell: enters, and leaves again if somebody is before it. */
    private CompletableFuture<Optional<LockHandle>> tryByQueueing(Candidate stands) {
      CompletableFuture<LockHandle> mine = handleOf(stands);
      stands.enter();
      return stands
          .atOnce()
          .thenCompose(owns -> {
            if (owns) {
              return mine.thenApply(Optional::of);
            }
            return stands.leave().thenApply(left -> Optional.<LockHandle>empty());
          });
    }
  }
}
