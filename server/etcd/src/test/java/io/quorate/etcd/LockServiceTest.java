package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Refusal;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.v3lockpb.LockRequest;
import io.quorate.protocol.v3lockpb.LockResponse;
import io.quorate.protocol.v3lockpb.UnlockRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What clients of the lock service are told, over a replica that agrees at once. */
class LockServiceTest {
  private static final Status GONE = Status.of(StatusCode.CANCELLED, "the client is gone");
  private static final Status EXPIRED = Status.of(StatusCode.UNKNOWN, "mutex: session is expired");

  private AuthWorld world = new AuthWorld(FAST);
  private FakeReplica replica = world.replica;

  private FakeCall lock(String name, long lease) {
    return lock(name, lease, Metadata.EMPTY);
  }

  private FakeCall lock(String name, long lease, Metadata metadata) {
    LockRequest request = LockRequest.newBuilder().setName(utf8(name)).setLease(lease).build();
    return world.call("/v3lockpb.Lock/Lock", request, metadata);
  }

  private @Nullable Status unlock(String key) {
    UnlockRequest request = UnlockRequest.newBuilder().setKey(utf8(key)).build();
    return world.call("/v3lockpb.Lock/Unlock", request, Metadata.EMPTY).status;
  }

  private void grant(long... leases) {
    for (long lease : leases) {
      world.ok(
          "Lease/LeaseGrant",
          LeaseGrantRequest.newBuilder().setID(lease).setTTL(600).build(),
          null);
    }
  }

  private void revoke(long lease) {
    world.ok("Lease/LeaseRevoke", LeaseRevokeRequest.newBuilder().setID(lease).build(), null);
  }

  /** Deletes a key, and lets nobody have its turn. */
  private void end(String key) {
    replica.write(
        io.quorate.kv.DeleteRangeRequest.one(Bytes.utf8(key)),
        Principal.NOBODY,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {}

          @Override
          public void refused(Refusal why) {
            throw new AssertionError(why);
          }
        });
  }

  private void cancel(FakeCall call) {
    call.status = GONE;
    Objects.requireNonNull(call.listener).onCancel();
    replica.run();
  }

  private static String key(FakeCall call) {
    assertThat(call.status).isEqualTo(Status.OK);
    try {
      return LockResponse.parseFrom(Objects.requireNonNull(call.answer).toArray())
          .getKey()
          .toStringUtf8();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** All keys that there are. */
  private List<String> keys() {
    Bytes zero = Bytes.wrap(new byte[1]);
    List<String> keys = new ArrayList<>();
    if (replica.latest().range(RangeRequest.of(zero, zero)) instanceof RangeResponse found) {
      for (KeyValue kv : found.kvs()) {
        keys.add(kv.key().toUtf8());
      }
    }
    return keys;
  }

  @Test
  void a_lock_is_a_key_of_the_name_and_the_lease() {
    grant(0xBEEF, -77);
    assertThat(key(lock("n", 0xBEEF))).isEqualTo("n/beef");
    assertThat(key(lock("m", -77))).as("as Go prints it").isEqualTo("m/-4d");
    assertThat(key(lock("", 0xBEEF))).isEqualTo("/beef");
    long revision = replica.latest().revision();
    assertThat(key(lock("n", 0xBEEF))).as("the same lease has it").isEqualTo("n/beef");
    assertThat(replica.latest().revision()).isEqualTo(revision);
  }

  @Test
  void who_comes_second_waits_for_the_first_to_unlock() throws Exception {
    grant(1, 2);
    lock("n", 1);
    FakeCall second = lock("n", 2);
    assertThat(second.status).isNull();
    assertThat(unlock("n/1")).isEqualTo(Status.OK);
    replica.run();
    assertThat(key(second)).isEqualTo("n/2");
    LockResponse response = LockResponse.parseFrom(second.sent.getFirst().toArray());
    assertThat(response.getHeader().getRevision()).isEqualTo(4);
    assertThat(unlock("n/1")).as("a key that is gone").isEqualTo(Status.OK);
    assertThat(keys()).containsExactly("n/2");
  }

  @Test
  void what_is_wrong_is_told_by_its_text_as_etcd_does() {
    assertThat(lock("n", 99).status)
        .isEqualTo(Status.of(StatusCode.UNKNOWN, "etcdserver: requested lease not found"));
    assertThat(unlock(""))
        .isEqualTo(Status.of(StatusCode.UNKNOWN, "etcdserver: key is not provided"));
    assertThat(keys()).isEmpty();
  }

  /** A release wakes one call, however many wait; so does a call that gives up. */
  @Test
  void each_waits_for_the_one_before_it_only() {
    List<FakeCall> calls = new ArrayList<>();
    for (int lease = 1; lease <= 20; lease++) {
      grant(lease);
      calls.add(lock("n", lease));
    }
    replica.readersWait = true;
    unlock("n/1");
    assertThat(replica.waitingReads()).isEqualTo(1);
    replica.read();
    assertThat(key(calls.get(1))).isEqualTo("n/2");
    cancel(calls.get(9));
    assertThat(keys()).doesNotContain("n/a").hasSize(18);
    assertThat(replica.waitingReads()).isEqualTo(1);
    replica.read();
    replica.readersWait = false;
    for (int lease = 2; lease <= 20; lease++) {
      if (lease != 10) {
        assertThat(key(calls.get(lease - 1))).isEqualTo("n/" + Integer.toHexString(lease));
        unlock("n/" + Integer.toHexString(lease));
        replica.run();
      }
    }
    assertThat(keys()).isEmpty();
  }

  /** Whoever waits by a transaction and a watch of its own is in the same queue. */
  @Test
  void keys_of_other_clients_count() {
    world.put("n/other", null);
    world.put("nn", null);
    grant(1);
    FakeCall call = lock("n", 1);
    assertThat(call.status).isNull();
    world.put("n/later", null);
    world.ok(
        "KV/DeleteRange", DeleteRangeRequest.newBuilder().setKey(utf8("n/other")).build(), null);
    replica.run();
    assertThat(key(call)).isEqualTo("n/1");
  }

  @Test
  void who_ends_while_waiting_is_never_told_that_it_has_the_lock() {
    grant(1, 2);
    lock("n", 1);
    FakeCall second = lock("n", 2);
    revoke(2);
    replica.run();
    assertThat(second.status).isEqualTo(EXPIRED);
    // Both in one turn: its own end counts.
    grant(3);
    FakeCall third = lock("n", 3);
    end("n/1");
    end("n/3");
    replica.run();
    assertThat(third.status).isEqualTo(EXPIRED);
    assertThat(keys()).isEmpty();
  }

  /** Whenever a client goes away, no key of its is left to be waited for, and no lease. */
  @Test
  void a_call_that_ends_before_it_has_the_lock_leaves_nothing_behind() {
    for (long lease : new long[] {2, 0}) {
      for (boolean first : new boolean[] {false, true}) {
        for (int step = 0; step < 5; step++) {
          world = new AuthWorld(FAST);
          replica = world.replica;
          grant(1, 2);
          if (!first) {
            lock("n", 1);
          }
          List<String> before = keys();
          int leases = replica.leases().size();
          replica.writesWait = true;
          replica.readersWait = true;
          FakeCall call = lock("n", lease);
          for (int i = 0; i < step; i++) {
            replica.agreeOnce();
            if (i >= 2) {
              replica.read();
            }
          }
          boolean answered = call.status != null;
          if (!answered) {
            cancel(call);
          }
          replica.writesWait = false;
          for (int i = 0; i < 5; i++) {
            replica.agree();
            replica.read();
          }
          String what = "lease " + lease + ", first " + first + ", step " + step;
          assertThat(keys().equals(before)).as(what).isEqualTo(!answered);
          assertThat(replica.leases().size() == leases).as(what).isEqualTo(!answered || lease != 0);
          assertThat(answered).as(what).isEqualTo(first && step >= 3);
        }
      }
    }
  }

  /** A key that was there before may be a lock that is held: who asks again must not lose it. */
  @Test
  void a_lock_that_is_held_is_kept_when_a_second_call_of_its_owner_ends() {
    grant(1, 2);
    lock("n", 1);
    replica.readersWait = true;
    FakeCall again = lock("n", 1);
    cancel(again);
    replica.read();
    assertThat(keys()).containsExactly("n/1");
    FakeCall second = lock("n", 2);
    replica.read();
    FakeCall secondAgain = lock("n", 2);
    cancel(secondAgain);
    replica.read();
    replica.read();
    assertThat(keys()).as("it waits, and is given up").containsExactly("n/1");
    assertThat(second.status).isEqualTo(EXPIRED);
  }

  @Test
  void without_a_lease_a_lock_has_one_of_a_minute_which_lives_while_the_call_waits() {
    grant(1);
    lock("n", 1);
    FakeCall call = lock("n", 0);
    assertThat(replica.leases()).hasSize(2);
    replica.pass(TimeUnit.SECONDS.toNanos(70));
    assertThat(replica.renewed).hasSize(3).containsOnly(replica.renewed.getFirst());
    unlock("n/1");
    replica.run();
    long lease = replica.renewed.getFirst();
    assertThat(key(call)).isEqualTo("n/" + Long.toHexString(lease));
    assertThat(replica.standings).containsEntry(lease, new LeaseStanding(60, 60));
    assertThat(replica.renewed).as("all of its time from now on").hasSize(4);
    replica.pass(TimeUnit.SECONDS.toNanos(70));
    assertThat(replica.renewed).as("nobody's business any more").hasSize(4);
  }

  @Test
  void a_member_that_can_not_serve_says_so_by_the_code_that_others_use() {
    grant(1, 2);
    replica.refusal = Refusal.NO_LEADER;
    assertThat(lock("n", 1).status).isEqualTo(EtcdError.NO_LEADER.status());
    assertThat(unlock("n/1")).isEqualTo(EtcdError.NO_LEADER.status());
    replica.refusal = null;
    replica.leader = 0;
    assertThat(lock("n", 1, Metadata.of("hasleader", "true")).status)
        .isEqualTo(EtcdError.NO_LEADER.status());
    replica.leader = 7;
    replica.learner = true;
    assertThat(lock("n", 1).status).isEqualTo(EtcdError.NOT_SUPPORTED_FOR_LEARNER.status());
    replica.learner = false;
    assertThat(keys()).isEmpty();
    lock("n", 1);
    FakeCall waiting = lock("n", 2);
    replica.hasState = false;
    end("n/1");
    replica.run();
    assertThat(waiting.status).isEqualTo(EtcdError.STOPPED.status());
    assertThat(lock("n", 1).status).isEqualTo(EtcdError.STOPPED.status());
    assertThat(keys()).isEmpty();
  }

  /** What isn't known to be written is taken back before the caller is told; else it is retried. */
  @Test
  void a_write_with_an_unknown_outcome_is_taken_back_once() {
    grant(1);
    replica.writesWait = true;
    FakeCall call = lock("n", 1);
    replica.refusal = Refusal.TIMED_OUT;
    replica.agreeOnce();
    replica.refusal = null;
    assertThat(call.status).isNull();
    replica.writesWait = false;
    replica.agree();
    assertThat(call.status).isEqualTo(EtcdError.TIMED_OUT.status());
    assertThat(replica.writes).isEqualTo(3);
  }

  @Test
  void a_removal_is_tried_until_it_is_agreed_on() {
    grant(1, 2);
    lock("n", 1);
    FakeCall second = lock("n", 2);
    replica.refusal = Refusal.NO_LEADER;
    cancel(second);
    replica.pass(TimeUnit.SECONDS.toNanos(30));
    assertThat(keys()).containsExactly("n/1", "n/2");
    replica.refusal = null;
    replica.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(keys()).containsExactly("n/1");
  }

  @Test
  void a_call_that_waits_outlasts_compactions_and_busy_readers() {
    grant(1, 2);
    lock("n", 1);
    FakeCall second = lock("n", 2);
    world.put("x", null);
    world.ok("KV/Compact", CompactionRequest.newBuilder().setRevision(4).build(), null);
    replica.readersFull = true;
    unlock("n/1");
    replica.run();
    assertThat(second.status).isNull();
    replica.readersFull = false;
    replica.pass(Limits.READ_RETRY_NANOS);
    assertThat(key(second)).isEqualTo("n/2");
  }

  @Test
  void calls_that_wait_have_a_bound() {
    grant(1);
    lock("n", 1);
    ByteString name = ByteString.copyFrom(new byte[1_000_000]);
    List<FakeCall> calls = new ArrayList<>();
    Status status = null;
    while (status == null) {
      LockRequest request = LockRequest.newBuilder().setName(name).build();
      FakeCall call = world.call("/v3lockpb.Lock/Lock", request, Metadata.EMPTY);
      status = calls.isEmpty() ? null : call.status;
      calls.add(call);
    }
    assertThat(status).isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
    assertThat(calls).hasSizeBetween(10, 13);
    cancel(calls.get(3));
    LockRequest request = LockRequest.newBuilder().setName(name).build();
    assertThat(world.call("/v3lockpb.Lock/Lock", request, Metadata.EMPTY).status).isNull();
  }

  // ---- users and roles
  // ---------------------------------------------------------------------------

  @Test
  void who_may_not_read_all_of_the_queue_or_write_its_key_gets_no_key() {
    world = AuthWorld.on(FAST);
    replica = world.replica;
    Metadata user = AuthWorld.token(world.token("u", "u-pw"));
    Metadata writer = AuthWorld.token(world.token("w", ""));
    Status denied = EtcdError.PERMISSION_DENIED.status();
    int writes = replica.writes;
    assertThat(lock("q", 0, user).status).isEqualTo(denied);
    assertThat(lock("w", 0, writer).status).isEqualTo(denied);
    assertThat(replica.writes).as("nothing was even tried").isEqualTo(writes);
    assertThat(key(lock("p/x", 0, user))).startsWith("p/x/");
  }

  /** Its key goes, though its owner may not delete it any more. */
  @Test
  void who_may_not_wait_any_more_is_told_when_its_turn_would_come_and_its_key_goes() {
    world = AuthWorld.on(FAST);
    replica = world.replica;
    String root = world.token("root", "root-pw");
    String held = key(lock("p/x", 0, AuthWorld.token(root)));
    FakeCall waiting = lock("p/x", 0, AuthWorld.token(world.token("u", "u-pw")));
    assertThat(waiting.status).isNull();
    world.ok(
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build(),
        root);
    UnlockRequest unlock = UnlockRequest.newBuilder().setKey(utf8(held)).build();
    world.call("/v3lockpb.Lock/Unlock", unlock, AuthWorld.token(root));
    assertThat(waiting.status).isEqualTo(EtcdError.PERMISSION_DENIED.status());
    assertThat(keys()).isEmpty();
  }

  /** What is decided is decided where the key is written: here the right goes just before. */
  @Test
  void who_may_not_at_the_time_of_writing_gets_no_key() {
    world = AuthWorld.on(FAST);
    replica = world.replica;
    String root = world.token("root", "root-pw");
    grant(5, root);
    String user = world.token("u", "u-pw");
    replica.writesWait = true;
    FakeCall call = lock("p/x", 5, AuthWorld.token(user));
    replica.writesWait = false;
    world.ok(
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build(),
        root);
    replica.agree();
    assertThat(call.status).isEqualTo(EtcdError.PERMISSION_DENIED.status());
    assertThat(keys()).isEmpty();
  }

  private void grant(long lease, String token) {
    world.ok(
        "Lease/LeaseGrant", LeaseGrantRequest.newBuilder().setID(lease).setTTL(600).build(), token);
  }
}
