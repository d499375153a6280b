package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StreamListener;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.Principal;
import io.quorate.node.Barrier;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.LeaseLeasesResponse;
import io.quorate.protocol.etcdserverpb.LeaseStatus;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * {@code etcdserverpb.Lease}: grants, revocations, keep-alive streams ({@link KeepAliveCall}), and
 * how leases stand.
 *
 * <p>Used on the replica's loop.
 */
final class LeaseService {
  /** Longest time to live, in seconds; etcd's. */
  private static final long TTL_SECONDS_MAX = 9_000_000_000L;

  private static final long SECOND = 1_000_000_000L;

  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final SpaceQuota quota;
  private final Messages messages;
  private final LeaderBoundStreams leaderBound;
  private final LongSupplier random;

  LeaseService(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      SpaceQuota quota,
      Messages messages,
      LeaderBoundStreams leaderBound,
      LongSupplier random) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.quota = quota;
    this.messages = messages;
    this.leaderBound = leaderBound;
    this.random = random;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/etcdserverpb.Lease/LeaseGrant", this::grant)
        .unary("/etcdserverpb.Lease/LeaseRevoke", this::revoke)
        .streaming("/etcdserverpb.Lease/LeaseKeepAlive", this::keepAlive)
        .unary("/etcdserverpb.Lease/LeaseTimeToLive", this::timeToLive)
        .unary("/etcdserverpb.Lease/LeaseLeases", this::leases);
  }

  /** The shortest time to live, in seconds: one and a half election times, rounded up. */
  static long ttlSecondsMin(long electionNanos) {
    return Math.ceilDiv(electionNanos + electionNanos / 2, SECOND);
  }

  private void grant(Call call, Bytes message) {
    enter(call);
    var request =
        Messages.read(io.quorate.protocol.etcdserverpb.LeaseGrantRequest.parser(), message);
    if (request.getTTL() > TTL_SECONDS_MAX) {
      throw EtcdError.LEASE_TTL_TOO_LARGE.asException();
    }
    quota.checkSpace();
    long ttl = Math.max(request.getTTL(), ttlSecondsMin(settings.electionNanos()));
    grant(call, request.getID(), ttl);
  }

  /** Grants a lease; of a number that is chosen here, if {@code wanted} is 0. */
  private void grant(Call call, long wanted, long ttlSeconds) {
    long id = wanted;
    while (id == 0) {
      id = random.getAsLong() & Long.MAX_VALUE;
    }
    admission.write(
        call,
        new LeaseGrantRequest(id, ttlSeconds),
        new Answer(call) {
          @Override
          public void done(KvResult result) {
            boolean taken =
                result instanceof KvFailure failure && failure.error() == KvError.LEASE_EXISTS;
            if (taken && wanted == 0) {
              Admission.within(call, () -> grant(call, 0, ttlSeconds));
            } else {
              super.done(result);
            }
          }
        });
  }

  private void revoke(Call call, Bytes message) {
    enter(call);
    var request =
        Messages.read(io.quorate.protocol.etcdserverpb.LeaseRevokeRequest.parser(), message);
    admission.write(call, new LeaseRevokeRequest(request.getID()), new Answer(call));
  }

  private StreamListener keepAlive(Call call) {
    enter(call);
    return new KeepAliveCall(replica, settings, admission, leaderBound, call);
  }

  private void timeToLive(Call call, Bytes message) {
    enter(call);
    LeaseTimeToLiveRequest request = Messages.read(LeaseTimeToLiveRequest.parser(), message);
    Principal principal = admission.principal(call);
    replica.leaseStanding(
        request.getID(),
        new Reply<LeaseStanding>() {
          @Override
          public void done(LeaseStanding standing) {
            if (standing.exists() && request.getKeys()) {
              readKeys(call, principal, request.getID(), standing);
            } else {
              call.reply(answer(messages.header(), request.getID(), standing, List.of()));
            }
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  /**
   * The lease's keys, once this member has applied what was acknowledged before; for whoever may
   * read them all.
   */
  private void readKeys(Call call, Principal principal, long lease, LeaseStanding standing) {
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            ResponseHeader header = messages.header();
            Replica.View view = replica.view();
            try {
              replica
                  .readers()
                  .execute(() -> {
                    Runnable end = read(view, header, call, principal, lease, standing);
                    replica.loop().execute(end);
                  });
            } catch (RejectedExecutionException e) {
              view.close();
              call.complete(EtcdError.TOO_MANY_REQUESTS.status());
            }
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  /** On a reader's thread: what is then left to do on the loop. */
  private Runnable read(
      Replica.View view,
      ResponseHeader header,
      Call call,
      Principal principal,
      long lease,
      LeaseStanding standing) {
    try (view) {
      List<Bytes> keys = view.reader().leaseKeys(lease);
      Bytes answer = answer(header, lease, standing, keys);
      return () -> {
        if (admission.allowsReading(call, principal, keys)) {
          call.reply(answer);
        }
      };
    } catch (QuorateException.Corrupt e) {
      return () -> call.complete(EtcdError.CORRUPT.status());
    } catch (RuntimeException | Error e) {
      return () -> call.complete(Status.of(StatusCode.INTERNAL, "reading failed: " + e));
    }
  }

  private static Bytes answer(
      ResponseHeader header, long lease, LeaseStanding standing, List<Bytes> keys) {
    LeaseTimeToLiveResponse.Builder answer =
        LeaseTimeToLiveResponse.newBuilder()
            .setHeader(header)
            .setID(lease)
            .setTTL(standing.remainingSeconds())
            .setGrantedTTL(standing.ttlSeconds());
    keys.forEach(key -> answer.addKeys(Messages.byteString(key)));
    return Messages.bytes(answer.build());
  }

  private void leases(Call call, @SuppressWarnings("unused") Bytes message) {
    enter(call);
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    LeaseLeasesResponse.Builder answer =
        LeaseLeasesResponse.newBuilder().setHeader(messages.header());
    Supplier<long[]> ids = replica.leasesByEnd();
    try { // there may be any number of them
      replica
          .readers()
          .execute(() -> {
            for (long id : ids.get()) {
              answer.addLeases(LeaseStatus.newBuilder().setID(id));
            }
            Bytes made = Messages.bytes(answer.build());
            replica.loop().execute(() -> call.reply(made));
          });
    } catch (RejectedExecutionException e) {
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
  }

  private void enter(Call call) {
    admission.voter();
    admission.leaderIfAsked(call);
  }

  /** Answers a grant or a revocation when it is applied. */
  private class Answer implements Reply<KvResult> {
    private final Call call;

    Answer(Call call) {
      this.call = call;
    }

    @Override
    public void done(KvResult result) {
      switch (result) {
        case KvResponse response ->
            call.reply(
                new ResponseWriter(settings.clusterId(), settings.memberId())
                    .of(response, replica.term()));
        case KvFailure failure -> call.complete(EtcdError.of(failure.error()).status());
      }
    }

    @Override
    public void refused(Refusal why) {
      call.complete(EtcdError.of(why).status());
    }
  }
}
