package io.quorate.conformance;

import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.range;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.quorate.protocol.v3lockpb.LockRequest;
import io.quorate.protocol.v3lockpb.LockResponse;
import io.quorate.protocol.v3lockpb.UnlockRequest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Locks that the server keeps the queue of. */
@AgainstServers
class LockTest extends Case {
  private final Leases leases = new Leases(api);

  LockTest(Subject subject) {
    super(subject);
  }

  private LockRequest request(long lease) {
    return LockRequest.newBuilder().setName(key("lock")).setLease(lease).build();
  }

  /** A lease in hexadecimal, with a sign where it is negative. */
  private ByteString keyOf(long lease) {
    return key("lock/" + Long.toString(lease, 16));
  }

  private void unlock(ByteString key) {
    api.call(Rpc.UNLOCK, UnlockRequest.newBuilder().setKey(key).build());
  }

  @Test
  void a_lock_goes_from_one_to_the_next_when_it_is_given_back() throws Exception {
    long one = leases.grant(0x1abc, 60).getID();
    long two = leases.grant(-0x2abc, 60).getID();
    assertThat(api.call(Rpc.LOCK, request(one)).getKey()).isEqualTo(keyOf(one));
    assertThat(api.call(Rpc.LOCK, request(one)).getKey())
        .as("who has it gets it at once")
        .isEqualTo(keyOf(one));
    ListenableFuture<LockResponse> second = api.start(Rpc.LOCK, request(two));
    awaitKey(keyOf(two), true);
    assertThat(second.isDone()).isFalse();
    unlock(keyOf(one));
    assertThat(second.get(Api.WAIT_SECONDS_MAX, TimeUnit.SECONDS).getKey()).isEqualTo(keyOf(two));
    unlock(keyOf(one)); // gone already
    unlock(keyOf(two));
    leases.revoke(one);
    leases.revoke(two);
  }

  @Test
  void who_stops_waiting_leaves_the_queue() throws Exception {
    long one = leases.grant();
    long two = leases.grant();
    long three = leases.grant();
    api.call(Rpc.LOCK, request(one));
    ListenableFuture<LockResponse> second = api.start(Rpc.LOCK, request(two));
    awaitKey(keyOf(two), true);
    ListenableFuture<LockResponse> third = api.start(Rpc.LOCK, request(three));
    awaitKey(keyOf(three), true);
    second.cancel(true);
    awaitKey(keyOf(two), false);
    leases.revoke(one); // as if its owner died
    assertThat(third.get(Api.WAIT_SECONDS_MAX, TimeUnit.SECONDS).getKey()).isEqualTo(keyOf(three));
    leases.revoke(two);
    leases.revoke(three);
  }

  @Test
  void without_a_lease_the_server_makes_one_of_a_minute() {
    LockResponse locked = api.call(Rpc.LOCK, request(0));
    long lease = api.range(get(locked.getKey())).getKvs(0).getLease();
    assertThat(locked.getKey()).isEqualTo(keyOf(lease));
    assertThat(leases.timeToLive(lease).getGrantedTTL()).isEqualTo(60);
    unlock(locked.getKey());
    assertThat(api.range(range(key("lock"), end())).getCount()).isZero();
    assertThat(api.refusal(Rpc.LOCK, request(4_040_404))).isEqualTo(Refusals.LOCK_NO_LEASE);
  }

  @Test
  void an_empty_name_is_a_name() {
    long lease = leases.grant();
    ByteString key = api.call(Rpc.LOCK, LockRequest.newBuilder().setLease(lease).build()).getKey();
    assertThat(key.toStringUtf8()).isEqualTo("/" + Long.toHexString(lease));
    leases.revoke(lease);
  }
}
