package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.Alarm;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvStore;
import io.quorate.node.Barrier;
import io.quorate.node.LeadershipMove;
import io.quorate.node.Loop;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.DefragmentResponse;
import io.quorate.protocol.etcdserverpb.DowngradeInfo;
import io.quorate.protocol.etcdserverpb.DowngradeRequest;
import io.quorate.protocol.etcdserverpb.DowngradeResponse;
import io.quorate.protocol.etcdserverpb.HashKVRequest;
import io.quorate.protocol.etcdserverpb.HashKVResponse;
import io.quorate.protocol.etcdserverpb.HashRequest;
import io.quorate.protocol.etcdserverpb.HashResponse;
import io.quorate.protocol.etcdserverpb.MoveLeaderRequest;
import io.quorate.protocol.etcdserverpb.MoveLeaderResponse;
import io.quorate.protocol.etcdserverpb.SnapshotRequest;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;
import io.quorate.snapshot.BackupHeader;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code etcdserverpb.Maintenance}: how this member is. Used on the replica's loop. */
final class MaintenanceService {
  private static final Pattern VERSION = Pattern.compile("([0-9]{1,9})\\.([0-9]{1,9})(\\..*)?");

  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final Messages messages;
  private int backups;

  MaintenanceService(
      Replica replica, ApiSettings settings, Admission admission, Messages messages) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.messages = messages;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/etcdserverpb.Maintenance/Status", this::status)
        .unary("/etcdserverpb.Maintenance/Hash", this::hash)
        .unary("/etcdserverpb.Maintenance/HashKV", this::hashKv)
        .unary("/etcdserverpb.Maintenance/Defragment", this::defragment)
        .unary("/etcdserverpb.Maintenance/MoveLeader", this::moveLeader)
        .unary("/etcdserverpb.Maintenance/Downgrade", this::downgrade)
        .serverStreaming("/etcdserverpb.Maintenance/Snapshot", this::snapshot);
  }

  /** Answered by any member in any state, without asking another; to most callers. */
  private void status(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    Messages.read(StatusRequest.parser(), message);
    ReplicaStatus status = replica.status();
    StatusResponse.Builder answer =
        StatusResponse.newBuilder()
            .setHeader(messages.header())
            .setVersion(ApiVersion.SERVER)
            .setStorageVersion(ApiVersion.STORAGE)
            .setDbSize(status.bytesOnDisk())
            .setDbSizeInUse(status.bytesInUse())
            .setDbSizeQuota(
                settings.quotaBytes() == Long.MAX_VALUE
                    ? Limits.QUOTA_BYTES_DEFAULT
                    : settings.quotaBytes())
            .setLeader(status.leader())
            .setRaftTerm(status.term())
            .setRaftIndex(status.commitIndex())
            .setRaftAppliedIndex(status.appliedIndex())
            .setIsLearner(status.learner())
            .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
    if (status.leader() == 0) {
      answer.addErrors("etcdserver: no leader");
    }
    for (Alarm alarm : status.alarms()) {
      answer.addErrors(AlarmService.text(alarm));
    }
    if (!status.failure().isEmpty()) {
      answer.addErrors(status.failure());
    }
    if (!status.refused().isEmpty()) {
      answer.addErrors(status.refused());
    }
    call.reply(Messages.bytes(answer.build()));
  }

  /** Over everything that members agree on; whoever has applied the same log answers the same. */
  private void hash(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    Messages.read(HashRequest.parser(), message);
    HashResponse.Builder answer = HashResponse.newBuilder().setHeader(messages.header());
    read(
        call,
        view ->
            Messages.bytes(
                answer.setHash(folded(KvStore.open(view.rows()).recomputedStateHash())).build()));
  }

  /** Over the keys and their versions up to a revision, as far as compaction has left them. */
  private void hashKv(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    long asked = Messages.read(HashKVRequest.parser(), message).getRevision();
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    KvReader now = replica.latest();
    long revision = asked <= 0 ? now.revision() : asked;
    if (revision > now.revision()) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    if (revision < now.compactedRevision()) {
      throw EtcdError.COMPACTED.asException();
    }
    HashKVResponse.Builder answer =
        HashKVResponse.newBuilder()
            .setHeader(messages.header())
            .setCompactRevision(now.compactedRevision())
            .setHashRevision(revision);
    read(
        call, view -> Messages.bytes(answer.setHash(folded(view.reader().hash(revision))).build()));
  }

  private static int folded(long hash) {
    return (int) (hash ^ (hash >>> Integer.SIZE));
  }

  /** Makes an answer on a reader's thread, from the state as it is now. */
  private void read(Call call, Function<Replica.View, Bytes> work) {
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    Replica.View view = replica.view();
    try {
      replica
          .readers()
          .execute(() -> {
            Runnable give;
            try (view) {
              Bytes answer = work.apply(view);
              give = () -> call.reply(answer);
            } catch (QuorateException.Corrupt e) {
              give = () -> call.complete(EtcdError.CORRUPT.status());
            } catch (QuorateException.Unavailable e) {
              give = () -> call.complete(EtcdError.STOPPED.status());
            } catch (RuntimeException | Error e) {
              Status failed = Status.of(StatusCode.INTERNAL, "reading failed: " + e);
              give = () -> call.complete(failed);
            }
            replica.loop().execute(give);
          });
    } catch (RejectedExecutionException e) {
      view.close();
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
  }

  private void moveLeader(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    long target = Messages.read(MoveLeaderRequest.parser(), message).getTargetID();
    replica
        .membership()
        .moveLeader(
            target,
            new Reply<>() {
              @Override
              public void done(LeadershipMove outcome) {
                switch (outcome) {
                  case MOVED ->
                      call.reply(
                          Messages.bytes(
                              MoveLeaderResponse.newBuilder()
                                  .setHeader(messages.header())
                                  .build()));
                  case NOT_LEADER -> call.complete(EtcdError.NOT_LEADER.status());
                  case BAD_TARGET -> call.complete(EtcdError.BAD_LEADER_TRANSFEREE.status());
                  case NOT_TAKEN -> call.complete(EtcdError.TIMED_OUT.status());
                }
              }

              @Override
              public void refused(Refusal why) {
                call.complete(EtcdError.of(why).status());
              }
            });
  }

  /**
   * Space comes back by itself; who asks has it back a little sooner, and hears when it is, unless
   * that takes long.
   */
  private void defragment(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    Messages.read(DefragmentRequest.parser(), message);
    Defragmented answer = new Defragmented(call);
    answer.timer = replica.loop().schedule(Limits.DEFRAGMENT_ANSWER_NANOS, answer::passed);
    replica.reclaim(answer);
  }

  /** Answers once: at the end, or before. */
  private static final class Defragmented implements Barrier {
    private final Call call;
    private Loop.@Nullable Timer timer;
    private boolean answered;

    Defragmented(Call call) {
      this.call = call;
    }

    private boolean isFirst() {
      boolean first = !answered;
      answered = true;
      if (timer != null) {
        timer.cancel();
      }
      return first;
    }

    @Override
    public void passed() {
      if (isFirst()) {
        call.reply(Messages.bytes(DefragmentResponse.getDefaultInstance()));
      }
    }

    @Override
    public void refused(Refusal why) {
      if (isFirst()) {
        call.complete(EtcdError.of(why).status());
      }
    }
  }

  /**
   * The one version that etcd would go down to is checked as etcd checks it. There is nothing to go
   * down to, though: the data is no etcd's.
   */
  private void downgrade(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    DowngradeRequest request = Messages.read(DowngradeRequest.parser(), message);
    switch (request.getAction()) {
      case VALIDATE -> validate(request.getVersion());
      case ENABLE -> {
        validate(request.getVersion());
        throw EtcdError.NOT_CAPABLE.asException();
      }
      case CANCEL -> {}
      case UNRECOGNIZED ->
          throw Status.of(StatusCode.UNKNOWN, "unknown DowngradeAction").asException();
    }
    call.reply(
        Messages.bytes(
            DowngradeResponse.newBuilder()
                .setHeader(messages.header())
                .setVersion(ApiVersion.CLUSTER)
                .build()));
  }

  private static void validate(String target) {
    Matcher asked = VERSION.matcher(target);
    if (!asked.matches()) {
      throw EtcdError.WRONG_DOWNGRADE_VERSION_FORMAT.asException();
    }
    Matcher own = VERSION.matcher(ApiVersion.CLUSTER);
    if (!own.matches()
        || !asked.group(1).equals(own.group(1))
        || Integer.parseInt(asked.group(2)) != Integer.parseInt(own.group(2)) - 1) {
      throw EtcdError.INVALID_DOWNGRADE_VERSION.asException();
    }
  }

  /** Answered by learners too: a backup is of what this member has. */
  private void snapshot(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    Messages.read(SnapshotRequest.parser(), message);
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    if (backups >= Limits.BACKUPS_MAX) {
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
    ReplicaStatus status = replica.status();
    BackupHeader header =
        new BackupHeader(
            settings.clusterId(),
            settings.memberId(),
            status.appliedIndex(),
            status.term(),
            status.revision(),
            status.compactedRevision(),
            "Quorate, API " + ApiVersion.SERVER);
    BackupStream backup =
        BackupStream.open(call, replica, header, KvStore.firstRow(), () -> backups--);
    backups++;
    backup.begin();
  }
}
