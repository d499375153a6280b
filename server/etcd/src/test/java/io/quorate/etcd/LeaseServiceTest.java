package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamListener;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Refusal;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantResponse;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveRequest;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveResponse;
import io.quorate.protocol.etcdserverpb.LeaseLeasesRequest;
import io.quorate.protocol.etcdserverpb.LeaseLeasesResponse;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeResponse;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What clients of the lease service are told, over a replica that agrees at once. */
class LeaseServiceTest {
  private final FakeReplica replica = new FakeReplica();
  private final ServiceRegistry registry = new ServiceRegistry();

  LeaseServiceTest() {
    new EtcdServices(
            replica,
            ApiSettings.of(1, 7),
            AuthSettings.standard(),
            new AuthSources(new Random(1)::nextLong, () -> 0))
        .register(registry);
  }

  /**
   * The shortest time is one and a half elections, rounded up to seconds; asking for less is no
   * error.
   */
  @Test
  void a_short_lease_is_made_longer() throws Exception {
    for (long ttl : new long[] {-5, 0, 1, 2}) {
      assertThat(grant(0, ttl).getTTL()).isEqualTo(2);
    }
    assertThat(grant(0, 3).getTTL()).isEqualTo(3);
    assertThat(LeaseService.ttlSecondsMin(10_000_000_000L)).isEqualTo(15);
    assertThat(LeaseService.ttlSecondsMin(100_000_000L)).isEqualTo(1);
  }

  @Test
  void a_lease_has_the_number_that_was_asked_for_or_one_of_its_own() throws Exception {
    assertThat(grant(-77, 60).getID()).isEqualTo(-77);
    assertThat(status("LeaseGrant", granting(-77, 60))).isEqualTo(EtcdError.LEASE_EXISTS.status());
    assertThat(grant(0, 60).getID()).isPositive();
    assertThat(status("LeaseGrant", granting(0, 9_000_000_001L)))
        .isEqualTo(EtcdError.LEASE_TTL_TOO_LARGE.status());
    LeaseLeasesResponse leases =
        LeaseLeasesResponse.parseFrom(ok("LeaseLeases", LeaseLeasesRequest.getDefaultInstance()));
    assertThat(leases.getLeasesCount()).isEqualTo(2);
  }

  @Test
  void the_list_of_leases_is_made_by_a_reader() throws Exception {
    grant(3, 60);
    replica.readersWait = true;
    FakeCall call = call("Lease/LeaseLeases", LeaseLeasesRequest.getDefaultInstance());
    assertThat(call.status).isNull();
    replica.read();
    assertThat(LeaseLeasesResponse.parseFrom(call.sent.getLast().toArray()).getLeases(0).getID())
        .isEqualTo(3);
    replica.readersFull = true;
    assertThat(status("LeaseLeases", LeaseLeasesRequest.getDefaultInstance()))
        .isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
  }

  /**
   * The end of a lease is one revision, whatever the number of its keys; without keys it is none.
   */
  @Test
  void a_revoked_lease_takes_its_keys_with_it_in_one_revision() throws Exception {
    grant(5, 60);
    put("b", 5);
    put("a", 5);
    put("c", 0);
    LeaseTimeToLiveResponse standing = timeToLive(5, true);
    assertThat(standing.getGrantedTTL()).isEqualTo(60);
    assertThat(standing.getKeysList())
        .containsExactly(ByteString.copyFromUtf8("a"), ByteString.copyFromUtf8("b"));
    LeaseRevokeResponse revoked =
        LeaseRevokeResponse.parseFrom(
            ok("LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(5).build()));
    assertThat(revoked.getHeader().getRevision()).isEqualTo(5);
    assertThat(
            replica.history.getOrDefault(5L, List.of()).stream()
                .map(event -> event.kv().key().toUtf8()))
        .containsExactly("a", "b");
    assertThat(status("LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(5).build()))
        .isEqualTo(EtcdError.LEASE_NOT_FOUND.status());
    grant(6, 60);
    ok("LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(6).build());
    assertThat(replica.latest().revision()).isEqualTo(5);
  }

  /** Three questions about a lease that isn't: three different answers. */
  @Test
  void an_unknown_lease_is_told_in_three_ways() throws Exception {
    Renewing stream = new Renewing();
    stream.renew(99);
    assertThat(stream.answers().getFirst().getTTL()).isZero();
    assertThat(stream.call.status).isNull();
    LeaseTimeToLiveResponse standing = timeToLive(99, true);
    assertThat(standing.getTTL()).isEqualTo(-1);
    assertThat(standing.getID()).isEqualTo(99);
    assertThat(status("LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(99).build()))
        .isEqualTo(EtcdError.LEASE_NOT_FOUND.status());
  }

  /** Shows that who asks for a lease's keys is answered, also if they can't be read. */
  @Test
  void keys_that_can_not_be_read_are_an_answer() throws Exception {
    grant(5, 60);
    var request = LeaseTimeToLiveRequest.newBuilder().setID(5).setKeys(true).build();
    replica.readsFail = new IllegalStateException("no");
    assertThat(status("LeaseTimeToLive", request).code()).isEqualTo(StatusCode.INTERNAL);
    replica.readsFail = QuorateException.of(ErrorCode.DATA_DAMAGED, "it is damaged");
    assertThat(status("LeaseTimeToLive", request)).isEqualTo(EtcdError.CORRUPT.status());
  }

  /** A key's lease follows its last put. */
  @Test
  void keys_move_from_lease_to_lease() throws Exception {
    grant(1, 60);
    grant(2, 60);
    put("k", 1);
    put("k", 2);
    assertThat(timeToLive(1, true).getKeysCount()).isZero();
    assertThat(timeToLive(2, true).getKeysCount()).isEqualTo(1);
    put("k", 0);
    assertThat(timeToLive(2, true).getKeysCount()).isZero();
  }

  /** Answers come in the order of the questions, in whatever order the leader gives them. */
  @Test
  void renewals_are_answered_in_their_order() throws Exception {
    grant(1, 10);
    grant(2, 20);
    replica.leasesWait = true;
    Renewing stream = new Renewing();
    stream.renew(1);
    stream.renew(99);
    stream.renew(2);
    stream.listener.onHalfClose();
    assertThat(stream.call.sent).isEmpty();
    assertThat(stream.call.status).isNull();
    replica.answerLeases();
    assertThat(stream.answers().stream().map(LeaseKeepAliveResponse::getTTL))
        .containsExactly(10L, 0L, 20L);
    assertThat(stream.answers().stream().map(LeaseKeepAliveResponse::getID))
        .containsExactly(1L, 99L, 2L);
    assertThat(stream.call.status).isEqualTo(Status.OK);
  }

  /** A client that asks faster than it is answered is made to wait. */
  @Test
  void a_stream_of_renewals_is_bounded() {
    replica.leasesWait = true;
    Renewing stream = new Renewing();
    for (int i = 0; i < Limits.RENEWALS_PER_STREAM_MAX; i++) {
      assertThat(stream.call.paused).isFalse();
      stream.renew(i);
    }
    assertThat(stream.call.paused).isTrue();
    replica.answerLeases();
    assertThat(stream.call.paused).isFalse();
  }

  @Test
  void without_a_leader_the_stream_ends() {
    replica.refusal = Refusal.NO_LEADER;
    Renewing stream = new Renewing();
    stream.renew(1);
    assertThat(stream.call.status).isEqualTo(EtcdError.NO_LEADER.status());
  }

  /** Also one on which nothing is asked; one that didn't want it goes on, and the clock ends. */
  @Test
  void without_a_leader_streams_end_that_asked_for_it() {
    Metadata bound = Metadata.of("hasleader", "true");
    Renewing hasty = new Renewing(bound);
    Renewing cancelled = new Renewing(bound);
    Renewing finished = new Renewing(bound);
    Renewing patient = new Renewing();
    cancelled.listener.onCancel();
    finished.listener.onHalfClose();
    replica.leasesWait = true;
    hasty.renew(1);
    replica.leader = 0;
    replica.pass(TimeUnit.SECONDS.toNanos(2));
    assertThat(hasty.call.status).isNull();
    replica.pass(TimeUnit.SECONDS.toNanos(2));
    assertThat(hasty.call.status).isEqualTo(EtcdError.NO_LEADER.status());
    assertThat(cancelled.call.status).isNull();
    assertThat(finished.call.status).isEqualTo(Status.OK);
    assertThat(patient.call.status).isNull();
    replica.answerLeases();
    assertThat(hasty.call.sent).isEmpty();
    assertThatThrownBy(() -> new Renewing(bound))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> assertThat(e.status()).isEqualTo(EtcdError.NO_LEADER.status()));
  }

  @Test
  void a_full_store_grants_nothing() {
    replica.bytesOnDisk = Long.MAX_VALUE;
    assertThat(status("LeaseGrant", granting(1, 60))).isEqualTo(EtcdError.NO_SPACE.status());
  }

  @Test
  void what_is_left_of_a_lease_is_what_its_clock_says() throws Exception {
    grant(1, 60);
    replica.standings.put(1L, new LeaseStanding(60, 17));
    assertThat(timeToLive(1, false).getTTL()).isEqualTo(17);
    assertThat(timeToLive(1, false).getGrantedTTL()).isEqualTo(60);
  }

  /** A keep-alive stream. */
  private final class Renewing {
    final FakeCall call;
    final StreamListener listener;

    Renewing() {
      this(Metadata.EMPTY);
    }

    Renewing(Metadata metadata) {
      call = new FakeCall("/etcdserverpb.Lease/LeaseKeepAlive", metadata);
      if (!(registry.find(call.method()) instanceof ServiceRegistry.Method.Streaming renewing)) {
        throw new AssertionError("no keep-alive stream");
      }
      listener = renewing.handler().open(call);
    }

    void renew(long id) {
      listener.onMessage(
          Bytes.wrap(LeaseKeepAliveRequest.newBuilder().setID(id).build().toByteArray()));
    }

    List<LeaseKeepAliveResponse> answers() throws InvalidProtocolBufferException {
      List<LeaseKeepAliveResponse> answers = new ArrayList<>();
      for (Bytes message : call.sent) {
        answers.add(LeaseKeepAliveResponse.parseFrom(message.toArray()));
      }
      return answers;
    }
  }

  private static LeaseGrantRequest granting(long id, long ttl) {
    return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
  }

  private LeaseGrantResponse grant(long id, long ttl) throws InvalidProtocolBufferException {
    return LeaseGrantResponse.parseFrom(ok("LeaseGrant", granting(id, ttl)));
  }

  private LeaseTimeToLiveResponse timeToLive(long id, boolean keys)
      throws InvalidProtocolBufferException {
    return LeaseTimeToLiveResponse.parseFrom(
        ok("LeaseTimeToLive", LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(keys).build()));
  }

  private void put(String key, long lease) {
    FakeCall call =
        call(
            "KV/Put",
            PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).setLease(lease).build());
    assertThat(call.status).isEqualTo(Status.OK);
  }

  private byte[] ok(String method, Message request) {
    FakeCall call = call("Lease/" + method, request);
    assertThat(call.status).isEqualTo(Status.OK);
    return call.sent.getLast().toArray();
  }

  private Status status(String method, Message request) {
    Status status = call("Lease/" + method, request).status;
    assertThat(status).isNotNull();
    return status == null ? Status.OK : status;
  }

  private FakeCall call(String method, Message request) {
    FakeCall call = new FakeCall("/etcdserverpb." + method, Metadata.EMPTY);
    if (!(registry.find(call.method()) instanceof ServiceRegistry.Method.Unary unary)) {
      throw new AssertionError("no method " + method);
    }
    try {
      unary.handler().handle(call, Bytes.wrap(request.toByteArray()));
    } catch (StatusException e) {
      call.complete(e.status());
    }
    replica.run();
    return call;
  }
}
