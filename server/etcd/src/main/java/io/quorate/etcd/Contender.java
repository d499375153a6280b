package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.Status;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import io.quorate.node.EventBatch;
import io.quorate.node.Loop;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.WatchStream;
import io.quorate.node.Watcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call that wants its key to be the first under a name: to have a lock, or to be elected.
 *
 * <p>It writes the key, with the caller's lease or one of its own; then, as long as there is an
 * older key, it waits for the end of the one just before its own. So the end of a key wakes one
 * waiting call, not all. It also hears of the end of its own key, be it that its lease is over, and
 * gives up then: whoever is told to be first has a key.
 *
 * <p>What was read here is what this member has applied, which is enough: nothing that is applied
 * later can come before a key that is there. That also is why a change of leader doesn't matter to
 * those who wait.
 *
 * <p>Whether the caller may is decided where the key is written and each time that the others' are
 * read, for whom it was when the call began.
 *
 * <p><b>Nothing is left behind</b> by a call that ends otherwise: the lease is revoked if it is the
 * call's own, else the key is deleted if it is still the one that was created. A key that was there
 * before is left alone until it is known that it is not first: its owner may hold what it stands
 * for. The removal is tried until it is agreed on, but for one case: if it isn't known whether the
 * key was written at all, it is tried once, before the caller hears of it. Later it might hit a key
 * that the caller has written since, by calling again; and if that one try fails too, the key ends
 * with the caller's lease, as it would with etcd.
 *
 * <p>Used on the replica's loop.
 */
abstract class Contender implements CallListener, WatchSink {
  private static final Status GONE = EtcdError.REQUEST_CANCELED.status();
  private static final long OWN = 0;
  private static final long BEFORE = 1;

  private final Contention contention;
  private final Call call;
  private final Principal principal;
  private final Bytes prefix;
  private final Bytes key;
  private final long lease;

  /** Whether the lease is the call's own. */
  private final boolean session;

  /** What is taken of the room for calls that wait. */
  private int held;

  /** A revision before which the key, if there is one by then, was not created by this call. */
  private long floor;

  /** Whether there is, or may be, something that this call takes back unless it succeeds. */
  private boolean ours;

  /** When the key was created; 0 while that isn't known. */
  private long createRevision;

  /** When the key was written, or found to be there. */
  private long joinRevision;

  /** Whether a step is under way, whose outcome says how to go on. */
  private boolean busy = true;

  /** Whether the caller has its answer, or is gone. */
  private boolean ended;

  private boolean leaving;
  private @Nullable WatchStream stream;
  private Loop.@Nullable Timer renewal;

  /**
   * Prepares a call.
   *
   * @param lease the caller's lease, or 0 for one of the call's own
   */
  Contender(Contention contention, Call call, Bytes name, long lease) {
    this.contention = contention;
    this.call = call;
    this.principal = contention.principal(call);
    this.session = lease == 0;
    this.lease = session ? contention.newLease() : lease;
    this.prefix = Contention.prefix(name);
    this.key = Contention.key(prefix, this.lease);
  }

  /** Answers: the key is the first as of {@code revision}. */
  abstract void first(long revision);

  /** How the call ends when its key does. */
  abstract Status lost();

  final long lease() {
    return lease;
  }

  final Bytes key() {
    return key;
  }

  final long createRevision() {
    return createRevision;
  }

  final long joinRevision() {
    return joinRevision;
  }

  /**
   * Begins, and answers the call in the end.
   *
   * @param value what to write at the key
   * @param whenThere what to do if the key is there already; the first step reads it
   */
  final void begin(Bytes value, List<KvOp> whenThere) {
    TxnRequest join =
        new TxnRequest(
            List.of(created(Compare.Result.EQUAL, 0)),
            List.of(new PutRequest(key, value, lease, false, false, false)),
            whenThere);
    contention.check(join);
    if (!call.isOpen()) {
      return;
    }
    held = contention.hold(key, value.length());
    call.listen(this);
    contention.barrier(() -> enter(join, value.length()), this::fail);
  }

  // ---- to the key ------------------------------------------------------------------------------

  private void enter(TxnRequest join, int valueBytes) {
    Status refusal = ended ? GONE : contention.refusal(call, principal, join, prefix);
    if (refusal != null) {
      fail(refusal);
      return;
    }
    floor = contention.revision();
    if (session) {
      write(contention.grant(lease), _ -> join(join, valueBytes));
    } else {
      join(join, valueBytes);
    }
  }

  private void join(TxnRequest join, int valueBytes) {
    ours = session;
    if (ended) {
      fail(GONE);
      return;
    }
    write(
        join,
        response -> {
          contention.release(valueBytes);
          held -= valueBytes;
          joined((TxnResponse) response);
        });
  }

  private void joined(TxnResponse response) {
    joinRevision = response.revision();
    if (response.succeeded()) {
      ours = true;
      createRevision = joinRevision;
    } else {
      createRevision =
          ((RangeResponse) response.responses().getFirst()).kvs().getFirst().createRevision();
    }
    look();
  }

  private interface Step {
    void done(KvResponse response);
  }

  private void write(KvRequest request, Step then) {
    contention.write(
        principal,
        request,
        new Contention.Outcome() {
          @Override
          public void done(KvResponse response) {
            then.done(response);
          }

          @Override
          public void failed(Status why) {
            fail(why);
          }

          @Override
          public void unknown(Status why) {
            ours = true;
            fail(why);
          }
        });
  }

  // ---- waiting ---------------------------------------------------------------------------------

  /** How a contender stands: whether its key is there, and whose is just before it. */
  private record Place(boolean there, @Nullable KeyValue before, long revision) {
    static Place of(KvReader reader, Bytes prefix, Bytes key, long createRevision) {
      KeyValue own = reader.get(key);
      return new Place(
          own != null && own.createRevision() == createRevision,
          Contention.lastBefore(reader, prefix, createRevision),
          reader.revision());
    }
  }

  private void look() {
    if (leaving) {
      return;
    }
    closeStream();
    Status refusal = ended ? null : contention.refusal(call, principal, prefix);
    if (refusal != null) {
      fail(refusal);
      return;
    }
    contention.readInTime(
        reader -> Place.of(reader, prefix, key, createRevision), this::decide, this::fail);
  }

  private void decide(Place place) {
    if (leaving) {
      return;
    }
    KeyValue before = place.before();
    if (!place.there()) {
      fail(lost());
    } else if (before == null) {
      succeed(place.revision());
    } else {
      ours = true;
      waitFor(before.key(), place.revision() + 1);
    }
  }

  private void succeed(long revision) {
    if (ended) {
      fail(GONE);
      return;
    }
    ended = true;
    leaving = true;
    stopWaiting();
    if (session) {
      contention.renew(lease); // the caller has all of its time from now on
    }
    first(revision);
    contention.release(held);
  }

  private void waitFor(Bytes before, long startRevision) {
    WatchStream opened = ended ? null : contention.watch(this);
    if (opened == null) {
      fail(ended ? GONE : EtcdError.STOPPED.status());
      return;
    }
    busy = false;
    stream = opened;
    opened.watch(OWN, endOf(key), startRevision);
    opened.watch(BEFORE, endOf(before), startRevision);
    if (session && renewal == null) {
      renewal = contention.whenToRenew(this::renew);
    }
  }

  private static WatchSpec endOf(Bytes key) {
    return new WatchSpec(key, Bytes.EMPTY, false, true, false);
  }

  /** Nobody else knows of the lease while the call waits. */
  private void renew() {
    contention.renew(lease);
    renewal = contention.whenToRenew(this::renew);
  }

  @Override
  public final boolean isReady() {
    return true; // nothing of this goes to the client
  }

  @Override
  public final void events(Watcher watcher, long revision, EventBatch batch) {
    lookSoon();
  }

  @Override
  public final void compacted(Watcher watcher, long compactedRevision) {
    lookSoon();
  }

  private void lookSoon() {
    if (!busy) {
      busy = true;
      contention.soon(this::look);
    }
  }

  @Override
  public final void ended() {
    fail(EtcdError.STOPPED.status());
  }

  // ---- away ------------------------------------------------------------------------------------

  @Override
  public final void onCancel() {
    ended = true;
    if (!busy) {
      fail(GONE);
    }
  }

  private void fail(Status why) {
    if (!leaving) {
      leaving = true;
      ended = true;
      stopWaiting();
      takeBack(why);
    }
  }

  /** Takes back what was written, and then tells the caller why. */
  private void takeBack(Status why) {
    if (!ours) {
      leave(why);
      return;
    }
    boolean certain = session || createRevision != 0;
    contention.write(
        certain ? Principal.MEMBER : principal,
        removal(),
        new Contention.Outcome() {
          @Override
          public void done(KvResponse response) {
            leave(why);
          }

          @Override
          public void failed(Status gone) {
            leave(why);
          }

          @Override
          public void unknown(Status notYet) {
            if (certain) {
              tell(why);
              contention.whenToRetry(() -> takeBack(why));
            } else {
              leave(why);
            }
          }
        });
  }

  private KvRequest removal() {
    if (session) {
      return new LeaseRevokeRequest(lease);
    }
    Compare still =
        createRevision != 0
            ? created(Compare.Result.EQUAL, createRevision)
            : created(Compare.Result.GREATER, floor);
    return new TxnRequest(List.of(still), List.of(DeleteRangeRequest.one(key)), List.of());
  }

  private Compare created(Compare.Result result, long revision) {
    return Compare.number(key, Compare.Target.CREATE, result, revision);
  }

  private void leave(Status why) {
    tell(why);
    contention.release(held);
  }

  private void tell(Status why) {
    if (call.isOpen()) {
      call.complete(why);
    }
  }

  private void stopWaiting() {
    closeStream();
    if (renewal != null) {
      renewal.cancel();
      renewal = null;
    }
  }

  private void closeStream() {
    if (stream != null) {
      stream.close();
      stream = null;
    }
  }
}
