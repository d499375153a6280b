package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.DeleteRangeResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.mvccpb.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Puts, deletions, and the revisions that they make. */
@AgainstServers
class KeysTest extends Case {
  private static final int MIB = 1 << 20;

  KeysTest(Subject subject) {
    super(subject);
  }

  @Test
  void an_empty_store_is_at_revision_1_and_the_first_write_makes_2() {
    try (Server fresh = server.subject().start(1)) {
      RangeResponse empty = fresh.api().range(get(bytes("a")));
      assertThat(empty.getHeader().getRevision()).isEqualTo(1);
      assertThat(empty.getCount()).isZero();
      PutResponse first = fresh.api().put(put(bytes("a"), "1").setPrevKv(true));
      assertThat(first.getHeader().getRevision()).isEqualTo(2);
      assertThat(first.hasPrevKv()).isFalse();
    }
  }

  @Test
  void an_overwritten_key_keeps_its_creation_and_counts_versions() {
    long first = api.put(put(key("a"), "1")).getHeader().getRevision();
    PutResponse second = api.put(put(key("a"), "1").setPrevKv(true));
    assertThat(second.getHeader().getRevision()).as("the same value counts").isEqualTo(first + 1);
    assertThat(second.getPrevKv().getValue()).isEqualTo(bytes("1"));
    assertThat(second.getPrevKv().getModRevision()).isEqualTo(first);
    KeyValue now = api.range(get(key("a"))).getKvs(0);
    assertThat(now.getCreateRevision()).isEqualTo(first);
    assertThat(now.getModRevision()).isEqualTo(first + 1);
    assertThat(now.getVersion()).isEqualTo(2);
    assertThat(now.getLease()).isZero();
  }

  @Test
  void a_deleted_key_begins_anew() {
    api.put(put(key("a"), "1"));
    api.put(put(key("a"), "2"));
    api.delete(delete(key("a")));
    long revision = api.put(put(key("a"), "3")).getHeader().getRevision();
    KeyValue now = api.range(get(key("a"))).getKvs(0);
    assertThat(now.getCreateRevision()).isEqualTo(revision);
    assertThat(now.getModRevision()).isEqualTo(revision);
    assertThat(now.getVersion()).isEqualTo(1);
  }

  @Test
  void an_empty_value_is_a_value() {
    api.put(put(key("a"), ""));
    assertThat(api.range(get(key("a"))).getCount()).isEqualTo(1);
  }

  @Test
  void a_write_without_a_key_is_refused() {
    assertThat(api.refusal(put(ByteString.EMPTY, "x"))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(delete(ByteString.EMPTY))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(delete(ByteString.EMPTY, FROM_KEY))).isEqualTo(Refusals.NO_KEY);
  }

  @Test
  void what_is_ignored_must_be_there_and_not_be_given() {
    PutRequest.Builder ignoreValue = PutRequest.newBuilder().setKey(key("a")).setIgnoreValue(true);
    PutRequest.Builder ignoreLease = put(key("a"), "x").setIgnoreLease(true);
    assertThat(api.refusal(put(key("a"), "x").setIgnoreValue(true)))
        .isEqualTo(Refusals.VALUE_PROVIDED);
    assertThat(api.refusal(ignoreLease.clone().setLease(7))).isEqualTo(Refusals.LEASE_PROVIDED);
    assertThat(api.refusal(ignoreValue)).isEqualTo(Refusals.KEY_NOT_FOUND);
    assertThat(api.refusal(ignoreLease)).isEqualTo(Refusals.KEY_NOT_FOUND);

    api.put(put(key("a"), "1"));
    long before = revision();
    api.put(ignoreValue);
    api.put(ignoreLease);
    KeyValue now = api.range(get(key("a"))).getKvs(0);
    assertThat(now.getValue()).isEqualTo(bytes("x"));
    assertThat(now.getVersion()).isEqualTo(3);
    assertThat(now.getModRevision()).isEqualTo(before + 2);
  }

  @Test
  void a_lease_that_does_not_exist_takes_no_key() {
    long before = revision();
    for (long lease : new long[] {123_456_789, -1, Long.MIN_VALUE}) {
      assertThat(api.refusal(put(key("a"), "x").setLease(lease))).isEqualTo(Refusals.NO_LEASE);
    }
    assertThat(revision()).isEqualTo(before);
  }

  @Test
  void deleting_nothing_makes_no_revision() {
    long before = revision();
    DeleteRangeResponse nothing = api.delete(delete(key("zz")).setPrevKv(true));
    assertThat(nothing.getDeleted()).isZero();
    assertThat(nothing.getPrevKvsList()).isEmpty();
    assertThat(nothing.getHeader().getRevision()).isEqualTo(before);
    assertThat(api.delete(delete(key("z"), key("a"))).getDeleted()).as("inverted").isZero();
    assertThat(revision()).isEqualTo(before);
  }

  @Test
  void a_deleted_range_is_one_revision_and_tells_its_keys_in_order() {
    for (String name : List.of("c", "a", "b")) {
      api.put(put(key(name), "v" + name));
    }
    long before = revision();
    DeleteRangeResponse deleted = api.delete(delete(key(""), end()).setPrevKv(true));
    assertThat(deleted.getDeleted()).isEqualTo(3);
    assertThat(deleted.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(deleted.getPrevKvsList().stream().map(kv -> kv.getValue().toStringUtf8()))
        .containsExactly("va", "vb", "vc");
    assertThat(api.range(range(key(""), end())).getCount()).isZero();
  }

  /** Shows the two limits: etcd's own on a request, and gRPC's on a message. */
  @Test
  void requests_are_bounded_at_1_5_mib_and_messages_at_2_mib() {
    assertThat(api.put(large(MIB)).hasHeader()).isTrue();
    assertThat(api.refusal(large(3 * MIB / 2))).isEqualTo(Refusals.TOO_LARGE);
    assertThat(api.refusal(large(1_600_000))).isEqualTo(Refusals.TOO_LARGE);
    assertThat(api.refusal(large(2 * MIB - 100))).isEqualTo(Refusals.TOO_LARGE);
    assertThat(api.refusal(large(3 * MIB)))
        .matches(
            "RESOURCE_EXHAUSTED grpc: received message larger than max \\(3145\\d{3} vs\\."
                + " 2097152\\)");
    assertThat(api.range(get(key("large"))).getKvs(0).getValue().size()).isEqualTo(MIB);
  }

  /** Shows that a cluster takes what etcd recommends at the most, and hands it on. */
  @Test
  void requests_of_10_mib_are_taken_if_asked_for() {
    try (Server own = server.subject().start(3, "--max-request-bytes", "" + 10 * MIB)) {
      int follower = (own.leader() + 1) % 3;
      own.api(follower).put(large(10 * MIB - 100));
      assertThat(own.api(follower).refusal(large(10 * MIB))).isEqualTo(Refusals.TOO_LARGE);
      for (int member = 0; member < 3; member++) {
        assertThat(own.api(member).range(get(key("large"))).getKvs(0).getValue().size())
            .isEqualTo(10 * MIB - 100);
      }
    }
  }

  private PutRequest.Builder large(int size) {
    return PutRequest.newBuilder()
        .setKey(key("large"))
        .setValue(ByteString.copyFrom(new byte[size]));
  }
}
