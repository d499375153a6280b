package io.quorate.node;

import io.quorate.base.Rows;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.Authorizer;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.Principal;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * This member's replica of one group, as services call it.
 *
 * <p>Every method is called on {@link #loop}, and every answer arrives there. Nothing blocks. Each
 * call is answered within the request time-out of the member's settings at the latest.
 */
public interface Replica {
  /** The group's number; the etcd keyspace is group 1. */
  long group();

  /** Where the group lives. */
  Loop loop();

  /**
   * Has a write agreed on and applied; the answer comes when it is applied here. Taken by any
   * member: one that doesn't lead hands it to the leader, and one that knows no leader holds it
   * until there is one. At a change of leader it is proposed again if, and only if, it is certain
   * that it was lost.
   *
   * @param request validated by {@link io.quorate.kv.KvValidator}
   * @param principal for whom; whether it may is decided where the write is applied, by all that
   *     was applied before it
   * @param reply refused with {@link Refusal#TIMED_OUT} when the outcome could not be learned in
   *     time
   */
  void write(KvRequest request, Principal principal, Reply<? super KvResult> reply);

  /**
   * Who may do what, by the state as it is applied here: to be asked when a read reads, and before
   * a write is proposed in vain. Only in the turn of the loop that it was asked for.
   *
   * @throws io.quorate.base.QuorateException {@code STOPPED} unless {@link #hasState}
   */
  Authorizer authorizer();

  /** From now on {@code observer} hears of every token that becomes known, and nobody else. */
  void observeTokens(Consumer<AuthenticateResponse> observer);

  /**
   * Waits for a point at which everything that was acknowledged anywhere before this call is
   * applied here: a read from within {@link Barrier#passed} is linearizable.
   */
  void readBarrier(Barrier barrier);

  /**
   * Whether there is a state to read: not while this member gets from its peers what its disk has
   * lost.
   */
  boolean hasState();

  /**
   * Reads the newest state; only in the turn of the loop that it was asked for, and never while a
   * batch is being applied. For single keys and small ranges: what is read is read on the loop.
   *
   * @throws io.quorate.base.QuorateException {@code STOPPED} unless {@link #hasState}
   */
  KvReader latest();

  /**
   * Captures the present state for a reader on another thread, usually one of {@link #readers}. The
   * caller closes it.
   *
   * @throws io.quorate.base.QuorateException as {@link #latest}
   */
  View view();

  /** Where larger reads run. Bounded: a full queue rejects by exception. */
  Executor readers();

  /**
   * Where changes are watched: as this member applies them.
   *
   * @throws io.quorate.base.QuorateException as {@link #latest}
   */
  Watches watches();

  /**
   * Gives a lease all its time again, on whichever member leads; answered with how it stands then.
   * Asked for again by itself when the leader changes: the answer comes from a leader that was one
   * after this call.
   *
   * @param reply refused with {@link Refusal#NO_LEADER} when none could be asked in time
   */
  void renew(long lease, Reply<? super LeaseStanding> reply);

  /** Asks the leader how a lease stands, as {@link #renew} does, and changes nothing. */
  void leaseStanding(long lease, Reply<? super LeaseStanding> reply);

  /** All leases that this member has applied, in the order of their numbers; a view. */
  Collection<Lease> leases();

  /**
   * The numbers of all leases that this member has applied: copied by this call, and put into their
   * order by the supplier, which any thread may ask. Those come first that end first, if this
   * member leads, and so counts their time; else they are in the order of their numbers.
   */
  Supplier<long[]> leasesByEnd();

  /** Waits until the space of the compaction at {@code revision} is released. */
  void compacted(long revision, Barrier barrier);

  /**
   * Has the engine give back the space of what was removed; it does so by itself, but takes its
   * time. What was flushed is written again, so it isn't for everyday use. Who asks while it is
   * being done has it done once more, together with all others that ask meanwhile.
   *
   * @param ended called back when it is done, be it after minutes; refused if it was not
   */
  void reclaim(Barrier ended);

  /** Where this replica stands. */
  ReplicaStatus status();

  /** The Raft term that this replica is in; of {@link #status} what every answer's header needs. */
  long term();

  /** The Raft term of an entry in this replica's log, or of its base; −1 for what isn't in it. */
  long termAt(long index);

  /** The leader that this replica knows, or 0; of {@link #status} what a hasty caller asks. */
  long leader();

  /** Who belongs to the cluster, and how it is changed. */
  Membership membership();

  /** The state as it was at one moment, readable on any one thread until it is closed. */
  interface View extends AutoCloseable {
    /** Reads the captured state. */
    KvReader reader();

    /** The rows behind it. */
    Rows rows();

    @Override
    void close();
  }
}
