package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.txn;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.CompactionResponse;
import org.junit.jupiter.api.Test;

/** History that is given up. */
@AgainstServers
class CompactTest extends Case {
  CompactTest(Subject subject) {
    super(subject);
  }

  private String refusal(long revision) {
    return api.refusal(Rpc.COMPACT, CompactionRequest.newBuilder().setRevision(revision).build());
  }

  @Test
  void what_is_before_the_compacted_revision_is_gone_and_the_revision_itself_is_not() {
    for (int i = 0; i < 10; i++) {
      api.put(put(key("a"), "v" + i));
    }
    long now = revision();
    CompactionResponse done = api.compact(now - 2);
    assertThat(done.getHeader().getRevision()).as("compacting writes nothing").isEqualTo(now);
    assertThat(refusal(now - 2)).isEqualTo(Refusals.COMPACTED);
    assertThat(refusal(now - 3)).isEqualTo(Refusals.COMPACTED);
    assertThat(refusal(0)).isEqualTo(Refusals.COMPACTED);
    assertThat(refusal(-1)).isEqualTo(Refusals.COMPACTED);
    assertThat(refusal(now + 1)).isEqualTo(Refusals.FUTURE);
    assertThat(api.refusal(get(key("a")).setRevision(now - 3))).isEqualTo(Refusals.COMPACTED);
    assertThat(api.refusal(txn(op(put(key("b"), "x")), op(get(key("a")).setRevision(now - 3)))))
        .isEqualTo(Refusals.COMPACTED);
    assertThat(api.range(get(key("b"))).getCount()).isZero();
    assertThat(api.range(get(key("a")).setRevision(now - 2)).getKvs(0).getValue())
        .isEqualTo(bytes("v7"));
    assertThat(api.range(get(key("a")).setRevision(now - 1)).getKvs(0).getValue())
        .isEqualTo(bytes("v8"));
  }

  @Test
  void the_newest_version_outlives_its_compaction_unless_it_is_a_tombstone() {
    api.put(put(key("old"), "kept"));
    api.put(put(key("gone"), "x"));
    api.delete(delete(key("gone")));
    api.put(put(key("later"), "x"));
    long now = revision();
    CompactionResponse done = api.compactPhysically(now);
    assertThat(done.getHeader().getRevision()).isEqualTo(now);
    var old = api.range(get(key("old")).setRevision(now)).getKvs(0);
    assertThat(old.getValue()).isEqualTo(bytes("kept"));
    assertThat(old.getModRevision()).isEqualTo(now - 3);
    assertThat(api.range(get(key("gone")).setRevision(now)).getCount()).isZero();
    assertThat(api.put(put(key("gone"), "again")).getHeader().getRevision()).isEqualTo(now + 1);
    assertThat(api.range(get(key("gone"))).getKvs(0).getVersion()).isEqualTo(1);
  }

  @Test
  void a_store_that_was_never_compacted_can_be_at_1() {
    try (Server fresh = server.subject().start(1)) {
      fresh.api().put(put(key("a"), "1"));
      assertThat(fresh.api().compact(1).hasHeader()).isTrue();
      assertThat(
              fresh
                  .api()
                  .refusal(Rpc.COMPACT, CompactionRequest.newBuilder().setRevision(1).build()))
          .isEqualTo(Refusals.COMPACTED);
    }
  }
}
