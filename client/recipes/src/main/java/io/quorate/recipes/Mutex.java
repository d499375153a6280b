package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A lock that one holder has at a time, among all clients of a store.
 *
 * <pre>{@code
 * try (Session session = client.session(Duration.ofSeconds(10));
 *     LockHandle lock = Mutex.of(session, "locks/orders/42").acquire()) {
 *   lock.guarded(Put.of("orders/42/state", "paid"));  // takes effect only if the lock is held
 *   warehouse.reserve(order, lock.token());           // which turns away older tokens
 * }
 * }</pre>
 *
 * <p>Who asks first has it first, wherever it is; within one process several may have it in a row.
 * A holder whose session ends loses it; see {@link LockHandle} for what that means for what it
 * does. Handles may be passed between threads; for the form that belongs to a thread, see {@link
 * #asLock}.
 *
 * <p>The keys are those of {@code etcdctl lock}: either waits for the other.
 *
 * <p>Safe for use by many threads; several of one name and one session are the same lock.
 */
public final class Mutex implements DistributedLock {
  private final Session session;
  private final LockName name;
  private final Bytes owner;

  private Mutex(Session session, LockName name, String owner) {
    this.session = session;
    this.name = name;
    this.owner = Owner.value(owner);
  }

  /**
   * The lock of this name.
   *
   * @param name not empty, and not ending with a slash
   */
  public static Mutex of(Session session, String name) {
    return of(session, name, Owner.thisProcess());
  }

  /**
   * The lock of this name.
   *
   * @param owner what {@link #queue} says to others of who holds it or waits; that of the first in
   *     a session counts
   */
  public static Mutex of(Session session, String name, String owner) {
    return of(session, LockName.of(name), owner);
  }

  /** The same, of a name that need not be text. */
  public static Mutex of(Session session, LockName name, String owner) {
    return new Mutex(session, name, owner);
  }

  private LockQueue here() {
    return LockQueue.of(session, name, LockQueue.HANDED_ON_MAX);
  }

  private Wanted wanted() {
    return new Wanted(session, Ownership.LOCK, name());
  }

  @Override
  public String name() {
    return name.toString();
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
  public CompletableFuture<LockHandle> acquireAsync() {
    return wanted().acquired(() -> here().acquire(owner));
  }

  @Override
  public Optional<LockHandle> tryAcquire() {
    return Waiting.atOnce(session.client(), this::tryAcquireAsync);
  }

  @Override
  public CompletableFuture<Optional<LockHandle>> tryAcquireAsync() {
    return wanted().tried(() -> here().tryAcquire(owner));
  }

  /**
   * Who holds it, and who waits, in their order: the first holds it. Each session is there once,
   * however many wait in it.
   */
  public List<QueueEntry> queue() {
    return name.entries(session.client().kv().range(name.inOrder()).kvs());
  }

  /**
   * The same lock as the platform's own locks are: a thread has it, may take it again, and must
   * give it back as often.
   *
   * <p>A thread takes again what it has by the same {@code ThreadLock} only: keep that, and don't
   * make another for the same thread.
   *
   * <p>Such a lock can't tell that it is lost, which this one can be: so guard what matters with
   * the handle that {@link ThreadLock#handle} gives.
   */
  public ThreadLock asLock() {
    return new ThreadLock(this);
  }
}
