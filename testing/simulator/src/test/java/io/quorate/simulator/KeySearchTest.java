package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Histories of one key, told by when operations began and ended, and what may be said of them. */
class KeySearchTest {
  private static final Bytes KEY = Bytes.utf8("k");

  private final List<Operation> history = new ArrayList<>();

  private Operation op(long from, long to, KvRequest request, @Nullable KvResult result) {
    Operation op = new Operation(history.size(), 1, 1, 1, request, false, from);
    op.fate = result == null ? Operation.Fate.UNKNOWN : Operation.Fate.ANSWERED;
    op.returned = to;
    op.result = result;
    history.add(op);
    return op;
  }

  private void put(long from, long to, String value, long revision) {
    op(from, to, PutRequest.of(KEY, Bytes.utf8(value)), new PutResponse(revision, null));
  }

  private void maybePut(long from, String value) {
    op(from, from + 1, PutRequest.of(KEY, Bytes.utf8(value)), null);
  }

  private void read(long from, long to, String value, long modRevision) {
    List<KeyValue> found =
        value.isEmpty()
            ? List.of()
            : List.of(new KeyValue(KEY, 2, modRevision, 1, Bytes.utf8(value), 0));
    op(from, to, RangeRequest.one(KEY), new RangeResponse(100, found, false, found.size()));
  }

  private void swap(long from, long to, long expected, String value, boolean succeeded) {
    TxnRequest txn =
        new TxnRequest(
            List.of(Compare.number(KEY, Compare.Target.MOD, Compare.Result.EQUAL, expected)),
            List.of(PutRequest.of(KEY, Bytes.utf8(value))),
            List.of());
    op(
        from,
        to,
        txn,
        new TxnResponse(99, succeeded, succeeded ? List.of(new PutResponse(99, null)) : List.of()));
  }

  private void expectRight() {
    assertThat(KeySearch.judge(history)).isEqualTo(new KeySearch.Verdict(List.of(), 0));
  }

  private void expectWrong() {
    assertThat(KeySearch.judge(history).violations()).hasSize(1);
  }

  @Test
  void overlapping_writes_may_have_come_in_either_order() {
    put(0, 10, "a", 3);
    put(1, 9, "b", 2);
    read(11, 12, "a", 3);
    expectRight();
  }

  @Test
  void a_read_sees_no_value_that_another_write_had_replaced_before_it_began() {
    put(0, 1, "a", 2);
    put(2, 3, "b", 3);
    read(4, 5, "a", 2);
    expectWrong();
  }

  @Test
  void an_acknowledged_write_is_seen() {
    put(0, 1, "a", 2);
    read(2, 3, "", 0);
    expectWrong();
  }

  @Test
  void a_write_of_unknown_outcome_may_take_effect_late_or_never() {
    put(0, 1, "a", 2);
    maybePut(2, "b");
    maybePut(2, "never");
    read(10, 11, "a", 2);
    read(20, 21, "b", 3);
    read(30, 31, "b", 3);
    expectRight();
  }

  @Test
  void but_only_once() {
    put(0, 1, "a", 2);
    maybePut(2, "b");
    read(3, 4, "b", 3);
    put(5, 6, "c", 4);
    read(7, 8, "b", 3);
    expectWrong();
  }

  @Test
  void and_not_before_it_was_asked_for() {
    put(0, 1, "a", 2);
    read(2, 3, "b", 3);
    maybePut(4, "b");
    expectWrong();
  }

  @Test
  void a_deletion_of_unknown_outcome_explains_that_nothing_is_there() {
    put(0, 1, "a", 2);
    op(2, 3, DeleteRangeRequest.one(KEY), null);
    read(10, 11, "a", 2);
    read(20, 21, "", 0);
    expectRight();
  }

  @Test
  void a_deletion_of_a_range_does_so_too_also_of_a_key_that_is_written_later() {
    op(0, 30, new DeleteRangeRequest(KEY, Bytes.utf8("z"), false), null);
    put(1, 2, "a", 2);
    read(3, 4, "", 0);
    expectRight();
  }

  @Test
  void a_deletion_tells_whether_there_was_something() {
    put(0, 1, "a", 2);
    op(2, 3, DeleteRangeRequest.one(KEY), new DeleteRangeResponse(2, 0, List.of()));
    expectWrong();
  }

  @Test
  void of_two_that_compare_and_swap_one_fails() {
    put(0, 1, "a", 2);
    swap(2, 9, 2, "b", true);
    swap(3, 8, 2, "c", false);
    read(10, 11, "b", 99);
    expectRight();
    swap(12, 13, 2, "d", true);
    expectWrong();
  }

  @Test
  void a_swap_that_failed_had_something_else_there() {
    put(0, 1, "a", 2);
    swap(2, 3, 2, "b", false);
    expectWrong();
  }

  @Test
  void a_swap_of_unknown_outcome_may_follow_a_write_of_unknown_outcome() {
    maybePut(0, "a");
    TxnRequest swap =
        new TxnRequest(
            List.of(Compare.number(KEY, Compare.Target.MOD, Compare.Result.EQUAL, 7)),
            List.of(PutRequest.of(KEY, Bytes.utf8("b"))),
            List.of());
    op(0, 1, swap, null);
    read(10, 11, "b", 8);
    expectRight();
  }

  @Test
  void many_writes_of_unknown_outcome_hide_nothing() {
    for (int i = 0; i < 40; i++) {
      maybePut(i, "unknown-" + i);
    }
    for (int i = 0; i < 200; i++) {
      put(100 + 10 * i, 105 + 10 * i, "known-" + i, 50 + 2 * i);
      read(
          106 + 10 * i,
          108 + 10 * i,
          i % 10 == 0 && i < 400 ? "unknown-" + i / 10 : "known-" + i,
          i % 10 == 0 ? 51 + 2 * i : 50 + 2 * i);
    }
    expectRight();
    read(5_000, 5_001, "known-3", 56);
    expectWrong();
  }

  @Test
  void reads_that_go_to_and_fro_have_no_order() {
    maybePut(0, "a");
    maybePut(0, "b");
    read(10, 11, "a", 2);
    read(12, 13, "b", 3);
    read(14, 15, "a", 2);
    expectWrong();
  }
}
