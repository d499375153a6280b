package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.createRevision;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.modRevision;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.Requests.version;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.EQUAL;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.LESS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest.SortOrder;
import io.quorate.protocol.etcdserverpb.RangeRequest.SortTarget;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.TxnResponse;
import io.quorate.protocol.mvccpb.KeyValue;
import org.junit.jupiter.api.Test;

/** The reads and txns that Go's client library and Kubernetes are made of. */
@AgainstServers
class TxnShapesTest extends Case {
  TxnShapesTest(Subject subject) {
    super(subject);
  }

  private RangeRequest.Builder first(SortTarget target, SortOrder order) {
    return range(key("q/"), key("q0")).setSortTarget(target).setSortOrder(order).setLimit(1);
  }

  /** A mutex of clientv3/concurrency: who was created first owns it. */
  @Test
  void a_mutex_enters_the_queue_once_and_reads_its_owner_with_it() {
    RangeRequest.Builder owner = first(SortTarget.CREATE, SortOrder.ASCEND);
    for (String me : new String[] {"q/2", "q/1", "q/2"}) {
      ByteString mine = key(me);
      TxnResponse entered =
          api.txn(
              txn(createRevision(mine, EQUAL, 0), op(put(mine, "")), op(owner))
                  .addFailure(op(get(mine)))
                  .addFailure(op(owner)));
      RangeResponse owns = entered.getResponses(1).getResponseRange();
      assertThat(owns.getKvs(0).getKey()).isEqualTo(key("q/2"));
    }
    assertThat(revision()).isEqualTo(api.range(get(key("q/1"))).getKvs(0).getModRevision());
    long mine = api.range(get(key("q/1"))).getKvs(0).getCreateRevision();
    RangeResponse before =
        api.range(first(SortTarget.CREATE, SortOrder.DESCEND).setMaxCreateRevision(mine - 1));
    assertThat(before.getKvs(0).getKey()).as("whom to wait for").isEqualTo(key("q/2"));
    api.delete(delete(key("q/2")));
    assertThat(
            api.range(first(SortTarget.CREATE, SortOrder.DESCEND).setMaxCreateRevision(mine - 1))
                .getKvsList())
        .isEmpty();
  }

  /** An election's leader proclaims and resigns as long as its key is the one that was created. */
  @Test
  void a_leader_speaks_only_for_the_key_that_it_made() {
    long created = api.put(put(key("q/me"), "1")).getHeader().getRevision();
    assertThat(
            api.txn(txn(createRevision(key("q/me"), EQUAL, created), op(put(key("q/me"), "2"))))
                .getSucceeded())
        .isTrue();
    api.delete(delete(key("q/me")));
    api.put(put(key("q/me"), "another's"));
    assertThat(
            api.txn(txn(createRevision(key("q/me"), EQUAL, created), op(delete(key("q/me")))))
                .getSucceeded())
        .isFalse();
  }

  /** STM: what was read must be as it was; else it is all read again at one revision. */
  @Test
  void a_software_transaction_commits_if_nothing_that_it_read_has_changed() {
    api.put(put(key("a"), "1"));
    RangeResponse read = api.range(get(key("a")).setSerializable(true));
    long at = read.getHeader().getRevision();
    long mod = read.getKvs(0).getModRevision();
    TxnRequest.Builder commit =
        txn(modRevision(key("a"), EQUAL, mod), op(put(key("a"), "2")), op(put(key("b"), "2")))
            .addCompare(modRevision(key("b"), EQUAL, 0))
            .addCompare(modRevision(key("b"), LESS, at + 1))
            .addFailure(op(get(key("a"))))
            .addFailure(op(get(key("b"))));
    assertThat(api.txn(commit).getSucceeded()).isTrue();
    TxnResponse again = api.txn(commit);
    assertThat(again.getSucceeded()).isFalse();
    assertThat(again.getResponses(0).getResponseRange().getKvs(0).getValue()).isEqualTo(bytes("2"));
    assertThat(again.getResponses(1).getResponseRange().getKvs(0).getModRevision())
        .isEqualTo(again.getResponses(0).getResponseRange().getKvs(0).getModRevision());
    assertThat(api.range(get(key("a")).setRevision(at).setSerializable(true)).getKvs(0))
        .as("reads after the first are at its revision")
        .isEqualTo(read.getKvs(0));
  }

  /**
   * Leasing: who has a key's lease key caches it; others ask for it back by a put that keeps its
   * lease.
   */
  @Test
  void a_leasing_client_acquires_and_is_asked_to_give_back() {
    ByteString data = key("data");
    ByteString lease = key("leases/data");
    api.put(put(data, "1"));
    TxnRequest.Builder acquire =
        txn(createRevision(lease, EQUAL, 0), op(get(data)), op(put(lease, "")))
            .addFailure(op(get(data)))
            .addFailure(op(get(lease)));
    TxnResponse acquired = api.txn(acquire);
    assertThat(acquired.getSucceeded()).isTrue();
    long rev = acquired.getHeader().getRevision();
    TxnResponse other = api.txn(acquire);
    assertThat(other.getSucceeded()).isFalse();
    KeyValue owned = other.getResponses(1).getResponseRange().getKvs(0);
    assertThat(owned.getCreateRevision()).isEqualTo(rev);
    assertThat(
            api.txn(
                    txn(
                        createRevision(lease, EQUAL, rev),
                        op(put(lease, "REVOKE").setIgnoreLease(true))))
                .getSucceeded())
        .isTrue();
    // Writes of everybody else are guarded by the lease keys of all that they touch.
    TxnRequest.Builder guarded =
        txn(
            createRevision(key("leases/"), EQUAL, 0).setRangeEnd(key("leases0")),
            op(delete(data).setPrevKv(true)));
    assertThat(api.txn(guarded).getSucceeded()).isFalse();
    api.delete(delete(lease));
    TxnResponse deleted = api.txn(guarded);
    assertThat(deleted.getSucceeded()).isTrue();
    assertThat(deleted.getResponses(0).getResponseDeleteRange().getPrevKvs(0).getValue())
        .isEqualTo(bytes("1"));
  }

  /** The queue of contrib/recipes: the oldest entry is taken by who deletes it as it was. */
  @Test
  void a_queue_gives_its_oldest_entry_once() {
    api.put(put(key("q/9"), "oldest"));
    api.put(put(key("q/1"), "younger"));
    RangeResponse oldest = api.range(first(SortTarget.MOD, SortOrder.ASCEND));
    KeyValue entry = oldest.getKvs(0);
    assertThat(entry.getValue()).isEqualTo(bytes("oldest"));
    assertThat(oldest.getMore()).isTrue();
    TxnRequest.Builder take =
        txn(modRevision(entry.getKey(), EQUAL, entry.getModRevision()), op(delete(entry.getKey())));
    assertThat(api.txn(take).getSucceeded()).isTrue();
    assertThat(api.txn(take).getSucceeded()).isFalse();
    assertThat(
            api.range(
                    first(SortTarget.MOD, SortOrder.DESCEND)
                        .setMaxModRevision(entry.getModRevision() + 1))
                .getKvs(0)
                .getValue())
        .isEqualTo(bytes("younger"));
  }

  /** Sequential keys of contrib/recipes: nobody else may have drawn a number since it was read. */
  @Test
  void a_sequential_key_is_drawn_by_one_client() {
    ByteString base = key("__seq");
    long at = api.range(first(SortTarget.KEY, SortOrder.DESCEND)).getHeader().getRevision();
    TxnRequest.Builder draw =
        txn(modRevision(base, LESS, at + 1), op(put(base, "")), op(put(key("q/0001"), "x")))
            .addCompare(modRevision(key("q/0001"), EQUAL, 0));
    assertThat(api.txn(draw).getSucceeded()).isTrue();
    assertThat(api.txn(draw).getSucceeded()).isFalse();
  }

  /** Kubernetes creates, updates and deletes in one shape: if mod_revision is what I know. */
  @Test
  void kubernetes_writes_what_it_knows() {
    ByteString pod = key("registry/pods/a");
    TxnResponse created = api.txn(guarded(pod, 0, "v1"));
    assertThat(created.getSucceeded()).isTrue();
    long rev = created.getHeader().getRevision();
    assertThat(api.txn(guarded(pod, rev, "v2")).getSucceeded()).isTrue();
    TxnResponse conflict = api.txn(guarded(pod, rev, "v3"));
    assertThat(conflict.getSucceeded()).isFalse();
    KeyValue current = conflict.getResponses(0).getResponseRange().getKvs(0);
    assertThat(current.getValue()).isEqualTo(bytes("v2"));
    assertThat(current.getModRevision()).isEqualTo(rev + 1);
    TxnRequest.Builder remove =
        txn(modRevision(pod, EQUAL, rev + 1), op(delete(pod))).addFailure(op(get(pod)));
    TxnResponse removed = api.txn(remove);
    assertThat(removed.getSucceeded()).isTrue();
    assertThat(removed.getResponses(0).getResponseDeleteRange().getHeader().getRevision())
        .as("the resource version of the deletion")
        .isEqualTo(rev + 2);
    assertThat(api.txn(remove).getResponses(0).getResponseRange().getKvsList()).isEmpty();
  }

  private static TxnRequest.Builder guarded(ByteString key, long mod, String value) {
    return txn(modRevision(key, EQUAL, mod), op(put(key, value))).addFailure(op(get(key)));
  }

  /** Kubernetes' compactor: one of its servers wins the round, the others read who did. */
  @Test
  void kubernetes_agrees_on_a_compaction_by_a_version() {
    ByteString compact = key("compact_rev_key");
    TxnRequest.Builder round =
        txn(version(compact, EQUAL, 0), op(put(compact, "0"))).addFailure(op(get(compact)));
    assertThat(api.txn(round).getSucceeded()).isTrue();
    TxnResponse lost = api.txn(round);
    assertThat(lost.getSucceeded()).isFalse();
    KeyValue won = lost.getResponses(0).getResponseRange().getKvs(0);
    assertThat(won.getVersion()).isEqualTo(1);
    assertThat(
            api.txn(
                    txn(version(compact, EQUAL, 1), op(put(compact, "5")))
                        .addFailure(op(get(compact))))
                .getSucceeded())
        .isTrue();
  }

  @Test
  void kubernetes_counts_and_pages_a_prefix() {
    for (int i = 0; i < 7; i++) {
      api.put(put(key("registry/pods/" + i), "x"));
    }
    ByteString from = key("registry/pods/");
    ByteString to = key("registry/pods0");
    assertThat(api.range(range(from, to).setCountOnly(true)).getCount()).isEqualTo(7);
    RangeResponse page = api.range(range(from, to).setLimit(5));
    assertThat(page.getMore()).isTrue();
    RangeResponse rest =
        api.range(
            range(page.getKvs(4).getKey().concat(FROM_KEY), to)
                .setLimit(5)
                .setRevision(page.getHeader().getRevision()));
    assertThat(rest.getKvsCount()).isEqualTo(2);
    assertThat(rest.getMore()).isFalse();
    assertThat(api.range(range(from, to).setKeysOnly(true)).getKvsList())
        .allMatch(kv -> kv.getValue().isEmpty() && kv.getModRevision() > 0);
  }
}
