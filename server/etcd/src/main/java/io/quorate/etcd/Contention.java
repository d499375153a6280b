package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvValidator;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.Principal;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.node.Barrier;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Loop;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchStream;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What locks and elections have in common: keys under one name, of which the one that was created
 * first counts; and the way in which both services ask the replica.
 *
 * <p>The layout of the keys is that of etcd's own clients: the name, a slash, and the number of the
 * lease in hexadecimal. So whoever takes part through these services and whoever takes part by
 * transactions and watches of its own are in one queue.
 *
 * <p>Whoever takes part needs what such a client would need: to read all keys of the name, and to
 * write its own.
 *
 * <p>Used on the replica's loop.
 */
final class Contention {
  /** Time to live of a lease that a call is given because it brought none; etcd's. */
  static final long SESSION_TTL_SECONDS = 60;

  private static final long SECOND = 1_000_000_000L;

  /** A lease that the member holds for a waiting call is renewed when a third of it is over. */
  private static final long RENEWAL_NANOS = SESSION_TTL_SECONDS * SECOND / 3;

  /** When a removal that could not be agreed on is tried again. */
  private static final long REMOVAL_RETRY_NANOS = SECOND;

  /** What a waiting call holds beside its name in various forms: itself, two watchers, a timer. */
  private static final int CALL_BYTES = 1_024;

  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final SpaceQuota quota;
  private final LongSupplier random;
  private long heldBytes;

  Contention(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      SpaceQuota quota,
      LongSupplier random) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.quota = quota;
    this.random = random;
  }

  /** What became of a write. */
  interface Outcome {
    void done(KvResponse response);

    /** The store refused it: nothing was written. */
    void failed(Status why);

    /** Whether it was written isn't known. */
    void unknown(Status why);
  }

  /** The key that counted at a revision, or null if there was none. */
  record First(@Nullable KeyValue kv, long revision) {}

  // ---- keys ------------------------------------------------------------------------------------

  /** What the keys of everyone who contends for a name begin with. */
  static Bytes prefix(Bytes name) {
    byte[] prefix = new byte[name.length() + 1];
    prefix[name.copyTo(prefix, 0)] = '/';
    return Bytes.wrap(prefix);
  }

  /** Where the keys that begin with a prefix end. */
  static Bytes prefixEnd(Bytes prefix) {
    byte[] end = prefix.toArray();
    end[end.length - 1]++; // a slash, so there is no carry
    return Bytes.wrap(end);
  }

  /** The key of a lease; a negative number has its sign before it, as Go prints it. */
  static Bytes key(Bytes prefix, long lease) {
    byte[] number = Bytes.utf8(Long.toString(lease, 16)).toArray();
    byte[] key = new byte[prefix.length() + number.length];
    System.arraycopy(number, 0, key, prefix.copyTo(key, 0), number.length);
    return Bytes.wrap(key);
  }

  /** The key that counts: of those under the prefix, the one that was created first. */
  static First first(KvReader reader, Bytes prefix) {
    return new First(edge(reader, prefix, SortOrder.ASCEND, 0), reader.revision());
  }

  /** Of those that were created before a revision, the key that was created last. */
  static @Nullable KeyValue lastBefore(KvReader reader, Bytes prefix, long createRevision) {
    return edge(reader, prefix, SortOrder.DESCEND, createRevision - 1);
  }

  private static @Nullable KeyValue edge(
      KvReader reader, Bytes prefix, SortOrder order, long createRevisionMax) {
    RangeRequest range =
        new RangeRequest(
            prefix,
            prefixEnd(prefix),
            1,
            0,
            order,
            SortTarget.CREATE,
            false,
            false,
            0,
            0,
            0,
            createRevisionMax);
    return switch (reader.range(range)) {
      case RangeResponse found -> found.kvs().isEmpty() ? null : found.kvs().getFirst();
      case KvResponse other -> throw Checks.unreachable("a range was answered by " + other);
      case KvFailure failure -> throw Checks.unreachable("a range of now failed: " + failure);
    };
  }

  // ---- calls -----------------------------------------------------------------------------------

  /** Refuses a call that can't be served now, whatever it asks for. */
  void enter(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    if (message.length() > settings.requestBytesMax()) {
      throw told(EtcdError.REQUEST_TOO_LARGE).asException();
    }
  }

  /** For whom a call is. */
  Principal principal(Call call) {
    return admission.principal(call);
  }

  /** Another number when what was allowed before is to be asked for again. */
  long authRevision() {
    return admission.revision();
  }

  /** Why somebody may not write something, or read what is under a prefix; null if they may. */
  @Nullable Status refusal(Call call, Principal principal, KvRequest write, Bytes prefix) {
    Status why = admission.refusal(principal, write);
    if (why != null) {
      admission.refused(call, why);
      return why;
    }
    return refusal(call, principal, prefix);
  }

  /** Why somebody may not read what is under a prefix; null if they may. */
  @Nullable Status refusal(Call call, Principal principal, Bytes prefix) {
    Status why = admission.refusalToWatch(principal, prefix, prefixEnd(prefix));
    if (why != null) {
      admission.refused(call, why);
    }
    return why;
  }

  /** Takes room for a call that is going to wait; {@link #release} gives it back. */
  int hold(Bytes name, int more) {
    int bytes = CALL_BYTES + 6 * name.length() + more;
    if (heldBytes + bytes > Limits.WAITING_LOCK_CALLS_BYTES_MAX) {
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
    heldBytes += bytes;
    return bytes;
  }

  void release(int bytes) {
    heldBytes -= bytes;
    Checks.that(heldBytes >= 0, "heldBytes=%d", heldBytes);
  }

  /**
   * An error as these services tell it. In etcd they are clients of the others, and pass on an
   * error's text with the code UNKNOWN. So it is here with what is wrong with a request, such as a
   * lease that isn't there; but clients have to know by the code whether they may try again.
   */
  static Status told(EtcdError error) {
    Status status = error.status();
    return status.code() == StatusCode.INVALID_ARGUMENT || status.code() == StatusCode.NOT_FOUND
        ? Status.of(StatusCode.UNKNOWN, status.message())
        : status;
  }

  // ---- writes ----------------------------------------------------------------------------------

  /** Refuses a write with which something is wrong, or for which there is no space. */
  void check(KvRequest request) {
    KvError error = KvValidator.validate(request, Limits.TXN_OPS_DEFAULT);
    if (error != null) {
      throw told(EtcdError.of(error)).asException();
    }
    quota.check(request);
  }

  /** Has a write agreed on for whoever makes a call, and goes on with what came of it. */
  void write(Call call, KvRequest request, Consumer<KvResponse> then) {
    check(request);
    admission.write(
        call,
        request,
        new WriteReply(
            new Outcome() {
              @Override
              public void done(KvResponse response) {
                then.accept(response);
              }

              @Override
              public void failed(Status why) {
                call.complete(why);
              }

              @Override
              public void unknown(Status why) {
                call.complete(why);
              }
            }));
  }

  /** Has a write agreed on for somebody, who is known to be allowed it. */
  void write(Principal principal, KvRequest request, Outcome outcome) {
    replica.write(request, principal, new WriteReply(outcome));
  }

  private record WriteReply(Outcome outcome) implements Reply<KvResult> {
    @Override
    public void done(KvResult result) {
      switch (result) {
        case KvResponse response -> outcome.done(response);
        case KvFailure failure -> outcome.failed(told(EtcdError.of(failure.error())));
      }
    }

    @Override
    public void refused(Refusal why) {
      outcome.unknown(told(EtcdError.of(why)));
    }
  }

  /** The number of a lease that nobody has yet. */
  long newLease() {
    long id = 0;
    while (id == 0) {
      id = random.getAsLong() & Long.MAX_VALUE;
    }
    return id;
  }

  /** Asks for a lease that lives as long as etcd gives such calls. */
  LeaseGrantRequest grant(long id) {
    long ttlSecondsMin = LeaseService.ttlSecondsMin(settings.electionNanos());
    return new LeaseGrantRequest(id, Math.max(SESSION_TTL_SECONDS, ttlSecondsMin));
  }

  /** Gives a lease all its time again; whoever must know what became of it watches its key. */
  void renew(long lease) {
    replica.renew(
        lease,
        new Reply<LeaseStanding>() {
          @Override
          public void done(LeaseStanding standing) {}

          @Override
          public void refused(Refusal why) {}
        });
  }

  // ---- reads -----------------------------------------------------------------------------------

  long revision() {
    return replica.latest().revision();
  }

  /** Goes on once everything that was acknowledged anywhere before is applied here. */
  void barrier(Runnable then, Consumer<Status> failed) {
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            then.run();
          }

          @Override
          public void refused(Refusal why) {
            failed.accept(told(EtcdError.of(why)));
          }
        });
  }

  /** Reads the present state on a reader's thread, and goes on with what was found. */
  <T> void read(Function<KvReader, T> question, Consumer<T> then, Consumer<Status> failed) {
    if (!submit(question, then, failed)) {
      failed.accept(EtcdError.TOO_MANY_REQUESTS.status());
    }
  }

  /** The same for a call that waits in any case: when readers have no room, it waits for it. */
  <T> void readInTime(Function<KvReader, T> question, Consumer<T> then, Consumer<Status> failed) {
    if (!submit(question, then, failed)) {
      replica.loop().schedule(Limits.READ_RETRY_NANOS, () -> readInTime(question, then, failed));
    }
  }

  private <T> boolean submit(
      Function<KvReader, T> question, Consumer<T> then, Consumer<Status> failed) {
    if (!replica.hasState()) {
      failed.accept(EtcdError.STOPPED.status());
      return true;
    }
    Replica.View view = replica.view();
    try {
      replica
          .readers()
          .execute(() -> {
            Runnable answer = answer(view, question, then, failed);
            replica.loop().execute(answer);
          });
      return true;
    } catch (RejectedExecutionException e) {
      view.close();
      return false;
    }
  }

  private static <T> Runnable answer(
      Replica.View view,
      Function<KvReader, T> question,
      Consumer<T> then,
      Consumer<Status> failed) {
    try (view) {
      T found = question.apply(view.reader());
      return () -> then.accept(found);
    } catch (QuorateException.Corrupt e) {
      return () -> failed.accept(EtcdError.CORRUPT.status());
    } catch (RuntimeException e) {
      return () -> failed.accept(Status.of(StatusCode.INTERNAL, "reading failed: " + e));
    }
  }

  /** Opens a stream of watchers, unless this member's state is gone. */
  @Nullable WatchStream watch(WatchSink sink) {
    return replica.hasState() ? replica.watches().open(sink) : null;
  }

  // ---- later -----------------------------------------------------------------------------------

  void soon(Runnable task) {
    replica.loop().execute(task);
  }

  /** Runs a task when it is time to renew a lease that is held for a waiting call. */
  Loop.Timer whenToRenew(Runnable task) {
    return replica.loop().schedule(RENEWAL_NANOS, task);
  }

  /** Runs a task when a removal that could not be agreed on is worth another try. */
  void whenToRetry(Runnable task) {
    replica.loop().schedule(REMOVAL_RETRY_NANOS, task);
  }
}
