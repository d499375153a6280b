package io.quorate.kv;

import static io.quorate.kv.Kv.FROM_KEY;
import static io.quorate.kv.Kv.b;
import static io.quorate.kv.Kv.deletion;
import static io.quorate.kv.Kv.getting;
import static io.quorate.kv.Kv.keysOf;
import static io.quorate.kv.Kv.nest;
import static io.quorate.kv.Kv.putting;
import static io.quorate.kv.Kv.reading;
import static io.quorate.kv.Kv.sorted;
import static io.quorate.kv.Kv.valuesOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The cases that a real etcd was observed in, step for step. */
class KvContractTest {
  private final Kv kv = new Kv();

  @Test
  void case_1_an_empty_store_is_at_revision_1() {
    RangeResponse response = kv.get("a");
    assertThat(response.revision()).isEqualTo(1);
    assertThat(response.count()).isZero();
    assertThat(response.kvs()).isEmpty();
    assertThat(response.more()).isFalse();
  }

  @Test
  void case_2_the_first_put_makes_revision_2_and_has_nothing_before_it() {
    PutResponse response = kv.putPrev("a", "1");
    assertThat(response.revision()).isEqualTo(2);
    assertThat(response.prevKv()).isNull();
  }

  @Test
  void case_3_an_overwrite_keeps_the_creation_and_counts_the_version() {
    kv.put("a", "1");
    PutResponse response = kv.putPrev("a", "2");
    assertThat(response.prevKv()).isEqualTo(new KeyValue(b("a"), 2, 2, 1, b("1"), 0));
    assertThat(kv.get("a").kvs()).containsExactly(new KeyValue(b("a"), 2, 3, 2, b("2"), 0));
  }

  @Test
  void case_4_a_put_after_a_deletion_begins_a_new_generation() {
    kv.put("a", "1");
    kv.delete("a");
    kv.put("a", "2");
    assertThat(kv.get("a").kvs()).containsExactly(new KeyValue(b("a"), 4, 4, 1, b("2"), 0));
  }

  @Test
  void case_5_deleting_nothing_makes_no_revision() {
    kv.put("a", "1");
    DeleteRangeResponse response = kv.delete("zz");
    assertThat(response.deleted()).isZero();
    assertThat(response.revision()).isEqualTo(2);
    assertThat(kv.store.revision()).isEqualTo(2);
  }

  @Test
  void case_6_an_empty_key_is_refused_even_with_a_range_end() {
    assertThat(kv.refused(putting("", "x"))).isEqualTo(KvError.EMPTY_KEY);
    assertThat(kv.refused(getting(""))).isEqualTo(KvError.EMPTY_KEY);
    assertThat(kv.refused(RangeRequest.of(Bytes.EMPTY, b("z")))).isEqualTo(KvError.EMPTY_KEY);
    assertThat(kv.refused(deletion("", "z"))).isEqualTo(KvError.EMPTY_KEY);
    assertThat(kv.refused(nest(putting("", "x")))).isEqualTo(KvError.EMPTY_KEY);
  }

  @Test
  void case_7_the_ignore_flags_contradict_what_they_ignore_and_need_the_key() {
    assertThat(kv.refused(kv.put("a", "x", 0, true, false))).isEqualTo(KvError.VALUE_PROVIDED);
    assertThat(kv.refused(kv.put("a", "x", 7, false, true))).isEqualTo(KvError.LEASE_PROVIDED);
    assertThat(kv.refused(kv.put("a", "", 0, true, false))).isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(kv.refused(kv.put("a", "x", 0, false, true))).isEqualTo(KvError.KEY_NOT_FOUND);
  }

  @Test
  void ignore_value_keeps_the_value_and_still_makes_a_revision() {
    kv.put("a", "1");
    kv.call(kv.put("a", "", 0, true, false));
    assertThat(kv.get("a").kvs()).containsExactly(new KeyValue(b("a"), 2, 3, 2, b("1"), 0));
  }

  @Test
  void an_empty_value_is_legal() {
    kv.put("a", "");
    assertThat(kv.get("a").kvs()).containsExactly(new KeyValue(b("a"), 2, 2, 1, Bytes.EMPTY, 0));
  }

  @Test
  void the_same_value_again_still_makes_a_revision() {
    kv.put("a", "1");
    assertThat(kv.put("a", "1").revision()).isEqualTo(3);
  }

  @Test
  void case_8_a_historical_read_sees_the_value_or_the_absence_of_its_time() {
    kv.put("a", "1");
    kv.put("a", "2");
    kv.delete("a");
    kv.put("a", "3");
    assertThat(valuesOf(kv.range(reading("a", "", 2)))).containsExactly("1");
    assertThat(valuesOf(kv.range(reading("a", "", 3)))).containsExactly("2");
    assertThat(kv.range(reading("a", "", 4)).count()).isZero();
    assertThat(valuesOf(kv.range(reading("a", "", 5)))).containsExactly("3");
    assertThat(kv.range(reading("a", "", 2)).revision()).as("the header is current").isEqualTo(5);
    assertThat(kv.rangeRefused(reading("a", "", 6))).isEqualTo(KvError.FUTURE_REVISION);
    assertThat(kv.range(reading("a", "", 1)).count()).isZero();
    assertThat(valuesOf(kv.range(reading("a", "", -5))))
        .as("negative is newest")
        .containsExactly("3");
  }

  @Test
  void case_9_a_zero_byte_as_range_end_means_from_the_key_on() {
    kv.put("b", "1");
    kv.put("c", "2");
    kv.put("d", "3");
    assertThat(keysOf(kv.range(RangeRequest.of(b("c"), FROM_KEY)))).containsExactly("c", "d");
    assertThat(keysOf(kv.range(RangeRequest.of(FROM_KEY, FROM_KEY))))
        .containsExactly("b", "c", "d");
  }

  @Test
  void case_10_an_inverted_range_is_empty_and_no_error() {
    kv.put("b", "1");
    RangeResponse response = kv.range(RangeRequest.of(b("d"), b("a")));
    assertThat(response.count()).isZero();
    assertThat(kv.range(RangeRequest.of(b("b"), b("b"))).count()).isZero();
    assertThat(kv.range(reading("d", "a", 1)).count()).isZero();
    assertThat(((DeleteRangeResponse) kv.call(deletion("d", "a"))).deleted()).isZero();
  }

  @Test
  void case_11_the_limit_cuts_the_keys_but_not_the_count() {
    four();
    RangeResponse two = kv.range(sorted(SortOrder.NONE, SortTarget.KEY, 2, false));
    assertThat(keysOf(two)).containsExactly("k1", "k2");
    assertThat(two.more()).isTrue();
    assertThat(two.count()).isEqualTo(4);
    RangeResponse all = kv.range(sorted(SortOrder.NONE, SortTarget.KEY, 4, false));
    assertThat(all.more()).isFalse();
    assertThat(all.kvs()).hasSize(4);
    assertThat(kv.range(sorted(SortOrder.NONE, SortTarget.KEY, -3, false)).kvs()).hasSize(4);
  }

  /** Keys whose orders by version, creation, modification and value all differ. */
  private void four() {
    kv.put("k3", "x");
    kv.put("k1", "z");
    kv.put("k4", "w");
    kv.put("k2", "y");
    kv.put("k1", "z");
    kv.put("k1", "z");
    kv.put("k4", "w");
  }

  @Test
  void case_12_sorting_comes_before_the_limit() {
    four();
    assertThat(byTarget(SortTarget.KEY)).containsExactly("k1", "k2", "k3", "k4");
    assertThat(byTarget(SortTarget.VERSION)).containsExactly("k2", "k3", "k4", "k1");
    assertThat(byTarget(SortTarget.CREATE)).containsExactly("k3", "k1", "k4", "k2");
    assertThat(byTarget(SortTarget.MOD)).containsExactly("k3", "k2", "k1", "k4");
    assertThat(byTarget(SortTarget.VALUE)).containsExactly("k4", "k3", "k2", "k1");
    assertThat(keysOf(kv.range(sorted(SortOrder.NONE, SortTarget.MOD, 0, false))))
        .as("without an order, ascending")
        .containsExactly("k3", "k2", "k1", "k4");
  }

  /** The ascending order by a target, after checking the other order and each limit against it. */
  private List<String> byTarget(SortTarget target) {
    List<String> ascending = keysOf(kv.range(sorted(SortOrder.ASCEND, target, 0, false)));
    List<String> descending = keysOf(kv.range(sorted(SortOrder.DESCEND, target, 0, false)));
    if (target != SortTarget.VERSION) {
      assertThat(descending).isEqualTo(ascending.reversed());
    }
    for (int limit = 1; limit <= 4; limit++) {
      RangeResponse first = kv.range(sorted(SortOrder.ASCEND, target, limit, true));
      assertThat(keysOf(first)).isEqualTo(ascending.subList(0, limit));
      assertThat(first.more()).isEqualTo(limit < 4);
      assertThat(first.count()).isEqualTo(4);
      RangeResponse last = kv.range(sorted(SortOrder.DESCEND, target, limit, false));
      assertThat(keysOf(last)).isEqualTo(descending.subList(0, limit));
    }
    return ascending;
  }

  @Test
  void an_unknown_sort_is_refused() {
    assertThat(kv.refused(sorted(SortOrder.UNRECOGNIZED, SortTarget.KEY, 0, false)))
        .isEqualTo(KvError.INVALID_SORT);
    assertThat(kv.refused(sorted(SortOrder.NONE, SortTarget.UNRECOGNIZED, 0, false)))
        .isEqualTo(KvError.INVALID_SORT);
  }

  @Test
  void case_13_filters_cut_the_keys_but_not_the_count() {
    four();
    assertThat(filtered(0, 6, 0, 0, 0)).containsExactly("k1", "k4");
    assertThat(filtered(0, 0, 5, 0, 0)).containsExactly("k2", "k3");
    assertThat(filtered(0, 0, 0, 4, 0)).containsExactly("k2", "k4");
    assertThat(filtered(0, 0, 0, 0, 3)).containsExactly("k1", "k3");
    assertThat(filtered(1, 0, 0, 0, 3)).as("limit after filters").containsExactly("k1");
  }

  private List<String> filtered(
      long limit, long minMod, long maxMod, long minCreate, long maxCreate) {
    RangeResponse response =
        kv.range(
            new RangeRequest(
                FROM_KEY,
                FROM_KEY,
                limit,
                0,
                SortOrder.NONE,
                SortTarget.KEY,
                false,
                false,
                minMod,
                maxMod,
                minCreate,
                maxCreate));
    assertThat(response.count()).isEqualTo(4);
    assertThat(response.more()).isEqualTo(limit == 1);
    return keysOf(response);
  }

  @Test
  void case_14_count_only_returns_no_keys_and_keys_only_no_values() {
    four();
    RangeResponse count =
        kv.range(
            new RangeRequest(
                FROM_KEY,
                FROM_KEY,
                1,
                0,
                SortOrder.DESCEND,
                SortTarget.MOD,
                false,
                true,
                0,
                0,
                0,
                0));
    assertThat(count.kvs()).isEmpty();
    assertThat(count.count()).isEqualTo(4);
    assertThat(count.more()).isFalse();
    RangeResponse keysOnly = kv.range(sorted(SortOrder.ASCEND, SortTarget.VALUE, 0, true));
    assertThat(keysOf(keysOnly)).containsExactly("k4", "k3", "k2", "k1");
    assertThat(valuesOf(keysOnly)).containsOnly("");
    assertThat(valuesOf(kv.range(sorted(SortOrder.NONE, SortTarget.KEY, 0, true))))
        .containsOnly("");
  }

  @Test
  void case_15_deleting_a_range_returns_its_keys_in_order_and_makes_one_revision() {
    kv.put("p/2", "b");
    kv.put("p/1", "a");
    kv.put("q", "c");
    DeleteRangeResponse response =
        (DeleteRangeResponse) kv.call(new DeleteRangeRequest(b("p/"), b("p0"), true));
    assertThat(response.deleted()).isEqualTo(2);
    assertThat(response.revision()).isEqualTo(5);
    assertThat(response.prevKvs())
        .containsExactly(
            new KeyValue(b("p/1"), 3, 3, 1, b("a"), 0), new KeyValue(b("p/2"), 2, 2, 1, b("b"), 0));
    assertThat(keysOf(kv.range(RangeRequest.of(FROM_KEY, FROM_KEY)))).containsExactly("q");
  }

  @Test
  void deleted_keys_take_consecutive_sub_revisions_in_key_order() {
    kv.put("b", "1");
    kv.put("a", "1");
    kv.call(deletion("a", "z"));
    assertThat(changesAt(4)).containsExactly("a 0 deleted", "b 1 deleted");
  }

  private List<String> changesAt(long revision) {
    List<String> changes = new ArrayList<>();
    StoredChange change = new StoredChange();
    try (var rows =
        kv.rows.scan(RowFormat.changeRow(revision, 0), RowFormat.changeRow(revision + 1, 0))) {
      while (rows.next()) {
        change.decode(rows.key(), rows.value());
        changes.add(
            change.key().toUtf8() + " " + change.sub() + (change.deletion() ? " deleted" : " put"));
      }
    }
    return changes;
  }

  @Test
  void case_16_a_failed_compare_without_else_does_nothing() {
    kv.put("a", "1");
    TxnResponse response =
        kv.txn(
            List.of(Compare.value(b("a"), Compare.Result.EQUAL, b("2"))),
            List.of(putting("a", "3")),
            List.of());
    assertThat(response.succeeded()).isFalse();
    assertThat(response.responses()).isEmpty();
    assertThat(response.revision()).isEqualTo(2);
  }

  @Test
  void case_17_a_step_sees_the_steps_before_it() {
    TxnResponse response =
        kv.txn(
            getting("x"), putting("x", "1"), getting("x"), deletion("y", ""), nest(getting("x")));
    assertThat(response.revision()).isEqualTo(2);
    assertThat(response.responses().get(0).revision()).as("before the first write").isEqualTo(1);
    assertThat(response.responses().get(1).revision()).isEqualTo(2);
    RangeResponse seen = (RangeResponse) response.responses().get(2);
    assertThat(valuesOf(seen)).containsExactly("1");
    assertThat(seen.revision()).as("from the first write on").isEqualTo(2);
    kv.put("d", "1");
    TxnResponse deleted = kv.txn(deletion("d", ""), getting("d"));
    assertThat(((RangeResponse) deleted.responses().get(1)).count()).isZero();
  }

  @Test
  void case_18_a_transaction_makes_one_revision() {
    kv.put("d", "1");
    TxnResponse response =
        kv.txn(putting("c", "1"), putting("a", "1"), deletion("d", ""), putting("b", "1"));
    assertThat(response.revision()).isEqualTo(3);
    assertThat(kv.range(RangeRequest.of(FROM_KEY, FROM_KEY)).kvs())
        .allMatch(it -> it.modRevision() == 3 && it.createRevision() == 3);
    assertThat(changesAt(3)).containsExactly("c 0 put", "a 1 put", "d 2 deleted", "b 3 put");
  }

  @Test
  void case_19_a_key_may_not_be_changed_twice() {
    assertThat(kv.refused(nest(putting("k", "1"), putting("k", "2"))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(deletion("a", "z"), putting("k", "2"))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(putting("k", "2"), deletion("k", ""))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(putting("k", "1"), nest(putting("k", "2")))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(nest(putting("k", "1")), nest(putting("k", "2")))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(nest(deletion("k", "")), nest(putting("k", "2")))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    assertThat(kv.refused(nest(nest(putting("k", "2")), deletion("k", ""))))
        .isEqualTo(KvError.DUPLICATE_KEY);
    TxnRequest otherSibling =
        new TxnRequest(List.of(), List.of(), List.of((KvOp) putting("k", "2")));
    assertThat(kv.refused(nest(nest(putting("k", "1")), otherSibling)))
        .isEqualTo(KvError.DUPLICATE_KEY);
  }

  @Test
  void what_etcd_lets_pass_though_a_key_changes_twice_passes_here() {
    kv.put("k", "0");
    kv.txn(nest(putting("k", "1")), nest(deletion("k", "")));
    assertThat(kv.get("k").count()).isZero();
    assertThat(valuesOf(kv.range(reading("k", "", 2)))).containsExactly("0");
    kv.put("k", "2");
    kv.txn(new DeleteRangeRequest(b("d"), FROM_KEY, false), putting("k", "3"));
    assertThat(kv.get("k").kvs()).containsExactly(new KeyValue(b("k"), 5, 5, 1, b("3"), 0));
    assertThat(changesAt(5)).containsExactly("k 0 deleted", "k 1 put");
    assertThat(valuesOf(kv.range(reading("k", "", 4)))).containsExactly("2");
    kv.txn(deletion("t5", "t1"), putting("t3", "x"));
    assertThat(kv.get("t3").count()).isEqualTo(1);
  }

  @Test
  void both_branches_of_one_transaction_may_put_a_key_and_deletions_may_overlap() {
    Compare missing = Compare.number(b("k"), Compare.Target.VERSION, Compare.Result.EQUAL, 0);
    assertThat(
            kv.txn(List.of(missing), List.of(putting("k", "1")), List.of(putting("k", "2")))
                .succeeded())
        .isTrue();
    kv.txn(new TxnRequest(List.of(), List.of(putting("k", "1")), List.of(putting("k", "2"))));
    TxnResponse twice = kv.txn(deletion("a", "m"), deletion("k", "z"), deletion("k", ""));
    assertThat(twice.responses().stream().map(it -> ((DeleteRangeResponse) it).deleted()))
        .containsExactly(1L, 0L, 0L);
  }

  @Test
  void case_20_the_branch_that_will_not_run_is_checked_too() {
    assertThat(
            kv.refused(
                new TxnRequest(
                    List.of(),
                    List.of(putting("a", "1")),
                    List.of(putting("k", "1"), putting("k", "2")))))
        .isEqualTo(KvError.DUPLICATE_KEY);
  }

  @Test
  void case_21_a_transaction_has_at_most_128_operations_in_a_list() {
    assertThat(kv.call(nest(puts(128, "k")))).isInstanceOf(TxnResponse.class);
    assertThat(kv.refused(nest(puts(129, "k")))).isEqualTo(KvError.TOO_MANY_OPS);
    KvOp[] outer = puts(101, "a");
    outer[100] = nest(puts(100, "b"));
    assertThat(kv.refused(nest(outer))).isEqualTo(KvError.TOO_MANY_OPS);
    outer[100] = nest(puts(27, "b"));
    assertThat(kv.call(nest(outer))).isInstanceOf(TxnResponse.class);
  }

  private static KvOp[] puts(int count, String prefix) {
    KvOp[] puts = new KvOp[count];
    for (int i = 0; i < count; i++) {
      puts[i] = putting(prefix + i, "v");
    }
    return puts;
  }

  @Test
  void transactions_nest_as_deep_as_the_limit_and_no_deeper() {
    KvOp deep = putting("k", "v");
    for (int i = 0; i < Limits.TXN_DEPTH_MAX; i++) {
      deep = nest(deep);
    }
    assertThat(kv.call(deep)).isInstanceOf(TxnResponse.class);
    assertThat(kv.refused(nest(deep))).isEqualTo(KvError.TOO_MANY_OPS);
  }

  @Test
  void an_empty_step_is_refused_as_a_key_not_found() {
    assertThat(kv.refused(nest(new EmptyOp()))).isEqualTo(KvError.KEY_NOT_FOUND);
    Compare noKey = Compare.number(Bytes.EMPTY, Compare.Target.MOD, Compare.Result.EQUAL, 0);
    assertThat(kv.refused(new TxnRequest(List.of(noKey), List.of(), List.of())))
        .isEqualTo(KvError.EMPTY_KEY);
  }

  @Test
  void case_22_what_fails_in_a_transaction_undoes_all_of_it() {
    kv.put("w", "0");
    assertThat(kv.refused(nest(putting("y", "1"), kv.put("z", "1", 4711, false, false))))
        .isEqualTo(KvError.LEASE_NOT_FOUND);
    assertThat(kv.get("y").count()).isZero();
    assertThat(kv.store.revision()).isEqualTo(2);
    assertThat(kv.refused(nest(putting("y", "1"), kv.put("z", "", 0, true, false))))
        .isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(kv.refused(nest(putting("y", "1"), reading("w", "", 3))))
        .as("its own coming revision is still to come")
        .isEqualTo(KvError.FUTURE_REVISION);
    kv.put("w", "1");
    kv.call(new CompactRequest(3, false));
    assertThat(kv.refused(nest(putting("y", "1"), reading("w", "", 2))))
        .isEqualTo(KvError.COMPACTED);
    assertThat(kv.store.revision()).isEqualTo(3);
  }

  @Test
  void of_several_failures_the_first_in_order_is_told() {
    KvOp future = reading("w", "", 99);
    KvOp unknownLease = kv.put("w", "1", 77, false, false);
    assertThat(kv.refused(nest(future, unknownLease))).isEqualTo(KvError.FUTURE_REVISION);
    assertThat(kv.refused(nest(unknownLease, future))).isEqualTo(KvError.LEASE_NOT_FOUND);
    assertThat(kv.refused(nest(kv.put("q", "", 77, true, false)))).isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(kv.refused(kv.put("q", "", 77, true, false))).isEqualTo(KvError.LEASE_NOT_FOUND);
  }

  @Test
  void a_put_that_loses_its_key_within_the_transaction_undoes_all_of_it() {
    kv.put("k", "1");
    assertThat(
            kv.refused(
                nest(
                    putting("a", "1"),
                    new DeleteRangeRequest(b("d"), FROM_KEY, false),
                    kv.put("k", "", 0, true, false))))
        .isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(valuesOf(kv.range(RangeRequest.of(FROM_KEY, FROM_KEY)))).containsExactly("1");
    assertThat(kv.put("k", "2").revision()).isEqualTo(3);
  }

  @Test
  void case_23_a_missing_key_compares_as_zero_and_never_by_value() {
    assertThat(holds(Compare.number(b("m"), Compare.Target.VERSION, Compare.Result.EQUAL, 0)))
        .isTrue();
    assertThat(holds(Compare.number(b("m"), Compare.Target.MOD, Compare.Result.EQUAL, 0))).isTrue();
    assertThat(holds(Compare.number(b("m"), Compare.Target.CREATE, Compare.Result.LESS, 1)))
        .isTrue();
    assertThat(holds(Compare.number(b("m"), Compare.Target.LEASE, Compare.Result.NOT_EQUAL, 1)))
        .isTrue();
    for (Compare.Result result : Compare.Result.values()) {
      assertThat(holds(Compare.value(b("m"), result, b("x")))).isFalse();
    }
  }

  private boolean holds(Compare compare) {
    return kv.txn(List.of(compare), List.of(), List.of()).succeeded();
  }

  @Test
  void every_target_and_result_compares() {
    kv.put("k", "b");
    kv.put("o", "-");
    kv.put("k", "b");
    long[][] facts = {{2}, {2}, {4}, {0}};
    Compare.Target[] targets = {
      Compare.Target.VERSION, Compare.Target.CREATE, Compare.Target.MOD, Compare.Target.LEASE
    };
    for (int i = 0; i < targets.length; i++) {
      long fact = facts[i][0];
      for (long than = fact - 1; than <= fact + 1; than++) {
        int order = Long.compare(fact, than);
        for (Compare.Result result : Compare.Result.values()) {
          assertThat(holds(Compare.number(b("k"), targets[i], result, than)))
              .as("%s %s %d", targets[i], result, than)
              .isEqualTo(expected(result, order));
        }
      }
    }
    for (String than : List.of("a", "b", "bb", "c", "")) {
      for (Compare.Result result : Compare.Result.values()) {
        assertThat(holds(Compare.value(b("k"), result, b(than))))
            .isEqualTo(expected(result, "b".compareTo(than)));
      }
    }
    Bytes high = Bytes.wrap(new byte[] {(byte) 0x80});
    kv.call(PutRequest.of(b("h"), high));
    assertThat(holds(Compare.value(b("h"), Compare.Result.GREATER, b("z")))).isTrue();
  }

  private static boolean expected(Compare.Result result, int order) {
    return switch (result) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case UNRECOGNIZED -> true;
    };
  }

  @Test
  void unknown_numbers_in_a_compare_are_not_refused() {
    kv.put("k", "b");
    assertThat(holds(Compare.number(b("k"), Compare.Target.UNRECOGNIZED, Compare.Result.EQUAL, 9)))
        .isTrue();
    assertThat(
            holds(Compare.number(b("k"), Compare.Target.UNRECOGNIZED, Compare.Result.GREATER, 0)))
        .isFalse();
    assertThat(holds(Compare.number(b("m"), Compare.Target.MOD, Compare.Result.UNRECOGNIZED, 5)))
        .isTrue();
  }

  @Test
  void case_24_a_range_compare_holds_for_all_keys_of_the_range() {
    kv.put("p/1", "b");
    kv.put("p/2", "b");
    Compare all =
        new Compare(b("p/"), b("p0"), Compare.Target.VALUE, Compare.Result.EQUAL, 0, b("b"));
    assertThat(holds(all)).isTrue();
    kv.put("p/2", "c");
    assertThat(holds(all)).isFalse();
    for (String[] empty : new String[][] {{"x", "z"}, {"z", "x"}}) {
      Bytes from = b(empty[0]);
      Bytes to = b(empty[1]);
      assertThat(
              holds(
                  new Compare(
                      from, to, Compare.Target.VERSION, Compare.Result.EQUAL, 0, Bytes.EMPTY)))
          .as("no key at all counts as one missing key")
          .isTrue();
      assertThat(
              holds(
                  new Compare(from, to, Compare.Target.VALUE, Compare.Result.NOT_EQUAL, 0, b("b"))))
          .isFalse();
    }
    assertThat(
            holds(
                new Compare(
                    b("a"), FROM_KEY, Compare.Target.MOD, Compare.Result.GREATER, 1, Bytes.EMPTY)))
        .isTrue();
  }

  @Test
  void case_25_a_nested_range_sees_the_outer_put_and_a_nested_header_has_no_revision() {
    TxnResponse response = kv.txn(putting("k", "1"), nest(getting("k")));
    TxnResponse inner = (TxnResponse) response.responses().get(1);
    assertThat(inner.revision()).isZero();
    assertThat(inner.succeeded()).isTrue();
    assertThat(valuesOf((RangeResponse) inner.responses().get(0))).containsExactly("1");
    assertThat(inner.responses().get(0).revision()).isEqualTo(2);
  }

  @Test
  void a_nested_compare_sees_the_state_before_the_transaction() {
    TxnRequest ifThere =
        new TxnRequest(
            List.of(Compare.number(b("k"), Compare.Target.VERSION, Compare.Result.GREATER, 0)),
            List.of(getting("k")),
            List.of());
    TxnResponse first = kv.txn(putting("k", "1"), ifThere);
    assertThat(((TxnResponse) first.responses().get(1)).succeeded()).isFalse();
    TxnResponse second = kv.txn(putting("k", "2"), ifThere);
    TxnResponse inner = (TxnResponse) second.responses().get(1);
    assertThat(inner.succeeded()).isTrue();
    assertThat(valuesOf((RangeResponse) inner.responses().get(0))).containsExactly("2");
  }

  @Test
  void case_26_compaction_forgets_below_and_keeps_at_its_revision() {
    for (int i = 2; i <= 12; i++) {
      kv.put("a", "v" + i);
    }
    assertThat(((CompactResponse) kv.call(new CompactRequest(10, false))).revision()).isEqualTo(12);
    assertThat(kv.refused(new CompactRequest(10, false))).isEqualTo(KvError.COMPACTED);
    assertThat(kv.refused(new CompactRequest(0, false))).isEqualTo(KvError.COMPACTED);
    assertThat(kv.refused(new CompactRequest(-1, false))).isEqualTo(KvError.COMPACTED);
    assertThat(kv.refused(new CompactRequest(13, false))).isEqualTo(KvError.FUTURE_REVISION);
    assertThat(kv.rangeRefused(reading("a", "", 9))).isEqualTo(KvError.COMPACTED);
    assertThat(valuesOf(kv.range(reading("a", "", 10)))).containsExactly("v10");
    assertThat(valuesOf(kv.range(reading("a", "", 11)))).containsExactly("v11");
    assertThat(kv.store.revision()).as("compaction makes no revision").isEqualTo(12);
  }

  @Test
  void an_uncompacted_store_can_be_compacted_at_0_and_at_1_but_not_below() {
    assertThat(kv.refused(new CompactRequest(-1, false))).isEqualTo(KvError.COMPACTED);
    assertThat(kv.call(new CompactRequest(0, false))).isInstanceOf(CompactResponse.class);
    assertThat(kv.refused(new CompactRequest(0, false))).isEqualTo(KvError.COMPACTED);
    assertThat(new Kv().call(new CompactRequest(1, false))).isInstanceOf(CompactResponse.class);
  }

  @Test
  void a_put_takes_moves_keeps_and_drops_the_lease() {
    kv.grant(7);
    kv.grant(-8);
    assertThat(kv.refused(kv.put("k", "v", 9, false, false))).isEqualTo(KvError.LEASE_NOT_FOUND);
    kv.call(kv.put("k", "v", 7, false, false));
    assertThat(lease("k")).isEqualTo(7);
    assertThat(attachments()).containsExactly("7 k");
    kv.call(kv.put("k", "w", -8, false, false));
    assertThat(lease("k")).isEqualTo(-8);
    assertThat(attachments()).containsExactly("-8 k");
    kv.call(kv.put("k", "x", 0, false, true));
    assertThat(lease("k")).as("kept").isEqualTo(-8);
    kv.put("k", "y");
    assertThat(lease("k")).as("dropped").isZero();
    assertThat(attachments()).isEmpty();
    kv.call(kv.put("k", "z", 7, false, false));
    kv.delete("k");
    assertThat(attachments()).as("gone with the key").isEmpty();
  }

  private long lease(String key) {
    return kv.get(key).kvs().getFirst().lease();
  }

  private List<String> attachments() {
    List<String> all = new ArrayList<>();
    byte[] from = {RowFormat.ATTACHMENT};
    try (var rows = kv.rows.scan(from, RowFormat.endOf(RowFormat.ATTACHMENT))) {
      while (rows.next()) {
        byte[] row = rows.key();
        all.add(RowFormat.getLong(row, 1) + " " + Bytes.wrap(row, 9, row.length - 9).toUtf8());
      }
    }
    return all;
  }

  @Test
  void keys_are_ordered_as_unsigned_bytes_and_a_zero_byte_is_a_byte() {
    byte[][] keys = {{'a'}, {'a', 0}, {'a', 0, 0}, {'a', 1}, {'a', (byte) 0xff}, {(byte) 0x80}};
    for (int round = 0; round < 2; round++) {
      for (byte[] key : keys) {
        kv.call(PutRequest.of(Bytes.copyOf(key), b("v" + round)));
      }
    }
    RangeRequest all = RangeRequest.of(FROM_KEY, FROM_KEY);
    List<Bytes> expected = new ArrayList<>();
    for (byte[] key : keys) {
      expected.add(Bytes.copyOf(key));
    }
    assertThat(kv.range(all).kvs()).extracting(KeyValue::key).isEqualTo(expected);
    RangeResponse old =
        kv.range(
            new RangeRequest(
                FROM_KEY,
                FROM_KEY,
                0,
                7,
                SortOrder.NONE,
                SortTarget.KEY,
                false,
                false,
                0,
                0,
                0,
                0));
    assertThat(old.kvs()).extracting(KeyValue::key).isEqualTo(expected);
    assertThat(valuesOf(old)).containsOnly("v0");
  }

  @Test
  void a_read_only_transaction_is_answered_by_a_reader() {
    kv.put("a", "1");
    TxnResponse response =
        (TxnResponse)
            kv.reader()
                .txn(
                    new TxnRequest(
                        List.of(Compare.value(b("a"), Compare.Result.EQUAL, b("1"))),
                        List.of(getting("a"), nest(getting("b"))),
                        List.of()));
    assertThat(response.revision()).isEqualTo(2);
    assertThat(response.succeeded()).isTrue();
    assertThat(response.responses()).hasSize(2);
    assertThat(kv.reader().txn(nest(reading("a", "", 3))))
        .isEqualTo(new KvFailure(KvError.FUTURE_REVISION));
  }

  /** Of our own: who needs no count needn't wait for it. */
  @Test
  void counting_ends_where_the_limit_is_reached_if_that_is_asked_for() {
    for (int i = 0; i < 5; i++) {
      kv.put("k" + i, "v");
    }
    assertThat(kv.range(uncounted(2, false)).kvs()).hasSize(2);
    assertThat(kv.range(uncounted(2, false)).more()).isTrue();
    assertThat(kv.range(uncounted(2, false)).count()).isEqualTo(3);
    assertThat(kv.range(uncounted(5, false)).more()).isFalse();
    assertThat(kv.range(uncounted(0, false)).count()).isEqualTo(5);
    assertThat(kv.range(uncounted(2, true)).count()).isEqualTo(5);
  }

  private static RangeRequest uncounted(long limit, boolean countOnly) {
    return new RangeRequest(
        Kv.b("k"),
        Kv.b("l"),
        limit,
        0,
        SortOrder.NONE,
        SortTarget.KEY,
        false,
        countOnly,
        0,
        0,
        0,
        0,
        true);
  }
}
