package io.quorate.etcd;

import com.google.protobuf.ByteString;
import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import io.quorate.protocol.v3electionpb.CampaignRequest;
import io.quorate.protocol.v3electionpb.CampaignResponse;
import io.quorate.protocol.v3electionpb.LeaderKey;
import io.quorate.protocol.v3electionpb.LeaderRequest;
import io.quorate.protocol.v3electionpb.LeaderResponse;
import io.quorate.protocol.v3electionpb.ProclaimRequest;
import io.quorate.protocol.v3electionpb.ProclaimResponse;
import io.quorate.protocol.v3electionpb.ResignRequest;
import io.quorate.protocol.v3electionpb.ResignResponse;
import java.util.List;

/**
 * {@code v3electionpb.Election}: the leader is whoever wrote the oldest key under the election's
 * name ({@link Contender}); what it proclaims is the key's value.
 *
 * <p>Used on the replica's loop.
 */
final class ElectionService {
  private static final Status NO_LEADER = Status.of(StatusCode.UNKNOWN, "election: no leader");
  private static final Status NOT_LEADER = Status.of(StatusCode.UNKNOWN, "election: not leader");
  private static final Status LEADER_KEY_MISSING =
      Status.of(StatusCode.UNKNOWN, "\"leader\" field must be provided");

  private final Contention contention;
  private final Messages messages;
  private final LeaderBoundStreams leaderBound;

  ElectionService(Contention contention, Messages messages, LeaderBoundStreams leaderBound) {
    this.contention = contention;
    this.messages = messages;
    this.leaderBound = leaderBound;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/v3electionpb.Election/Campaign", this::campaign)
        .unary("/v3electionpb.Election/Proclaim", this::proclaim)
        .unary("/v3electionpb.Election/Leader", this::leader)
        .serverStreaming("/v3electionpb.Election/Observe", this::observe)
        .unary("/v3electionpb.Election/Resign", this::resign);
  }

  private void campaign(Call call, Bytes message) {
    contention.enter(call, message);
    CampaignRequest request = Messages.read(CampaignRequest.parser(), message);
    Bytes value = Messages.bytes(request.getValue());
    Candidate candidate = new Candidate(call, request);
    candidate.begin(value, candidate.whenThere(value));
  }

  private void proclaim(Call call, Bytes message) {
    contention.enter(call, message);
    ProclaimRequest request = Messages.read(ProclaimRequest.parser(), message);
    if (!request.hasLeader()) {
      throw LEADER_KEY_MISSING.asException();
    }
    LeaderKey leader = request.getLeader();
    Bytes key = Messages.bytes(leader.getKey());
    Bytes value = Messages.bytes(request.getValue());
    boolean keepLease = leader.getLease() == 0;
    if (!key.isEmpty() && leader.getRev() <= 0) {
      throw NOT_LEADER.asException(); // else it would hold of a key that isn't there
    }
    contention.write(
        call,
        whileLeader(leader, new PutRequest(key, value, leader.getLease(), false, false, keepLease)),
        response -> {
          if (((TxnResponse) response).succeeded()) {
            call.reply(
                Messages.bytes(
                    ProclaimResponse.newBuilder()
                        .setHeader(messages.header(response.revision()))
                        .build()));
          } else {
            call.complete(NOT_LEADER);
          }
        });
  }

  private void resign(Call call, Bytes message) {
    contention.enter(call, message);
    ResignRequest request = Messages.read(ResignRequest.parser(), message);
    if (!request.hasLeader()) {
      throw LEADER_KEY_MISSING.asException();
    }
    LeaderKey leader = request.getLeader();
    contention.write(
        call,
        whileLeader(leader, DeleteRangeRequest.one(Messages.bytes(leader.getKey()))),
        response ->
            call.reply(
                Messages.bytes(
                    ResignResponse.newBuilder()
                        .setHeader(messages.header(response.revision()))
                        .build())));
  }

  /** Does something if the key is still the one that a leader was elected by. */
  private static TxnRequest whileLeader(LeaderKey leader, KvOp step) {
    return new TxnRequest(
        List.of(
            Compare.number(
                Messages.bytes(leader.getKey()),
                Compare.Target.CREATE,
                Compare.Result.EQUAL,
                leader.getRev())),
        List.of(step),
        List.of());
  }

  private void leader(Call call, Bytes message) {
    contention.enter(call, message);
    LeaderRequest request = Messages.read(LeaderRequest.parser(), message);
    Bytes prefix = Contention.prefix(Messages.bytes(request.getName()));
    Principal principal = contention.principal(call);
    contention.barrier(
        () -> {
          Status refusal = contention.refusal(call, principal, prefix);
          if (refusal != null) {
            call.complete(refusal);
          } else if (call.isOpen()) {
            contention.read(
                reader -> Contention.first(reader, prefix),
                found -> answer(call, found),
                call::complete);
          }
        },
        call::complete);
  }

  private void answer(Call call, Contention.First found) {
    KeyValue kv = found.kv();
    if (kv == null) {
      call.complete(NO_LEADER);
    } else {
      call.reply(
          Messages.bytes(
              LeaderResponse.newBuilder()
                  .setHeader(messages.header(found.revision()))
                  .setKv(Messages.keyValue(kv))
                  .build()));
    }
  }

  private void observe(Call call, Bytes message) {
    contention.enter(call, message);
    LeaderRequest request = Messages.read(LeaderRequest.parser(), message);
    Bytes name = Messages.bytes(request.getName());
    new ObserveCall(contention, messages, leaderBound, call, name).begin();
  }

  /** A call that wants to be elected. */
  private final class Candidate extends Contender {
    private final Call call;
    private final ByteString name;

    Candidate(Call call, CampaignRequest request) {
      super(contention, call, Messages.bytes(request.getName()), request.getLease());
      this.call = call;
      this.name = request.getName();
    }

    /** Who is a candidate already, and says something else now, has changed its mind. */
    List<KvOp> whenThere(Bytes value) {
      TxnRequest proclaim =
          new TxnRequest(
              List.of(Compare.value(key(), Compare.Result.EQUAL, value)),
              List.of(),
              List.of(new PutRequest(key(), value, lease(), false, false, false)));
      return List.of(RangeRequest.one(key()), proclaim);
    }

    @Override
    void first(long revision) {
      call.reply(
          Messages.bytes(
              CampaignResponse.newBuilder()
                  .setHeader(messages.header(joinRevision()))
                  .setLeader(
                      LeaderKey.newBuilder()
                          .setName(name)
                          .setKey(Messages.byteString(key()))
                          .setRev(createRevision())
                          .setLease(lease()))
                  .build()));
    }

    @Override
    Status lost() {
      return NOT_LEADER;
    }
  }
}
