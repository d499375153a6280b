package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.node.LeadershipMove;
import io.quorate.node.MembershipChange;
import io.quorate.node.MembershipOutcome;
import io.quorate.node.MembershipRefusal;
import io.quorate.node.Refusal;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeResponse;
import io.quorate.protocol.etcdserverpb.Member;
import io.quorate.protocol.etcdserverpb.MemberAddRequest;
import io.quorate.protocol.etcdserverpb.MemberAddResponse;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberListResponse;
import io.quorate.protocol.etcdserverpb.MemberPromoteRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveResponse;
import io.quorate.protocol.etcdserverpb.MoveLeaderRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.Rpc;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.TxnResponse;
import io.quorate.protocol.events.StreamsOuterClass;
import io.quorate.protocol.v3electionpb.V3Election;
import io.quorate.protocol.v3lockpb.V3Lock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shows what clients are answered, over a replica that agrees at once. */
class EtcdServicesTest {
  private static final Metadata HASTY = Metadata.of("hasleader", "true");

  private final FakeReplica replica = new FakeReplica();
  private final ServiceRegistry registry = registry(1L << 40);

  /** Put, overwrite, read: revisions, versions and header as etcd counts them. */
  @Test
  void a_put_is_read_back_with_its_revisions() throws Exception {
    PutResponse first = put("a", "1");
    assertThat(first.hasPrevKv()).isFalse();
    assertThat(first.getHeader().getRevision()).isEqualTo(2);
    assertThat(first.getHeader().getClusterId()).isEqualTo(-5);
    assertThat(first.getHeader().getMemberId()).isEqualTo(7);
    assertThat(first.getHeader().getRaftTerm()).isEqualTo(3);
    PutResponse second =
        PutResponse.parseFrom(ok("KV/Put", putOf("a", "2").toBuilder().setPrevKv(true).build()));
    assertThat(second.getPrevKv().getValue().toStringUtf8()).isEqualTo("1");
    RangeResponse range = range(RangeRequest.newBuilder().setKey(utf8("a")).build());
    assertThat(range.getCount()).isEqualTo(1);
    assertThat(range.getKvs(0).getVersion()).isEqualTo(2);
    assertThat(range.getKvs(0).getCreateRevision()).isEqualTo(2);
    assertThat(range.getKvs(0).getModRevision()).isEqualTo(3);
  }

  /** A range goes to the readers and comes back; limit, more and count are told apart. */
  @Test
  void a_range_is_read_from_a_view() throws Exception {
    for (String key : new String[] {"a", "b", "c", "d"}) {
      put(key, key);
    }
    RangeResponse range =
        range(
            RangeRequest.newBuilder()
                .setKey(utf8("a"))
                .setRangeEnd(utf8("\0"))
                .setLimit(2)
                .build());
    assertThat(range.getKvsCount()).isEqualTo(2);
    assertThat(range.getMore()).isTrue();
    assertThat(range.getCount()).isEqualTo(4);
    assertThat(range.getHeader().getRevision()).isEqualTo(5);
  }

  /** A default read asks the cluster first; a serializable one doesn't. */
  @Test
  void only_serializable_reads_do_without_the_cluster() throws Exception {
    put("a", "1");
    replica.refusal = Refusal.TIMED_OUT;
    RangeRequest read = RangeRequest.newBuilder().setKey(utf8("a")).build();
    assertThat(status("KV/Range", read)).isEqualTo(EtcdError.TIMED_OUT.status());
    RangeRequest local = read.toBuilder().setSerializable(true).build();
    assertThat(range(local).getCount()).isEqualTo(1);
    assertThat(replica.barriers).isEqualTo(1);
  }

  /** A member that gets from its peers what its disk has lost has nothing to show. */
  @Test
  void a_member_without_a_state_answers_no_read() throws Exception {
    put("a", "1");
    replica.hasState = false;
    RangeRequest local = RangeRequest.newBuilder().setKey(utf8("a")).setSerializable(true).build();
    assertThat(status("KV/Range", local)).isEqualTo(EtcdError.STOPPED.status());
  }

  /** A transaction runs one list, answers each operation and shows the new revision inside. */
  @Test
  void a_transaction_answers_each_operation() throws Exception {
    TxnRequest txn =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(utf8("x"))
                    .setTarget(Compare.CompareTarget.VERSION)
                    .setVersion(0))
            .addSuccess(RequestOp.newBuilder().setRequestPut(putOf("x", "1")))
            .addSuccess(
                RequestOp.newBuilder().setRequestRange(RangeRequest.newBuilder().setKey(utf8("x"))))
            .build();
    TxnResponse answer = TxnResponse.parseFrom(ok("KV/Txn", txn));
    assertThat(answer.getSucceeded()).isTrue();
    assertThat(answer.getResponses(0).getResponsePut().getHeader().getRevision()).isEqualTo(2);
    assertThat(answer.getResponses(1).getResponseRange().getKvs(0).getValue().toStringUtf8())
        .isEqualTo("1");
    assertThat(TxnResponse.parseFrom(ok("KV/Txn", txn)).getSucceeded()).isFalse();
  }

  /** A transaction that only reads doesn't go through the log. */
  @Test
  void a_reading_transaction_is_not_written() throws Exception {
    put("a", "1");
    int writes = replica.writes;
    TxnRequest txn =
        TxnRequest.newBuilder()
            .addSuccess(
                RequestOp.newBuilder().setRequestRange(RangeRequest.newBuilder().setKey(utf8("a"))))
            .build();
    TxnResponse answer = TxnResponse.parseFrom(ok("KV/Txn", txn));
    assertThat(answer.getResponses(0).getResponseRange().getCount()).isEqualTo(1);
    assertThat(replica.writes).isEqualTo(writes);
    assertThat(replica.barriers).isEqualTo(1);
  }

  /** Nested ones, too: what it reads in all is what counts. */
  @Test
  void a_transaction_that_reads_many_keys_is_read_by_a_reader() throws Exception {
    replica.readersWait = true;
    RequestOp read =
        RequestOp.newBuilder().setRequestRange(RangeRequest.newBuilder().setKey(utf8("a"))).build();
    TxnRequest half =
        TxnRequest.newBuilder()
            .addAllSuccess(Collections.nCopies(Limits.LOOP_READS_MAX / 2, read))
            .build();
    TxnRequest.Builder txn =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestTxn(half))
            .addFailure(RequestOp.newBuilder().setRequestTxn(half));
    assertThat(call("KV/Txn", txn.build(), Metadata.EMPTY, true).status).isEqualTo(Status.OK);
    FakeCall larger = call("KV/Txn", txn.addSuccess(read).build(), Metadata.EMPTY, true);
    assertThat(larger.status).isNull();
    replica.read();
    assertThat(larger.status).isEqualTo(Status.OK);
    assertThat(TxnResponse.parseFrom(bytes(larger)).getResponsesCount()).isEqualTo(2);
  }

  /** Deleting nothing changes nothing; deleting something answers with what it was. */
  @Test
  void deletes_count_what_went() throws Exception {
    put("a", "1");
    DeleteRangeRequest delete =
        DeleteRangeRequest.newBuilder().setKey(utf8("a")).setPrevKv(true).build();
    DeleteRangeResponse gone = DeleteRangeResponse.parseFrom(ok("KV/DeleteRange", delete));
    assertThat(gone.getDeleted()).isEqualTo(1);
    assertThat(gone.getPrevKvs(0).getValue().toStringUtf8()).isEqualTo("1");
    DeleteRangeResponse nothing = DeleteRangeResponse.parseFrom(ok("KV/DeleteRange", delete));
    assertThat(nothing.getDeleted()).isZero();
    assertThat(nothing.getHeader().getRevision()).isEqualTo(gone.getHeader().getRevision());
  }

  /** Compacted and future revisions are refused with etcd's words, also of a second compaction. */
  @Test
  void compaction_has_etcds_errors() throws Exception {
    put("a", "1");
    put("a", "2");
    put("a", "3");
    assertThat(status("KV/Compact", compaction(9))).isEqualTo(EtcdError.FUTURE_REVISION.status());
    assertThat(ok("KV/Compact", compaction(3))).isNotEmpty();
    assertThat(status("KV/Compact", compaction(3))).isEqualTo(EtcdError.COMPACTED.status());
    RangeRequest.Builder read = RangeRequest.newBuilder().setKey(utf8("a"));
    assertThat(range(read.setRevision(3).build()).getKvs(0).getValue().toStringUtf8())
        .isEqualTo("2");
    assertThat(status("KV/Range", read.setRevision(2).build()))
        .isEqualTo(EtcdError.COMPACTED.status());
    assertThat(status("KV/Range", read.setRevision(99).build()))
        .isEqualTo(EtcdError.FUTURE_REVISION.status());
  }

  /** A physical compaction is answered when its space is free, and not before. */
  @Test
  void a_physical_compaction_waits_for_its_space() throws Exception {
    put("a", "1");
    put("a", "2");
    FakeCall call =
        call(
            "KV/Compact",
            CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build(),
            Metadata.EMPTY,
            false);
    assertThat(call.status).isNull();
    replica.run();
    assertThat(call.status).isEqualTo(Status.OK);
  }

  /** It is applied, whatever becomes of the space: who is told otherwise would do it again. */
  @Test
  void a_physical_compaction_has_succeeded_even_if_the_wait_for_its_space_ends_early()
      throws Exception {
    put("a", "1");
    put("a", "2");
    replica.spaceRefusal = Refusal.TIMED_OUT;
    FakeCall call =
        call(
            "KV/Compact",
            CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build(),
            Metadata.EMPTY,
            false);
    replica.run();
    assertThat(call.status).isEqualTo(Status.OK);
    assertThat(status("KV/Compact", compaction(3))).isEqualTo(EtcdError.COMPACTED.status());
    replica.refusal = Refusal.TIMED_OUT;
    assertThat(
            status(
                "KV/Compact",
                CompactionRequest.newBuilder().setRevision(4).setPhysical(true).build()))
        .as("not applied")
        .isEqualTo(EtcdError.TIMED_OUT.status());
  }

  /** What is wrong whatever the store holds is refused before anything is proposed. */
  @Test
  void bad_requests_are_not_proposed() {
    assertThat(status("KV/Put", putOf("", "x"))).isEqualTo(EtcdError.EMPTY_KEY.status());
    assertThat(status("KV/Put", putOf("k", "x").toBuilder().setIgnoreValue(true).build()))
        .isEqualTo(EtcdError.VALUE_PROVIDED.status());
    assertThat(status("KV/Range", RangeRequest.getDefaultInstance()))
        .isEqualTo(EtcdError.EMPTY_KEY.status());
    RequestOp twice = RequestOp.newBuilder().setRequestPut(putOf("k", "x")).build();
    assertThat(
            status("KV/Txn", TxnRequest.newBuilder().addFailure(twice).addFailure(twice).build()))
        .isEqualTo(EtcdError.DUPLICATE_KEY.status());
    TxnRequest.Builder many = TxnRequest.newBuilder();
    for (int i = 0; i < 129; i++) {
      many.addSuccess(RequestOp.newBuilder().setRequestPut(putOf("k" + i, "x")));
    }
    assertThat(status("KV/Txn", many.build())).isEqualTo(EtcdError.TOO_MANY_OPS.status());
    PutRequest large =
        putOf("k", "").toBuilder().setValue(ByteString.copyFrom(new byte[1_572_864])).build();
    assertThat(status("KV/Put", large)).isEqualTo(EtcdError.REQUEST_TOO_LARGE.status());
    assertThat(replica.writes).isZero();
  }

  /** Each refusal of the replica has its code and text. */
  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, NO_LEADER",
    "LEADER_CHANGED, LEADER_CHANGED",
    "TIMED_OUT, TIMED_OUT",
    "TIMED_OUT_LEADER_LOST, TIMED_OUT_LEADER_FAILED",
    "OVERLOADED, TOO_MANY_REQUESTS",
    "TOO_LARGE, REQUEST_TOO_LARGE",
    "STOPPED, STOPPED",
    "NOT_SERVING, STOPPED",
    "LEARNER, NOT_SUPPORTED_FOR_LEARNER"
  })
  void a_refusal_is_told_in_etcds_words(Refusal refusal, EtcdError error) {
    replica.refusal = refusal;
    assertThat(status("KV/Put", putOf("a", "b"))).isEqualTo(error.status());
  }

  /** Who asks for a leader is told at once that there is none; others wait. */
  @Test
  void hasty_callers_fail_at_once_without_a_leader() {
    replica.leader = 0;
    assertThat(call("KV/Put", putOf("a", "b"), HASTY, true).status)
        .isEqualTo(EtcdError.NO_LEADER.status());
    assertThat(replica.writes).isZero();
    assertThat(call("KV/Put", putOf("a", "b"), Metadata.EMPTY, true).status).isEqualTo(Status.OK);
  }

  /** A full queue of readers is said to be one. */
  @Test
  void a_range_beyond_the_readers_is_refused() {
    replica.readersFull = true;
    assertThat(
            status(
                "KV/Range",
                RangeRequest.newBuilder().setKey(utf8("a")).setRangeEnd(utf8("b")).build()))
        .isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
  }

  /** Over the quota puts are refused, reads and deletes go on, and the alarm is shown. */
  @Test
  void over_the_quota_only_puts_are_refused() throws Exception {
    ServiceRegistry small = registry(10_000);
    assertThat(on(small, "KV/Put", putOf("a", "b")).status).isEqualTo(EtcdError.NO_SPACE.status());
    TxnRequest hidden =
        TxnRequest.newBuilder()
            .addSuccess(
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(utf8("a"))))
            .addFailure(RequestOp.newBuilder().setRequestPut(putOf("a", "b")))
            .build();
    assertThat(on(small, "KV/Txn", hidden).status).isEqualTo(EtcdError.NO_SPACE.status());
    assertThat(
            on(small, "KV/DeleteRange", DeleteRangeRequest.newBuilder().setKey(utf8("a")).build())
                .status)
        .isEqualTo(Status.OK);
    FakeCall alarm = on(small, "Maintenance/Alarm", AlarmRequest.getDefaultInstance());
    assertThat(AlarmResponse.parseFrom(bytes(alarm)).getAlarms(0).getAlarm())
        .isEqualTo(AlarmType.NOSPACE);
    replica.bytesOnDisk = 5_000;
    awaitRoom(small);
  }

  /**
   * What would exceed the quota is refused as what comes when it is exceeded, and smaller puts go
   * on.
   */
  @Test
  void what_would_exceed_the_quota_raises_the_alarm() throws Exception {
    replica.bytesOnDisk = 5_000;
    ServiceRegistry small = registry(10_000);
    assertThat(on(small, "KV/Put", putOf("a", "b")).status).isEqualTo(Status.OK);
    TxnRequest large =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestPut(putOf("a", "x".repeat(2_500))))
            .addSuccess(RequestOp.newBuilder().setRequestPut(putOf("b", "x".repeat(2_500))))
            .build();
    assertThat(on(small, "KV/Txn", large).status).isEqualTo(EtcdError.NO_SPACE.status());
    FakeCall alarm = on(small, "Maintenance/Alarm", AlarmRequest.getDefaultInstance());
    assertThat(AlarmResponse.parseFrom(bytes(alarm)).getAlarms(0).getAlarm())
        .isEqualTo(AlarmType.NOSPACE);
    awaitRoom(small);
  }

  /** Puts are refused for some seconds after there is room, and then not. */
  private void awaitRoom(ServiceRegistry services) {
    for (int seconds = 0; seconds <= 6; seconds++) {
      replica.pass(TimeUnit.SECONDS.toNanos(1));
      if (seconds < 4) {
        assertThat(on(services, "KV/Put", putOf("a", "b")).status)
            .isEqualTo(EtcdError.NO_SPACE.status());
      }
    }
    assertThat(on(services, "KV/Put", putOf("a", "b")).status).isEqualTo(Status.OK);
  }

  /** Members come by id, unsigned; their answer has no revision. */
  @Test
  void members_are_listed() throws Exception {
    MemberListResponse answer =
        MemberListResponse.parseFrom(
            ok("Cluster/MemberList", MemberListRequest.newBuilder().setLinearizable(true).build()));
    assertThat(answer.getHeader().getRevision()).isZero();
    assertThat(answer.getMembersList()).extracting(Member::getID).containsExactly(7L, -7L);
    assertThat(answer.getMembers(0).getName()).isEqualTo("a");
    assertThat(answer.getMembers(1).getClientURLsCount()).isZero();
    replica.refusal = Refusal.TIMED_OUT;
    assertThat(ok("Cluster/MemberList", MemberListRequest.getDefaultInstance())).isNotEmpty();
  }

  @Test
  void a_member_is_added_under_the_id_that_the_cluster_gives_it() throws Exception {
    MemberAddResponse answer =
        MemberAddResponse.parseFrom(
            ok(
                "Cluster/MemberAdd",
                MemberAddRequest.newBuilder()
                    .addPeerURLs("http://z:1")
                    .addPeerURLs("http://a:1")
                    .setIsLearner(true)
                    .build()));
    assertThat(answer.getHeader().getRevision()).isZero();
    assertThat(answer.getMember().getID()).isEqualTo(7);
    assertThat(answer.getMember().getPeerURLsList()).containsExactly("http://a:1", "http://z:1");
    assertThat(answer.getMember().getIsLearner()).isTrue();
    assertThat(answer.getMembersList()).hasSize(2);
    assertThat(replica.change)
        .isEqualTo(new MembershipChange.Add(List.of("http://a:1", "http://z:1"), true));
  }

  @Test
  void what_the_leader_says_of_a_change_is_told_in_etcds_words() throws Exception {
    assertThat(
            MemberRemoveResponse.parseFrom(
                    ok("Cluster/MemberRemove", MemberRemoveRequest.newBuilder().setID(7).build()))
                .getMembersList())
        .extracting(Member::getID)
        .containsExactly(-7L);
    for (MembershipRefusal why : MembershipRefusal.values()) {
      replica.outcome = new MembershipOutcome.Rejected(why);
      Status told = status("Cluster/MemberPromote", MemberPromoteRequest.getDefaultInstance());
      assertThat(told.message())
          .startsWith(why == MembershipRefusal.TOO_MANY_MEMBERS ? "quorate: " : "etcdserver: ");
      assertThat(told.code() == StatusCode.UNKNOWN)
          .isEqualTo(why == MembershipRefusal.NOT_ENOUGH_STARTED);
    }
  }

  @Test
  void leadership_is_moved_or_it_is_told_why_not() {
    assertThat(moved(LeadershipMove.MOVED)).isEqualTo(Status.OK);
    assertThat(moved(LeadershipMove.NOT_LEADER)).isEqualTo(EtcdError.NOT_LEADER.status());
    assertThat(moved(LeadershipMove.BAD_TARGET))
        .isEqualTo(EtcdError.BAD_LEADER_TRANSFEREE.status());
    assertThat(moved(LeadershipMove.NOT_TAKEN)).isEqualTo(EtcdError.TIMED_OUT.status());
  }

  private Status moved(LeadershipMove how) {
    replica.move = how;
    return status("Maintenance/MoveLeader", MoveLeaderRequest.getDefaultInstance());
  }

  /** A status says which API is spoken, and what is wrong. */
  @Test
  void status_tells_of_the_member() throws Exception {
    put("a", "1");
    replica.leader = 0;
    StatusResponse status =
        StatusResponse.parseFrom(ok("Maintenance/Status", StatusRequest.getDefaultInstance()));
    assertThat(status.getVersion()).startsWith("3.6.");
    assertThat(status.getHeader().getRevision()).isEqualTo(2);
    assertThat(status.getDbSize()).isEqualTo(20_480);
    assertThat(status.getErrorsList()).containsExactly("etcdserver: no leader");
  }

  /** A learner answers status and serializable ranges only. */
  @Test
  void a_learner_answers_little() throws Exception {
    replica.learner = true;
    replica.refusal = Refusal.LEARNER;
    Status refused = EtcdError.NOT_SUPPORTED_FOR_LEARNER.status();
    RangeRequest read = RangeRequest.newBuilder().setKey(utf8("a")).build();
    assertThat(status("KV/Range", read)).isEqualTo(refused);
    assertThat(status("KV/Put", putOf("a", "b"))).isEqualTo(refused);
    assertThat(status("Cluster/MemberList", MemberListRequest.getDefaultInstance()))
        .isEqualTo(refused);
    assertThat(range(read.toBuilder().setSerializable(true).build()).getCount()).isZero();
    assertThat(ok("Maintenance/Status", StatusRequest.getDefaultInstance())).isNotEmpty();
  }

  @Test
  void every_method_of_the_api_is_served() {
    List<String> methods = new ArrayList<>();
    for (FileDescriptor file :
        List.of(
            Rpc.getDescriptor(),
            V3Lock.getDescriptor(),
            V3Election.getDescriptor(),
            StreamsOuterClass.getDescriptor())) {
      for (ServiceDescriptor service : file.getServices()) {
        for (MethodDescriptor method : service.getMethods()) {
          methods.add("/" + service.getFullName() + "/" + method.getName());
        }
      }
    }
    assertThat(registry.methods().stream().map(ServiceRegistry.Method::path))
        .containsExactlyInAnyOrderElementsOf(methods);
  }

  /** The leader compacts by itself what is older than is kept. */
  @Test
  void history_goes_by_itself() throws Exception {
    AutoCompaction compaction =
        new AutoCompaction(
            replica, 7, new AutoCompaction.Policy.Periodic(java.time.Duration.ofHours(1)));
    compaction.start();
    put("a", "1");
    put("a", "2");
    replica.pass(TimeUnit.MINUTES.toNanos(61));
    put("a", "3");
    replica.pass(TimeUnit.MINUTES.toNanos(61));
    assertThat(replica.latest().compactedRevision()).isEqualTo(3);
    compaction.close();
    put("a", "4");
    replica.pass(TimeUnit.HOURS.toNanos(5));
    assertThat(replica.latest().compactedRevision()).isEqualTo(3);
  }

  private ServiceRegistry registry(long quota) {
    ServiceRegistry services = new ServiceRegistry();
    ApiSettings settings =
        new ApiSettings(-5, 7, 1_572_864, 128, 1_000_000_000L, 600_000_000_000L, quota);
    AuthSources sources = new AuthSources(new Random(1)::nextLong, () -> 1);
    new EtcdServices(replica, settings, AuthSettings.standard(), sources).register(services);
    return services;
  }

  private PutResponse put(String key, String value) throws InvalidProtocolBufferException {
    return PutResponse.parseFrom(ok("KV/Put", putOf(key, value)));
  }

  private RangeResponse range(RangeRequest range) throws InvalidProtocolBufferException {
    return RangeResponse.parseFrom(ok("KV/Range", range));
  }

  private byte[] ok(String method, Message request) {
    FakeCall call = call(method, request, Metadata.EMPTY, true);
    assertThat(call.status).isEqualTo(Status.OK);
    return bytes(call);
  }

  private Status status(String method, Message request) {
    Status status = call(method, request, Metadata.EMPTY, true).status;
    assertThat(status).isNotNull();
    return status == null ? Status.OK : status;
  }

  private FakeCall on(ServiceRegistry services, String method, Message request) {
    return call(services, method, request, Metadata.EMPTY, true);
  }

  private FakeCall call(String method, Message request, Metadata metadata, boolean run) {
    return call(registry, method, request, metadata, run);
  }

  private FakeCall call(
      ServiceRegistry services, String method, Message request, Metadata metadata, boolean run) {
    String path = "/etcdserverpb." + method;
    FakeCall call = new FakeCall(path, metadata);
    if (!(services.find(path) instanceof ServiceRegistry.Method.Unary unary)) {
      throw new AssertionError("no method " + path);
    }
    try {
      unary.handler().handle(call, Bytes.wrap(request.toByteArray()));
    } catch (StatusException e) {
      call.complete(e.status());
    }
    if (run) {
      replica.run();
    }
    return call;
  }

  private static byte[] bytes(FakeCall call) {
    Bytes answer = call.answer;
    if (answer == null) {
      throw new AssertionError("no answer: " + call.status);
    }
    return answer.toArray();
  }

  private static PutRequest putOf(String key, String value) {
    return PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8(value)).build();
  }

  private static CompactionRequest compaction(long revision) {
    return CompactionRequest.newBuilder().setRevision(revision).build();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
