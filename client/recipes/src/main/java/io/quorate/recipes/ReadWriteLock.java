package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;

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
  private final Session session;
  private final LockName name;
  private final String owner;
  private final Bytes value;
  private final ReadWriteKeys keys;
  private final Side reading;
  private final Side writing;

  private ReadWriteLock(Session session, LockName name, String owner) {
    this.session = session;
    this.name = name;
    this.owner = owner;
    value = Owner.value(owner);
    keys = new ReadWriteKeys(name);
    reading = new Side(Ownership.READ_LOCK, keys.readers(), keys.reading());
    writing = new Side(Ownership.WRITE_LOCK, keys.writers(), keys.writing());
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
    return new ReadWriteLock(session, LockName.of(name), owner);
  }

  /** Its name. */
  public String name() {
    return name.toString();
  }

  /** For those who read: many hold it at a time. */
  public DistributedLock readLock() {
    return reading;
  }

  /** For those who write: one holds it, and nobody reads. */
  public DistributedLock writeLock() {
    return writing;
  }

  /** Who holds it, and who waits, in the order in which they asked. */
  public List<QueueEntry> queue() {
    return keys.entries(session.client().kv().range(name.inOrder()).kvs());
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
    if (!key.startsWith(keys.writers())) {
      throw new IllegalArgumentException("not a handle of the write lock of " + name);
    }
    Op stays = Put.of(key, Owner.reading(owner)).lease(writer.session().lease());
    return writer.guardedAsync(Txn.always(stays)).thenApply(done -> writer);
  }

  /** Turns a writer into a reader, as {@link #downgradeAsync} does, and waits for it. */
  public LockHandle downgrade(LockHandle writer) {
    return session.client().await(downgradeAsync(writer));
  }

  /** One of the two. */
  private final class Side extends PlaceLock {
    private final Ownership ownership;
    private final Bytes prefix;
    private final Candidate.Queue queue;

    Side(Ownership ownership, Bytes prefix, Candidate.Queue queue) {
      super(ReadWriteLock.this.session);
      this.ownership = ownership;
      this.prefix = prefix;
      this.queue = queue;
    }

    @Override
    public String name() {
      return name.toString();
    }

    @Override
    Ownership ownership() {
      return ownership;
    }

    @Override
    Place place() {
      Bytes key = Bytes.utf8(prefix.toUtf8() + OwnNames.next(session));
      return new Candidate(session, queue, key, value, Place.Owning.ALONE);
    }

    @Override
    Txn trying(Place place) {
      Bytes all = queue.prefix();
      return Txn.when(Compare.createRevision(all).is(0).upTo(Keys.prefixEnd(all)))
          .then(Put.of(place.key(), value).lease(session.lease()))
          .otherwise(Range.prefix(all));
    }

    @Override
    Tried tried(TxnResponse response) {
      if (response.succeeded()) {
        return Tried.HELD;
      }
      List<KeyValue> there = ((RangeResponse) response.responses().get(0)).kvs();
      return there.stream().anyMatch(queue.inTheWay()) ? Tried.TAKEN : Tried.OPEN;
    }
  }
}
