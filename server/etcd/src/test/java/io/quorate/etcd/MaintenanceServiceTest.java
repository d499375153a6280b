package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.node.Refusal;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.AlarmMember;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmRequest.AlarmAction;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.DowngradeRequest;
import io.quorate.protocol.etcdserverpb.DowngradeRequest.DowngradeAction;
import io.quorate.protocol.etcdserverpb.HashKVRequest;
import io.quorate.protocol.etcdserverpb.HashKVResponse;
import io.quorate.protocol.etcdserverpb.HashRequest;
import io.quorate.protocol.etcdserverpb.HashResponse;
import io.quorate.protocol.etcdserverpb.SnapshotRequest;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;
import io.quorate.snapshot.BackupReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MaintenanceServiceTest {
  private static final long QUOTA = 1_000_000;

  private final FakeReplica replica = new FakeReplica();
  private final FakeReplica other = new FakeReplica();
  private final EtcdServices etcd = services(replica);
  private final ServiceRegistry services = registered(etcd);

  @Test
  void a_client_raises_an_alarm_and_takes_it_back() throws Exception {
    assertThat(alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE).getAlarmsList())
        .containsExactly(alarmOf(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.NONE).getAlarmsList())
        .containsExactly(alarmOf(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.CORRUPT).getAlarmsList()).isEmpty();
    assertThat(write(PutRequest.of(Bytes.utf8("a"), Bytes.utf8("b"))))
        .isEqualTo(new io.quorate.kv.KvFailure(io.quorate.kv.KvError.NO_SPACE));
    StatusResponse status =
        StatusResponse.parseFrom(ok("Status", StatusRequest.getDefaultInstance()));
    assertThat(status.getErrorsList()).containsExactly("memberID:5 alarm:NOSPACE ");
    assertThat(alarm(AlarmAction.DEACTIVATE, 6, AlarmType.NOSPACE).getAlarmsList()).isEmpty();
    assertThat(alarm(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE).getAlarmsList())
        .containsExactly(alarmOf(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.NONE).getAlarmsList()).isEmpty();
  }

  /** Over the quota it is raised once; below nine tenths it goes, and not before. */
  @Test
  void a_member_raises_its_alarm_and_takes_it_back_when_there_is_room() throws Exception {
    etcd.start();
    replica.bytesOnDisk = QUOTA;
    look();
    assertThat(alarms()).isZero();
    replica.bytesOnDisk = QUOTA + 1;
    look();
    assertThat(alarms()).isEqualTo(1);
    int writes = replica.writes;
    look();
    assertThat(replica.writes).isEqualTo(writes);
    replica.bytesOnDisk = QUOTA / 100 * 90 + 1;
    lookFor(20);
    assertThat(alarms()).isEqualTo(1);
    replica.bytesOnDisk = QUOTA / 100 * 90;
    lookFor(9);
    assertThat(alarms()).as("who compacts and defragments finds it to take back").isEqualTo(1);
    lookFor(2);
    assertThat(alarms()).isZero();
    etcd.close();
    replica.bytesOnDisk = 2 * QUOTA;
    look();
    assertThat(alarms()).isZero();
  }

  @Test
  void room_does_not_end_an_alarm_that_a_client_raised() throws Exception {
    etcd.start();
    replica.bytesOnDisk = 2 * QUOTA;
    look();
    alarm(AlarmAction.ACTIVATE, 7, AlarmType.NOSPACE);
    replica.bytesOnDisk = 0;
    lookFor(20);
    assertThat(alarms()).isEqualTo(1);
  }

  /** Who takes the alarm of a full member back has it raised again. */
  @Test
  void an_alarm_that_is_taken_back_too_early_is_raised_again() throws Exception {
    etcd.start();
    replica.bytesOnDisk = 2 * QUOTA;
    look();
    alarm(AlarmAction.DEACTIVATE, 7, AlarmType.NOSPACE);
    assertThat(alarms()).isZero();
    look();
    assertThat(alarms()).isEqualTo(1);
  }

  @Test
  void a_member_that_left_leaves_no_alarm_behind() throws Exception {
    etcd.start();
    write(new AlarmRaiseRequest(-7, AlarmKind.NO_SPACE, true));
    write(new AlarmRaiseRequest(99, AlarmKind.NO_SPACE, true));
    write(new AlarmRaiseRequest(98, AlarmKind.NO_SPACE, false));
    replica.leader = -7;
    look();
    assertThat(alarms()).isEqualTo(3);
    replica.leader = 7;
    look();
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.NONE).getAlarmsList())
        .containsExactly(alarmOf(98, AlarmType.NOSPACE), alarmOf(-7, AlarmType.NOSPACE));
  }

  @Test
  void a_full_member_has_its_engine_give_back_the_space_of_each_compaction_once() {
    etcd.start();
    write(PutRequest.of(Bytes.utf8("a"), Bytes.utf8("b")));
    look();
    write(new CompactRequest(2, false));
    look();
    assertThat(replica.reclaims).isZero();
    replica.bytesOnDisk = 2 * QUOTA;
    replica.spaceRefusal = Refusal.TIMED_OUT;
    look();
    assertThat(replica.reclaims).isZero();
    replica.spaceRefusal = null;
    look();
    look();
    assertThat(replica.reclaims).isEqualTo(1);
  }

  @Test
  void the_hash_of_the_keys_is_that_of_their_content() throws Exception {
    ServiceRegistry others = registered(services(other));
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      Bytes key = Bytes.utf8("k" + random.nextInt(20));
      KvRequest next =
          random.nextInt(4) == 0
              ? DeleteRangeRequest.one(key)
              : PutRequest.of(key, Bytes.utf8("v" + i));
      write(next);
      other.write(next, Principal.NOBODY, IGNORED);
    }
    long now = replica.latest().revision();
    HashKVResponse here = hashKv(services, 0);
    assertThat(here.getHashRevision()).isEqualTo(now);
    assertThat(here.getCompactRevision()).isEqualTo(-1);
    assertThat(hashKv(others, now).getHash()).isEqualTo(here.getHash());
    assertThat(hashKv(others, 50).getHash()).isEqualTo(hashKv(services, 50).getHash());
    assertThat(hashKv(services, 51).getHash()).isNotEqualTo(hashKv(services, 50).getHash());
    write(new CompactRequest(60, false));
    other.write(new CompactRequest(60, false), Principal.NOBODY, IGNORED);
    assertThat(hashKv(others, 0)).isEqualTo(hashKv(services, 0));
    assertThat(hashKv(others, 0).getHash()).isNotEqualTo(here.getHash());
    assertThat(status("HashKV", HashKVRequest.newBuilder().setRevision(59).build()))
        .isEqualTo(EtcdError.COMPACTED.status());
    assertThat(status("HashKV", HashKVRequest.newBuilder().setRevision(60).build()))
        .isEqualTo(Status.OK);
    assertThat(status("HashKV", HashKVRequest.newBuilder().setRevision(now + 1).build()))
        .isEqualTo(EtcdError.FUTURE_REVISION.status());
  }

  @Test
  void the_hash_of_everything_changes_with_everything() throws Exception {
    int empty = hash();
    write(PutRequest.of(Bytes.utf8("a"), Bytes.utf8("b")));
    int one = hash();
    assertThat(one).isNotEqualTo(empty);
    write(new io.quorate.kv.LeaseGrantRequest(9, 60));
    assertThat(hash()).isNotEqualTo(one);
  }

  @Test
  void only_the_version_before_is_a_target_of_a_downgrade() {
    assertThat(downgrade(DowngradeAction.VALIDATE, "three"))
        .isEqualTo(EtcdError.WRONG_DOWNGRADE_VERSION_FORMAT.status());
    assertThat(downgrade(DowngradeAction.VALIDATE, "3.4.0"))
        .isEqualTo(EtcdError.INVALID_DOWNGRADE_VERSION.status());
    assertThat(downgrade(DowngradeAction.VALIDATE, "3.5")).isEqualTo(Status.OK);
    assertThat(downgrade(DowngradeAction.ENABLE, "3.5.0"))
        .isEqualTo(EtcdError.NOT_CAPABLE.status());
    assertThat(downgrade(DowngradeAction.CANCEL, "")).isEqualTo(Status.OK);
  }

  @Test
  void without_a_leader_who_asked_for_one_is_refused_everywhere() {
    replica.leader = 0;
    for (String method :
        new String[] {"Status", "Hash", "HashKV", "Defragment", "MoveLeader", "Snapshot"}) {
      FakeCall call =
          new FakeCall("/etcdserverpb.Maintenance/" + method, Metadata.of("hasleader", "true"));
      assertThat(handled(services, call, StatusRequest.getDefaultInstance()).status)
          .as(method)
          .isEqualTo(EtcdError.NO_LEADER.status());
    }
    assertThat(status("Status", StatusRequest.getDefaultInstance())).isEqualTo(Status.OK);
  }

  @Test
  void who_defragments_is_answered_when_the_space_is_back_or_after_a_while() {
    FakeCall quick = call("Defragment", DefragmentRequest.getDefaultInstance(), 1);
    assertThat(quick.status).isNull();
    replica.reclaiming.removeFirst().passed();
    assertThat(quick.status).isEqualTo(Status.OK);
    FakeCall slow = call("Defragment", DefragmentRequest.getDefaultInstance(), 1);
    replica.pass(TimeUnit.SECONDS.toNanos(4));
    assertThat(slow.status).isEqualTo(Status.OK);
    replica.reclaiming.removeFirst().passed();
    FakeCall refused = call("Defragment", DefragmentRequest.getDefaultInstance(), 1);
    replica.reclaiming.removeFirst().refused(Refusal.STOPPED);
    assertThat(refused.status).isEqualTo(EtcdError.of(Refusal.STOPPED).status());
    assertThat(replica.reclaims).isEqualTo(3);
  }

  /** To a client that takes one message at a time, and with a clock that must move on. */
  @Test
  void a_snapshot_is_a_whole_backup_of_the_moment_it_was_asked_for() throws Exception {
    for (int i = 0; i < 40; i++) {
      write(PutRequest.of(Bytes.utf8("k" + i), Bytes.wrap(new byte[30_000])));
    }
    long revision = replica.latest().revision();
    FakeCall call = call("Snapshot", SnapshotRequest.getDefaultInstance(), 1);
    write(PutRequest.of(Bytes.utf8("later"), Bytes.utf8("x")));
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    long expected = -1;
    for (int turns = 0; call.status == null; turns++) {
      assertThat(turns).as("turns").isLessThan(10_000);
      replica.pass(TimeUnit.MILLISECONDS.toNanos(1));
      assertThat(call.sent.size()).isLessThanOrEqualTo(1);
      for (Bytes message : call.sent) {
        SnapshotResponse response = SnapshotResponse.parseFrom(message.toArray());
        assertThat(response.getBlob().size()).isLessThanOrEqualTo(32 * 1024);
        assertThat(response.getVersion()).isEqualTo("3.6.0");
        if (expected > 0) { // what follows when nothing remains is the hash
          assertThat(response.getRemainingBytes()).isEqualTo(expected - response.getBlob().size());
        }
        expected = response.getRemainingBytes();
        response.getBlob().writeTo(file);
      }
      call.sent.clear();
      call.room = 1;
      Objects.requireNonNull(call.listener).onReady();
    }
    assertThat(call.status).isEqualTo(Status.OK);
    assertThat(expected).isZero();
    assertThat(file.size() % 512).isEqualTo(32);
    try (BackupReader reader =
        new BackupReader(new ByteArrayInputStream(file.toByteArray()), "saved")) {
      assertThat(reader.header().revision()).isEqualTo(revision);
      int[] newest = {0};
      while (reader.next(
          new io.quorate.base.RowSink() {
            @Override
            public void put(byte[] row, byte[] value) {
              newest[0] += row[0] == 'N' ? 1 : 0;
            }

            @Override
            public void delete(byte[] row) {}
          })) {}
      assertThat(newest[0]).isEqualTo(40);
    }
  }

  @Test
  void no_more_snapshots_are_sent_at_once_than_there_is_room_for() {
    fillPlaces();
  }

  /** Shows that all places for snapshots are free, and no more. */
  private void fillPlaces() {
    for (int i = 0; i < Limits.BACKUPS_MAX; i++) {
      assertThat(call("Snapshot", SnapshotRequest.getDefaultInstance(), 0).status).isNull();
    }
    FakeCall fifth = call("Snapshot", SnapshotRequest.getDefaultInstance(), 0);
    assertThat(fifth.status).isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
  }

  /** Slow ones are served as long as they take something now and then. */
  @Test
  void a_client_that_takes_nothing_of_a_snapshot_loses_its_place_and_its_view() {
    write(PutRequest.of(Bytes.utf8("k"), Bytes.wrap(new byte[200_000])));
    FakeCall slow = call("Snapshot", SnapshotRequest.getDefaultInstance(), 0);
    for (int i = 0; i < 3; i++) {
      replica.pass(Limits.BACKUP_STALL_NANOS - TimeUnit.SECONDS.toNanos(1));
      slow.room = 1;
      Objects.requireNonNull(slow.listener).onReady();
      replica.run();
      assertThat(slow.status).isNull();
    }
    FakeCall stalled = call("Snapshot", SnapshotRequest.getDefaultInstance(), 0);
    replica.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(replica.openViews).isEqualTo(2);
    replica.pass(Limits.BACKUP_STALL_NANOS);
    Status given =
        Status.of(
            StatusCode.RESOURCE_EXHAUSTED,
            "the backup was given up: in 60 s its client has made no room for more");
    assertThat(slow.status).isEqualTo(given);
    assertThat(stalled.status).isEqualTo(given);
    assertThat(replica.openViews).isZero();
    fillPlaces();
  }

  @Test
  void a_snapshot_that_can_not_begin_takes_no_place() {
    replica.readsFail = new IllegalStateException("no");
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> call("Snapshot", SnapshotRequest.getDefaultInstance(), 0))
          .isSameAs(replica.readsFail);
    }
    assertThat(replica.openViews).isZero();
    replica.readsFail = null;
    fillPlaces();
  }

  private static final Reply<KvResult> IGNORED =
      new Reply<>() {
        @Override
        public void done(KvResult result) {}

        @Override
        public void refused(Refusal why) {}
      };

  private void look() {
    replica.pass(TimeUnit.MILLISECONDS.toNanos(501));
  }

  private void lookFor(int times) {
    for (int i = 0; i < times; i++) {
      look();
    }
  }

  private int alarms() throws Exception {
    return alarm(AlarmAction.GET, 0, AlarmType.NONE).getAlarmsCount();
  }

  private KvResult write(KvRequest request) {
    KvResult[] got = new KvResult[1];
    replica.write(
        request,
        Principal.NOBODY,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            got[0] = result;
          }

          @Override
          public void refused(Refusal why) {
            throw new AssertionError(why);
          }
        });
    return Objects.requireNonNull(got[0]);
  }

  private AlarmResponse alarm(AlarmAction action, long member, AlarmType type) throws Exception {
    return AlarmResponse.parseFrom(
        ok(
            "Alarm",
            AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(member)
                .setAlarm(type)
                .build()));
  }

  private static AlarmMember alarmOf(long member, AlarmType type) {
    return AlarmMember.newBuilder().setMemberID(member).setAlarm(type).build();
  }

  private HashKVResponse hashKv(ServiceRegistry of, long revision) throws Exception {
    FakeCall call = call(of, "HashKV", HashKVRequest.newBuilder().setRevision(revision).build(), 1);
    return HashKVResponse.parseFrom(Objects.requireNonNull(call.answer).toArray());
  }

  private int hash() throws Exception {
    return HashResponse.parseFrom(ok("Hash", HashRequest.getDefaultInstance())).getHash();
  }

  private Status downgrade(DowngradeAction action, String version) {
    return status(
        "Downgrade", DowngradeRequest.newBuilder().setAction(action).setVersion(version).build());
  }

  private byte[] ok(String method, Message request) {
    FakeCall call = call(method, request, 1);
    assertThat(call.status).isEqualTo(Status.OK);
    return Objects.requireNonNull(call.answer).toArray();
  }

  private Status status(String method, Message request) {
    return Objects.requireNonNull(call(method, request, 1).status);
  }

  private FakeCall call(String method, Message request, int room) {
    return call(services, method, request, room);
  }

  private FakeCall call(ServiceRegistry of, String method, Message request, int room) {
    FakeCall call = new FakeCall("/etcdserverpb.Maintenance/" + method, Metadata.EMPTY);
    call.room = room;
    return handled(of, call, request);
  }

  private FakeCall handled(ServiceRegistry of, FakeCall call, Message request) {
    try {
      if (of.find(call.method()) instanceof ServiceRegistry.Method.Unary found) {
        found.handler().handle(call, Messages.bytes(request));
      }
    } catch (StatusException e) {
      call.complete(e.status());
    }
    replica.run();
    other.run();
    return call;
  }

  private static EtcdServices services(FakeReplica replica) {
    return new EtcdServices(
        replica,
        new ApiSettings(-5, 7, 1_572_864, 128, 1_000_000_000L, 600_000_000_000L, QUOTA),
        AuthSettings.standard(),
        new AuthSources(new Random(1)::nextLong, () -> 1));
  }

  private static ServiceRegistry registered(EtcdServices etcd) {
    ServiceRegistry services = new ServiceRegistry();
    etcd.register(services);
    return services;
  }
}
