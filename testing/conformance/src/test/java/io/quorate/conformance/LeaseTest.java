package io.quorate.conformance;

import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.lease;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.EQUAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.LeaseGrantResponse;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveResponse;
import io.quorate.protocol.etcdserverpb.LeaseStatus;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases, and the keys that are bound to them. */
@AgainstServers
class LeaseTest extends Case {
  private static final long UNKNOWN = 4_040_404;

  private final Leases leases = new Leases(api);

  LeaseTest(Subject subject) {
    super(subject);
  }

  @Test
  void the_server_chooses_a_positive_id_or_takes_the_clients() {
    long before = revision();
    LeaseGrantResponse chosen = leases.grant(0, 60);
    assertThat(chosen.getID()).isPositive();
    assertThat(chosen.getTTL()).isEqualTo(60);
    assertThat(chosen.getHeader().getRevision()).as("a grant writes nothing").isEqualTo(before);
    for (long id : new long[] {4_711, -4_711, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThat(leases.grant(id, 60).getID()).isEqualTo(id);
      assertThat(api.refusal(Rpc.LEASE_GRANT, Leases.grantRequest(id, 60)))
          .isEqualTo(Refusals.LEASE_EXISTS);
      leases.revoke(id);
    }
    assertThat(revision()).isEqualTo(before);
  }

  @Test
  void a_short_ttl_is_raised_and_one_that_is_too_long_refused() {
    for (long ttl : new long[] {1, 0, -1, -9_000_000_000L}) {
      LeaseGrantResponse granted = leases.grant(0, ttl);
      assertThat(granted.getTTL()).as("TTL %d", ttl).isEqualTo(2);
      leases.revoke(granted.getID());
    }
    assertThat(api.refusal(Rpc.LEASE_GRANT, Leases.grantRequest(0, 9_000_000_001L)))
        .isEqualTo(Refusals.TTL_TOO_LARGE);
    LeaseGrantResponse longest = leases.grant(0, 9_000_000_000L);
    assertThat(longest.getTTL()).isEqualTo(9_000_000_000L);
    leases.revoke(longest.getID());
  }

  @Test
  void leases_that_end_first_are_listed_first() {
    List<Long> ids = new ArrayList<>();
    for (long ttl : new long[] {500, 300, 400}) {
      ids.add(leases.grant(0, ttl).getID());
    }
    assertThat(leases.list().getLeasesList())
        .extracting(LeaseStatus::getID)
        .filteredOn(ids::contains)
        .containsExactly(ids.get(1), ids.get(2), ids.get(0));
  }

  @Test
  void revoking_deletes_all_keys_at_one_revision_in_their_order() {
    long id = leases.grant();
    for (String name : new String[] {"c", "a", "b"}) {
      api.put(put(key(name), "x").setLease(id));
    }
    long before = revision();
    assertThat(leases.revoke(id).getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(api.range(range(key(""), end())).getCount()).isZero();
    assertThat(api.refusal(Rpc.LEASE_REVOKE, Leases.revokeRequest(id)))
        .isEqualTo(Refusals.NO_LEASE);
    leases.revoke(leases.grant());
    assertThat(revision()).as("no keys, no revision").isEqualTo(before + 1);
  }

  @Test
  void an_unknown_lease_has_three_different_answers() {
    assertThat(api.refusal(Rpc.LEASE_REVOKE, Leases.revokeRequest(UNKNOWN)))
        .isEqualTo(Refusals.NO_LEASE);
    LeaseTimeToLiveResponse left = leases.timeToLive(UNKNOWN);
    assertThat(left.getTTL()).isEqualTo(-1);
    assertThat(left.getID()).isEqualTo(UNKNOWN);
    assertThat(left.getGrantedTTL()).isZero();
    try (var stream = api.open(Rpc.LEASE_KEEP_ALIVE)) {
      stream.send(Leases.keepAlive(UNKNOWN));
      LeaseKeepAliveResponse answer = stream.next();
      assertThat(answer.getTTL()).isZero();
      assertThat(answer.getID()).isEqualTo(UNKNOWN);
    }
  }

  @Test
  void keep_alive_answers_each_request_in_order_and_ends_with_the_client() {
    long one = leases.grant(0, 60).getID();
    long two = leases.grant(0, 90).getID();
    long before = revision();
    try (var stream = api.open(Rpc.LEASE_KEEP_ALIVE)) {
      for (int i = 0; i < 3; i++) {
        stream.send(Leases.keepAlive(one));
        stream.send(Leases.keepAlive(UNKNOWN));
        stream.send(Leases.keepAlive(two));
      }
      for (int i = 0; i < 3; i++) {
        for (long[] expected : new long[][] {{one, 60}, {UNKNOWN, 0}, {two, 90}}) {
          LeaseKeepAliveResponse answer = stream.next();
          assertThat(answer.getID()).isEqualTo(expected[0]);
          assertThat(answer.getTTL()).isEqualTo(expected[1]);
          assertThat(answer.getHeader().getRevision()).isEqualTo(before);
        }
      }
      stream.halfClose();
      assertThat(stream.end()).startsWith("OK");
    }
  }

  @Test
  void what_is_left_of_a_lease_and_its_keys_are_told_on_request() {
    long id = leases.grant();
    api.put(put(key("a"), "x").setLease(id));
    api.txn(txn(op(put(key("b"), "x").setLease(id))));
    LeaseTimeToLiveResponse all = leases.timeToLive(id);
    assertThat(all.getTTL()).isBetween(50L, 60L);
    assertThat(all.getGrantedTTL()).isEqualTo(60);
    assertThat(all.getKeysList()).containsExactlyInAnyOrder(key("a"), key("b"));
    assertThat(
            api.call(Rpc.LEASE_TIME_TO_LIVE, LeaseTimeToLiveRequest.newBuilder().setID(id).build())
                .getKeysList())
        .isEmpty();
    assertThat(leases.list().getLeasesList().stream().map(LeaseStatus::getID)).contains(id);
    leases.revoke(id);
    assertThat(leases.list().getLeasesList().stream().map(LeaseStatus::getID)).doesNotContain(id);
  }

  @Test
  void a_key_is_bound_by_its_last_put() {
    long one = leases.grant();
    long two = leases.grant();
    api.put(put(key("a"), "1").setLease(one));
    assertThat(api.range(get(key("a"))).getKvs(0).getLease()).isEqualTo(one);
    assertThat(api.txn(txn(lease(key("a"), EQUAL, one))).getSucceeded()).isTrue();
    api.put(put(key("a"), "2").setLease(two));
    assertThat(leases.timeToLive(one).getKeysList()).isEmpty();
    assertThat(leases.timeToLive(two).getKeysList()).containsExactly(key("a"));
    api.put(put(key("a"), "3").setIgnoreLease(true));
    assertThat(api.range(get(key("a"))).getKvs(0).getLease()).isEqualTo(two);
    api.put(PutRequest.newBuilder().setKey(key("a")).setIgnoreValue(true).setLease(one));
    assertThat(leases.timeToLive(two).getKeysList()).isEmpty();
    assertThat(leases.timeToLive(one).getKeysList()).containsExactly(key("a"));
    api.put(put(key("a"), "4"));
    assertThat(leases.timeToLive(one).getKeysList()).isEmpty();
    leases.revoke(one);
    leases.revoke(two);
    assertThat(api.range(get(key("a"))).getCount()).as("no lease, no end").isEqualTo(1);
  }

  @Test
  void a_deleted_key_is_bound_no_more() {
    long id = leases.grant();
    api.put(put(key("a"), "1").setLease(id));
    api.delete(Requests.delete(key("a")));
    assertThat(leases.timeToLive(id).getKeysList()).isEmpty();
    api.put(put(key("a"), "2"));
    leases.revoke(id);
    assertThat(api.range(get(key("a"))).getCount()).isEqualTo(1);
  }

  /** Needs watches too; {@link LeaseWatchTest} has the rest of these. */
  @Test
  void a_lease_that_nobody_keeps_alive_ends_with_its_keys() {
    long granted = System.nanoTime();
    long id = leases.grant(0, 2).getID();
    api.put(put(key("a"), "x").setLease(id));
    api.put(put(key("b"), "x").setLease(id));
    long before = revision();
    while (leases.timeToLive(id).getTTL() >= 0) {
      // Asking doesn't keep it alive.
      assertThat(System.nanoTime() - granted).isLessThan(10_000_000_000L);
    }
    assertThat(System.nanoTime() - granted).isGreaterThan(2_000_000_000L);
    while (api.range(range(key(""), end())).getCount() > 0) {
      assertThat(System.nanoTime() - granted).isLessThan(10_000_000_000L);
    }
    assertThat(revision()).isEqualTo(before + 1);
  }
}
