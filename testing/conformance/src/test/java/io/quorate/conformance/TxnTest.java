package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.createRevision;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.lease;
import static io.quorate.conformance.Requests.modRevision;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.Requests.value;
import static io.quorate.conformance.Requests.version;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.EQUAL;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.GREATER;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.LESS;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.NOT_EQUAL;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.Compare.CompareTarget;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.TxnResponse;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Transactions: what runs, what they see, and what is refused before anything runs. */
@AgainstServers
class TxnTest extends Case {
  TxnTest(Subject subject) {
    super(subject);
  }

  private RequestOp putOp(String name, String value) {
    return op(put(key(name), value));
  }

  private boolean holds(Compare.Builder compare) {
    return api.txn(txn(compare)).getSucceeded();
  }

  @Test
  void a_failed_compare_runs_the_failure_list() {
    long before = revision();
    TxnResponse nothing = api.txn(txn(version(key("a"), GREATER, 0), putOp("a", "1")));
    assertThat(nothing.getSucceeded()).isFalse();
    assertThat(nothing.getResponsesList()).isEmpty();
    assertThat(nothing.getHeader().getRevision()).isEqualTo(before);

    TxnResponse other =
        api.txn(txn(version(key("a"), GREATER, 0), putOp("a", "1")).addFailure(putOp("b", "2")));
    assertThat(other.getSucceeded()).isFalse();
    assertThat(other.getResponsesCount()).isEqualTo(1);
    assertThat(api.range(get(key("a"))).getCount()).isZero();
    assertThat(api.range(get(key("b"))).getCount()).isEqualTo(1);
    assertThat(revision()).isEqualTo(before + 1);

    TxnResponse empty = api.txn(txn());
    assertThat(empty.getSucceeded()).isTrue();
    assertThat(revision()).isEqualTo(before + 1);
  }

  @Test
  void all_compares_must_hold() {
    Compare.Builder right = version(key("a"), EQUAL, 0);
    Compare.Builder wrong = version(key("a"), EQUAL, 1);
    assertThat(api.txn(txn().addCompare(right).addCompare(right)).getSucceeded()).isTrue();
    assertThat(api.txn(txn().addCompare(right).addCompare(wrong)).getSucceeded()).isFalse();
  }

  @Test
  void operations_see_those_before_them_and_share_one_revision() {
    api.put(put(key("z"), "0"));
    long before = revision();
    TxnResponse answer =
        api.txn(
            txn(
                op(get(key("x"))),
                putOp("x", "1"),
                op(get(key("x"))),
                putOp("y", "2"),
                op(delete(key("z"))),
                op(get(key("z")))));
    assertThat(answer.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(answer.getResponses(0).getResponseRange().getCount()).isZero();
    assertThat(answer.getResponses(2).getResponseRange().getKvs(0).getModRevision())
        .isEqualTo(before + 1);
    assertThat(answer.getResponses(4).getResponseDeleteRange().getDeleted()).isEqualTo(1);
    assertThat(answer.getResponses(5).getResponseRange().getCount()).isZero();

    ResponseHeader early = answer.getResponses(0).getResponseRange().getHeader();
    assertThat(early)
        .as("inner headers have a revision and nothing else: the old one until the first write")
        .isEqualTo(ResponseHeader.newBuilder().setRevision(before).build());
    assertThat(answer.getResponses(1).getResponsePut().getHeader().getRevision())
        .isEqualTo(before + 1);
    assertThat(answer.getResponses(2).getResponseRange().getHeader())
        .isEqualTo(ResponseHeader.newBuilder().setRevision(before + 1).build());
  }

  @Test
  void all_changes_of_a_txn_have_one_revision() {
    api.put(put(key("gone"), "x"));
    long before = revision();
    api.txn(txn(putOp("c", "1"), putOp("a", "1"), putOp("b", "1"), op(delete(key("gone")))));
    assertThat(api.range(range(key(""), end())).getKvsList())
        .hasSize(3)
        .allMatch(kv -> kv.getModRevision() == before + 1);
    assertThat(revision()).isEqualTo(before + 1);
  }

  /** Shows that a key is changed once in a branch, run or not, however deep. */
  @Test
  void a_key_that_is_changed_twice_is_refused() {
    RequestOp put = putOp("k", "1");
    RequestOp wideDelete = op(delete(key("a"), key("z")));
    List<TxnRequest.Builder> refused =
        List.of(
            txn(put, putOp("k", "2")),
            txn(wideDelete, put),
            txn(put, wideDelete),
            txn(put, op(delete(key("k")))),
            txn(put).addFailure(put).addFailure(put),
            txn(version(key("k"), EQUAL, 0)).addFailure(put).addFailure(wideDelete),
            txn(put, op(txn(put))),
            txn(op(txn(put)), put),
            txn(op(txn(put)), op(txn(put))),
            txn(wideDelete, op(txn(put))),
            txn(op(txn().addFailure(put)), put));
    long before = revision();
    for (TxnRequest.Builder each : refused) {
      assertThat(api.refusal(each)).as("%s", each).isEqualTo(Refusals.DUPLICATE_KEY);
    }
    assertThat(revision()).isEqualTo(before);

    List<TxnRequest.Builder> fine =
        List.of(
            txn(put).addFailure(put),
            txn(op(txn(put).addFailure(put))),
            txn(wideDelete, wideDelete),
            txn(op(delete(key("k"))), op(delete(key("k")))),
            txn(putOp("k", "1"), op(delete(key("l"), key("z")))),
            txn(op(get(key("k"))), put, op(get(key("k")))));
    for (TxnRequest.Builder each : fine) {
      assertThat(api.txn(each).getSucceeded()).as("%s", each).isTrue();
    }
  }

  private RequestOp[] puts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> putOp("many-" + i, "x"))
        .toArray(RequestOp[]::new);
  }

  @Test
  void the_longest_list_has_128_operations() {
    assertThat(api.txn(txn(puts(128))).getResponsesCount()).isEqualTo(128);
    assertThat(api.refusal(txn(puts(129)))).isEqualTo(Refusals.TOO_MANY_OPS);
    TxnRequest.Builder failure = txn();
    TxnRequest.Builder compares = txn();
    for (RequestOp each : puts(129)) {
      failure.addFailure(each);
      compares.addCompare(version(each.getRequestPut().getKey(), EQUAL, 0));
    }
    assertThat(api.refusal(failure)).isEqualTo(Refusals.TOO_MANY_OPS);
    assertThat(api.refusal(compares)).isEqualTo(Refusals.TOO_MANY_OPS);
    RequestOp[] hundred = puts(101);
    hundred[100] =
        op(
            txn(
                IntStream.range(0, 100)
                    .mapToObj(i -> putOp("in-" + i, "x"))
                    .toArray(RequestOp[]::new)));
    assertThat(api.refusal(txn(hundred)))
        .as("an inner one may have what its outer leaves")
        .isEqualTo(Refusals.TOO_MANY_OPS);
  }

  @Test
  void what_can_not_be_is_refused_before_anything_runs() {
    assertThat(api.refusal(txn(putOp("a", "1"), RequestOp.getDefaultInstance())))
        .isEqualTo(Refusals.KEY_NOT_FOUND);
    ByteString none = ByteString.EMPTY;
    assertThat(api.refusal(txn(version(none, EQUAL, 0)))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn(op(put(none, "x"))))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn(op(get(none))))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn(op(delete(none))))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn().addFailure(op(put(none, "x"))))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn(op(txn(op(put(none, "x"))))))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(txn(op(put(key("a"), "x").setIgnoreValue(true)))))
        .isEqualTo(Refusals.VALUE_PROVIDED);
    assertThat(api.refusal(txn(op(put(key("a"), "x").setIgnoreLease(true).setLease(5)))))
        .isEqualTo(Refusals.LEASE_PROVIDED);
    assertThat(api.range(get(key("a"))).getCount()).isZero();
  }

  @Test
  void what_fails_on_the_way_leaves_nothing_behind() {
    long before = revision();
    RequestOp first = putOp("y", "1");
    assertThat(api.refusal(txn(first, op(put(key("z"), "x").setLease(987_654_321)))))
        .isEqualTo(Refusals.NO_LEASE);
    assertThat(api.refusal(txn(first, op(put(key("z"), "").setIgnoreValue(true)))))
        .isEqualTo(Refusals.KEY_NOT_FOUND);
    assertThat(api.refusal(txn(first, op(put(key("z"), "x").setIgnoreLease(true)))))
        .isEqualTo(Refusals.KEY_NOT_FOUND);
    for (long future : new long[] {before + 1, before + 1_000}) {
      assertThat(api.refusal(txn(first, op(get(key("y")).setRevision(future)))))
          .as("also at the revision that it would make")
          .isEqualTo(Refusals.FUTURE);
    }
    assertThat(api.refusal(txn(first, op(txn(op(get(key("y")).setRevision(before + 5)))))))
        .isEqualTo(Refusals.FUTURE);
    assertThat(api.range(get(key("y"))).getCount()).isZero();
    assertThat(revision()).isEqualTo(before);
  }

  @Test
  void a_read_inside_may_be_of_an_old_revision() {
    long first = api.put(put(key("a"), "1")).getHeader().getRevision();
    api.put(put(key("a"), "2"));
    TxnResponse answer =
        api.txn(txn(putOp("a", "3"), op(get(key("a")).setRevision(first)), op(get(key("a")))));
    assertThat(answer.getResponses(1).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("1"));
    assertThat(answer.getResponses(2).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("3"));
  }

  @Test
  void previous_versions_are_told_as_outside_of_a_txn() {
    api.put(put(key("a"), "1"));
    api.put(put(key("b"), "2"));
    TxnResponse answer =
        api.txn(
            txn(
                op(put(key("a"), "3").setPrevKv(true)),
                op(delete(key("b")).setPrevKv(true)),
                op(put(key("c"), "4").setPrevKv(true))));
    assertThat(answer.getResponses(0).getResponsePut().getPrevKv().getValue())
        .isEqualTo(bytes("1"));
    assertThat(answer.getResponses(1).getResponseDeleteRange().getPrevKvs(0).getValue())
        .isEqualTo(bytes("2"));
    assertThat(answer.getResponses(2).getResponsePut().hasPrevKv()).isFalse();
  }

  @Test
  void each_target_compares_in_each_way() {
    api.put(put(key("before"), "x"));
    long created = api.put(put(key("a"), "m")).getHeader().getRevision();
    api.put(put(key("a"), "m"));
    Compare.Builder[][] ways = {
      {version(key("a"), EQUAL, 2), version(key("a"), EQUAL, 1)},
      {version(key("a"), GREATER, 1), version(key("a"), GREATER, 2)},
      {version(key("a"), LESS, 3), version(key("a"), LESS, 2)},
      {version(key("a"), NOT_EQUAL, 1), version(key("a"), NOT_EQUAL, 2)},
      {createRevision(key("a"), EQUAL, created), createRevision(key("a"), EQUAL, created + 1)},
      {createRevision(key("a"), LESS, created + 1), createRevision(key("a"), LESS, created)},
      {modRevision(key("a"), EQUAL, created + 1), modRevision(key("a"), EQUAL, created)},
      {modRevision(key("a"), GREATER, created), modRevision(key("a"), GREATER, created + 1)},
      {lease(key("a"), EQUAL, 0), lease(key("a"), EQUAL, 5)},
      {lease(key("a"), GREATER, -1), lease(key("a"), LESS, -1)},
      {value(key("a"), EQUAL, bytes("m")), value(key("a"), EQUAL, bytes("n"))},
      {value(key("a"), GREATER, bytes("l")), value(key("a"), GREATER, bytes("m"))},
      {value(key("a"), LESS, bytes("ma")), value(key("a"), LESS, bytes("m"))},
      {value(key("a"), NOT_EQUAL, bytes("")), value(key("a"), NOT_EQUAL, bytes("m"))},
      {
        value(key("a"), LESS, ByteString.copyFrom(new byte[] {-1})),
        value(key("a"), GREATER, ByteString.copyFrom(new byte[] {-128}))
      },
    };
    for (Compare.Builder[] way : ways) {
      assertThat(holds(way[0])).as("%s", way[0]).isTrue();
      assertThat(holds(way[1])).as("%s", way[1]).isFalse();
    }
  }

  @Test
  void a_missing_key_compares_as_0_and_its_value_as_nothing_at_all() {
    ByteString missing = key("missing");
    assertThat(holds(version(missing, EQUAL, 0))).isTrue();
    assertThat(holds(createRevision(missing, EQUAL, 0))).isTrue();
    assertThat(holds(modRevision(missing, EQUAL, 0))).isTrue();
    assertThat(holds(modRevision(missing, LESS, 1))).isTrue();
    assertThat(holds(lease(missing, EQUAL, 0))).isTrue();
    for (Compare.CompareResult result : List.of(EQUAL, GREATER, LESS, NOT_EQUAL)) {
      assertThat(holds(value(missing, result, bytes("x")))).as("value %s", result).isFalse();
      assertThat(holds(value(missing, result, bytes("")))).as("value %s", result).isFalse();
    }
  }

  @Test
  void a_compare_of_a_range_holds_if_it_holds_for_every_key() {
    for (String name : List.of("a", "b", "c")) {
      api.put(put(key(name), "same"));
    }
    Compare.Builder same = value(key(""), EQUAL, bytes("same")).setRangeEnd(end());
    assertThat(holds(same)).isTrue();
    assertThat(holds(version(key(""), EQUAL, 1).setRangeEnd(end()))).isTrue();
    api.put(put(key("b"), "other"));
    assertThat(holds(same)).isFalse();
    assertThat(holds(version(key("x"), EQUAL, 0).setRangeEnd(key("z"))))
        .as("an empty range is one missing key")
        .isTrue();
    assertThat(holds(version(key("x"), GREATER, 0).setRangeEnd(key("z")))).isFalse();
    assertThat(holds(value(key("x"), NOT_EQUAL, bytes("")).setRangeEnd(key("z")))).isFalse();
  }

  @Test
  void a_compare_without_its_operand_compares_with_0() {
    api.put(put(key("a"), "1"));
    Compare.Builder bare = Compare.newBuilder().setKey(key("a"));
    assertThat(holds(bare.clone().setTarget(CompareTarget.VERSION).setResult(EQUAL))).isFalse();
    assertThat(holds(bare.clone().setTarget(CompareTarget.VERSION).setResult(GREATER))).isTrue();
    assertThat(holds(bare.clone().setTarget(CompareTarget.VALUE).setResult(GREATER))).isTrue();
    assertThat(holds(bare.clone().setTarget(CompareTarget.MOD).setResult(GREATER).setVersion(9999)))
        .as("another target's operand is none")
        .isTrue();
    assertThat(api.txn(txn(bare.clone().setTargetValue(77)))).isNotNull();
    assertThat(api.txn(txn(bare.clone().setResultValue(77)))).isNotNull();
  }

  /** Shows that compares of all depths are made first: none sees what an operation has done. */
  @Test
  void a_nested_txn_reads_what_its_outer_wrote_but_compares_with_what_was() {
    long before = revision();
    TxnResponse answer =
        api.txn(
            txn(
                putOp("k", "1"),
                op(
                    txn(version(key("k"), EQUAL, 0), putOp("inner", "2"), op(get(key("k"))))
                        .addFailure(putOp("never", "3")))));
    TxnResponse inner = answer.getResponses(1).getResponseTxn();
    assertThat(inner.getSucceeded()).isTrue();
    assertThat(inner.hasHeader()).isTrue();
    assertThat(inner.getHeader()).isEqualTo(ResponseHeader.getDefaultInstance());
    assertThat(inner.getResponses(1).getResponseRange().getKvs(0).getModRevision())
        .isEqualTo(before + 1);
    assertThat(revision()).isEqualTo(before + 1);
    assertThat(api.range(get(key("never"))).getCount()).isZero();
  }

  @Test
  void a_txn_that_only_reads_makes_no_revision() {
    api.put(put(key("a"), "1"));
    long before = revision();
    TxnResponse answer =
        api.txn(txn(version(key("a"), EQUAL, 1), op(get(key("a"))), op(range(key(""), end()))));
    assertThat(answer.getResponses(1).getResponseRange().getCount()).isEqualTo(1);
    assertThat(answer.getHeader().getRevision()).isEqualTo(before);
    assertThat(answer.getResponses(0).getResponseRange().getHeader().getRevision())
        .isEqualTo(before);
    TxnResponse nothing = api.txn(txn(op(delete(key("none")))));
    assertThat(nothing.getHeader().getRevision()).isEqualTo(before);
  }
}
