package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.Refusal;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.v3electionpb.CampaignRequest;
import io.quorate.protocol.v3electionpb.CampaignResponse;
import io.quorate.protocol.v3electionpb.LeaderKey;
import io.quorate.protocol.v3electionpb.LeaderRequest;
import io.quorate.protocol.v3electionpb.LeaderResponse;
import io.quorate.protocol.v3electionpb.ProclaimRequest;
import io.quorate.protocol.v3electionpb.ResignRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What clients of the election service are told, over a replica that agrees at once. */
class ElectionServiceTest {
  private static final Status NO_LEADER = Status.of(StatusCode.UNKNOWN, "election: no leader");
  private static final Status NOT_LEADER = Status.of(StatusCode.UNKNOWN, "election: not leader");

  private AuthWorld world = new AuthWorld(FAST);
  private FakeReplica replica = world.replica;

  private FakeCall call(String method, Message request) {
    return call(method, request, Metadata.EMPTY);
  }

  private FakeCall call(String method, Message request, Metadata metadata) {
    return world.call("/v3electionpb.Election/" + method, request, metadata);
  }

  private FakeCall campaign(String name, long lease, String value) {
    world.call(
        "/etcdserverpb.Lease/LeaseGrant",
        LeaseGrantRequest.newBuilder().setID(lease).setTTL(600).build(),
        Metadata.EMPTY);
    return call(
        "Campaign",
        CampaignRequest.newBuilder()
            .setName(utf8(name))
            .setLease(lease)
            .setValue(utf8(value))
            .build());
  }

  private static LeaderKey won(FakeCall call) {
    assertThat(call.status).isEqualTo(Status.OK);
    try {
      return CampaignResponse.parseFrom(Objects.requireNonNull(call.answer).toArray()).getLeader();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private Status proclaim(LeaderKey leader, String value) {
    ProclaimRequest request =
        ProclaimRequest.newBuilder().setLeader(leader).setValue(utf8(value)).build();
    return Objects.requireNonNull(call("Proclaim", request).status);
  }

  private Status resign(LeaderKey leader) {
    return Objects.requireNonNull(
        call("Resign", ResignRequest.newBuilder().setLeader(leader).build()).status);
  }

  private static LeaderRequest of(String name) {
    return LeaderRequest.newBuilder().setName(utf8(name)).build();
  }

  /** What a call was sent since it was looked at last: the key, and what its owner says. */
  private static List<String> told(FakeCall call) {
    List<String> told = new ArrayList<>();
    for (Bytes each : call.sent) {
      try {
        LeaderResponse response = LeaderResponse.parseFrom(each.toArray());
        assertThat(response.getHeader().getRevision())
            .isGreaterThanOrEqualTo(response.getKv().getModRevision());
        told.add(
            response.getKv().getKey().toStringUtf8()
                + "="
                + response.getKv().getValue().toStringUtf8());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    call.sent.clear();
    return told;
  }

  @Test
  void who_is_first_leads_until_it_resigns() {
    LeaderKey first = won(campaign("e", 0xA, "one"));
    assertThat(first)
        .isEqualTo(
            LeaderKey.newBuilder()
                .setName(utf8("e"))
                .setKey(utf8("e/a"))
                .setRev(2)
                .setLease(0xA)
                .build());
    FakeCall second = campaign("e", 0xB, "two");
    assertThat(second.status).isNull();
    assertThat(told(call("Leader", of("e")))).containsExactly("e/a=one");
    assertThat(proclaim(first, "uno")).isEqualTo(Status.OK);
    assertThat(told(call("Leader", of("e")))).containsExactly("e/a=uno");
    assertThat(resign(first)).isEqualTo(Status.OK);
    replica.run();
    assertThat(won(second).getRev()).isEqualTo(3);
    assertThat(told(call("Leader", of("e")))).containsExactly("e/b=two");
    assertThat(proclaim(first, "again")).isEqualTo(NOT_LEADER);
    assertThat(resign(first)).as("nothing to give up").isEqualTo(Status.OK);
    assertThat(told(call("Leader", of("e")))).containsExactly("e/b=two");
  }

  /** The key alone makes no leader: it may be another's by now, who has it by the same lease. */
  @Test
  void a_leader_is_known_by_the_revision_of_its_key() {
    LeaderKey old = won(campaign("e", 0xA, "one"));
    resign(old);
    LeaderKey present = won(campaign("e", 0xA, "two"));
    assertThat(proclaim(old, "three")).isEqualTo(NOT_LEADER);
    assertThat(resign(old)).isEqualTo(Status.OK);
    assertThat(told(call("Leader", of("e")))).containsExactly("e/a=two");
    resign(present);
    assertThat(proclaim(LeaderKey.newBuilder().setKey(utf8("e/a")).build(), "four"))
        .as("a revision of 0 would be that of a key that isn't there")
        .isEqualTo(NOT_LEADER);
    assertThat(call("Leader", of("e")).status).isEqualTo(NO_LEADER);
  }

  @Test
  void what_is_missing_is_told_by_its_name() {
    Status missing = Status.of(StatusCode.UNKNOWN, "\"leader\" field must be provided");
    assertThat(call("Proclaim", ProclaimRequest.getDefaultInstance()).status).isEqualTo(missing);
    assertThat(call("Resign", ResignRequest.getDefaultInstance()).status).isEqualTo(missing);
    Status noKey = Status.of(StatusCode.UNKNOWN, "etcdserver: key is not provided");
    assertThat(proclaim(LeaderKey.getDefaultInstance(), "")).isEqualTo(noKey);
    assertThat(resign(LeaderKey.getDefaultInstance())).isEqualTo(noKey);
    assertThat(call("Leader", LeaderRequest.getDefaultInstance()).status).isEqualTo(NO_LEADER);
    CampaignRequest unknown = CampaignRequest.newBuilder().setLease(99).build();
    assertThat(call("Campaign", unknown).status)
        .isEqualTo(Status.of(StatusCode.UNKNOWN, "etcdserver: requested lease not found"));
    replica.refusal = Refusal.NO_LEADER;
    assertThat(call("Leader", of("e")).status).isEqualTo(EtcdError.NO_LEADER.status());
    assertThat(call("Observe", of("e")).status).isEqualTo(EtcdError.NO_LEADER.status());
  }

  @Test
  void who_campaigns_again_says_something_else() {
    LeaderKey first = won(campaign("e", 0xA, "one"));
    long revision = replica.latest().revision();
    assertThat(won(campaign("e", 0xA, "one"))).isEqualTo(first);
    assertThat(replica.latest().revision()).as("nothing was written").isEqualTo(revision);
    assertThat(won(campaign("e", 0xA, "uno"))).isEqualTo(first);
    assertThat(told(call("Leader", of("e")))).containsExactly("e/a=uno");
  }

  /** Its lease ends while it waits: etcd would let it lead, without a key. */
  @Test
  void who_ends_while_waiting_never_leads() {
    LeaderKey first = won(campaign("e", 0xA, "one"));
    FakeCall second = campaign("e", 0xB, "two");
    world.ok("Lease/LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(0xB).build(), null);
    replica.run();
    assertThat(second.status).isEqualTo(NOT_LEADER);
    resign(first);
    assertThat(call("Leader", of("e")).status).isEqualTo(NO_LEADER);
  }

  @Test
  void who_observes_hears_of_each_leader_and_all_that_it_says() {
    FakeCall early = call("Observe", of("e"));
    assertThat(told(early)).isEmpty();
    LeaderKey first = won(campaign("e", 0xA, "one"));
    assertThat(told(early)).containsExactly("e/a=one");
    FakeCall late = call("Observe", of("e"));
    assertThat(told(late)).containsExactly("e/a=one");
    FakeCall second = campaign("e", 0xB, "two");
    assertThat(told(early)).as("a candidate").isEmpty();
    proclaim(first, "uno");
    assertThat(told(early)).containsExactly("e/a=uno");
    resign(first);
    assertThat(told(early)).containsExactly("e/b=two");
    resign(won(second));
    assertThat(told(early)).isEmpty();
    won(campaign("e", 0xC, "three"));
    assertThat(told(early)).containsExactly("e/c=three");
    assertThat(told(late)).containsExactly("e/a=uno", "e/b=two", "e/c=three");
    assertThat(early.status).isNull();
  }

  /** What a client has no room for is not kept for it: it is read when there is room. */
  @Test
  void who_reads_slowly_is_told_later() {
    LeaderKey first = won(campaign("e", 0xA, "0"));
    FakeCall slow = call("Observe", of("e"));
    slow.ready = false;
    for (int i = 1; i <= 100; i++) {
      proclaim(first, Integer.toString(i));
    }
    assertThat(told(slow)).containsExactly("e/a=0");
    ready(slow);
    List<String> told = told(slow);
    assertThat(told).hasSize(100).startsWith("e/a=1").endsWith("e/a=100");
  }

  @Test
  void who_misses_what_is_compacted_hears_of_the_present_leader() {
    LeaderKey first = won(campaign("e", 0xA, "0"));
    FakeCall slow = call("Observe", of("e"));
    FakeCall idle = call("Observe", of("e"));
    slow.ready = false;
    for (int i = 1; i <= 10; i++) { // more than is kept at hand
      proclaim(first, i + "x".repeat(1_000_000));
    }
    told(idle);
    FakeCall second = campaign("e", 0xB, "two");
    resign(first);
    won(second);
    long revision = replica.latest().revision();
    world.ok("KV/Compact", CompactionRequest.newBuilder().setRevision(revision).build(), null);
    told(slow);
    ready(slow);
    assertThat(told(slow)).containsExactly("e/b=two");
    assertThat(told(idle)).containsExactly("e/b=two");
    proclaim(won(second), "dos");
    assertThat(told(slow)).containsExactly("e/b=dos");
    assertThat(told(idle)).containsExactly("e/b=dos");
  }

  private void ready(FakeCall call) {
    call.ready = true;
    Objects.requireNonNull(call.listener).onReady();
    replica.run();
  }

  @Test
  void busy_readers_delay_who_observes_and_refuse_who_asks() {
    replica.readersFull = true;
    FakeCall observer = call("Observe", of("e"));
    assertThat(call("Leader", of("e")).status).isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
    replica.readersFull = false;
    won(campaign("e", 0xA, "one"));
    replica.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(told(observer)).containsExactly("e/a=one");
  }

  /** A change of the group's leader is none of an observer's business unless it says so. */
  @Test
  void who_observes_and_wants_a_leader_of_the_group_ends_without_one() {
    Metadata bound = Metadata.of("hasleader", "true");
    FakeCall ends = call("Observe", of("e"), bound);
    FakeCall stays = call("Observe", of("e"));
    FakeCall gone = call("Observe", of("e"), bound);
    gone.status = Status.of(StatusCode.CANCELLED, "the client is gone");
    Objects.requireNonNull(gone.listener).onCancel();
    replica.leader = 0;
    replica.pass(TimeUnit.SECONDS.toNanos(4));
    assertThat(ends.status).isEqualTo(EtcdError.NO_LEADER.status());
    replica.leader = 7;
    won(campaign("e", 0xA, "one"));
    assertThat(told(stays)).containsExactly("e/a=one");
    assertThat(told(gone)).isEmpty();
  }

  @Test
  void who_may_not_observe_any_more_hears_nothing_more() {
    world = AuthWorld.on(FAST);
    replica = world.replica;
    String root = world.token("root", "root-pw");
    Metadata user = AuthWorld.token(world.token("u", "u-pw"));
    assertThat(call("Observe", of("q"), user).status)
        .isEqualTo(EtcdError.PERMISSION_DENIED.status());
    FakeCall campaign =
        call(
            "Campaign",
            CampaignRequest.newBuilder().setName(utf8("p/e")).setValue(utf8("1")).build(),
            user);
    LeaderKey leader = won(campaign);
    FakeCall observer = call("Observe", of("p/e"), user);
    world.ok(
        "Auth/UserGrantRole",
        AuthUserGrantRoleRequest.newBuilder().setUser("u").setRole("w").build(),
        root);
    ProclaimRequest.Builder proclaim = ProclaimRequest.newBuilder().setLeader(leader);
    assertThat(call("Proclaim", proclaim.setValue(utf8("2")).build(), user).status)
        .isEqualTo(Status.OK);
    assertThat(told(observer)).hasSize(2);
    world.ok(
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build(),
        root);
    assertThat(call("Proclaim", proclaim.setValue(utf8("3")).build(), user).status)
        .isEqualTo(EtcdError.PERMISSION_DENIED.status());
    assertThat(observer.status).isNull();
    Metadata rooted = AuthWorld.token(root);
    assertThat(call("Proclaim", proclaim.setValue(utf8("4")).build(), rooted).status)
        .isEqualTo(Status.OK);
    assertThat(told(observer)).isEmpty();
    assertThat(observer.status).isEqualTo(EtcdError.PERMISSION_DENIED.status());
  }
}
