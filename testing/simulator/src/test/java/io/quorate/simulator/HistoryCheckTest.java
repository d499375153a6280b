package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The judge, judged: a good history passes, and each way to make it a bad one is found out. */
class HistoryCheckTest {
  private static final long SECOND = 1_000_000_000L;

  /** A world without faults, long enough for each kind of operation and answer. */
  private static final Plan PLAN =
      new Plan(
          11,
          3,
          0,
          1,
          0,
          8,
          200,
          12,
          false,
          0,
          0,
          false,
          0,
          0,
          0,
          10 * SECOND,
          SECOND / 10,
          SECOND,
          5_000,
          1 << 20,
          256 << 10,
          0,
          64 << 10,
          512,
          SECOND / 10_000,
          SECOND / 10_000,
          0,
          false,
          List.of());

  @Test
  void a_history_in_which_nothing_went_wrong_passes() {
    World.History history = World.history(PLAN);
    assertThat(history.operations()).hasSizeGreaterThan(1_000);
    assertThat(HistoryCheck.violations(history.truth(), history.operations())).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> each_way_to_spoil_a_history_is_found_out() {
    Map<String, Consumer<World.History>> mutators = new TreeMap<>();
    put(mutators, "a write names the next revision", r -> r + 1);
    put(mutators, "a write names the revision before", r -> r - 1);
    put(mutators, "a write names a revision that never was", r -> r + 1_000_000);
    put(mutators, "a write names the first revision", r -> 1L);
    mutators.put(
        "an acknowledged write is lost",
        h -> {
          Operation op = find(h, HistoryCheckTest::isPut);
          replace(h, op, copy(op, PutRequest.of(key(op), Bytes.utf8("never written"))));
        });
    mutators.put(
        "a write is applied twice",
        h -> h.truth().apply(1, find(h, HistoryCheckTest::isPut).request, 1));
    mutators.put(
        "a write of unknown outcome is applied twice",
        h -> {
          Operation op = find(h, HistoryCheckTest::isPut);
          op.fate = Operation.Fate.UNKNOWN;
          h.truth().apply(1, op.request, 1);
        });
    mutators.put(
        "a refused write is there",
        h -> find(h, HistoryCheckTest::isPut).fate = Operation.Fate.REFUSED);
    mutators.put(
        "a write of unknown outcome was there before it was asked for",
        h -> {
          Operation op = find(h, HistoryCheckTest::isPut);
          replace(h, op, at(op, lastReturn(h) + 1));
          last(h).fate = Operation.Fate.UNKNOWN;
        });
    mutators.put(
        "a phantom write",
        h -> h.truth().apply(1, PutRequest.of(Bytes.utf8("ka0"), Bytes.utf8("nobody's")), 1));
    mutators.put(
        "two writes name one revision",
        h -> {
          Operation one = find(h, HistoryCheckTest::isPut);
          Operation other = find(h, op -> isPut(op) && op != one && !key(op).equals(key(one)));
          other.result = one.result;
        });
    range(mutators, "a read misses a key", kvs -> kvs.subList(1, kvs.size()));
    range(mutators, "a read finds nothing", kvs -> List.of());
    range(mutators, "a read shows a key twice", kvs -> with(kvs, kvs.getFirst()));
    range(
        mutators,
        "a read shows a key that never was",
        kvs -> with(kvs, new KeyValue(Bytes.utf8("kzzz"), 2, 2, 1, Bytes.utf8("x"), 0)));
    range(
        mutators,
        "a read shows keys in another order",
        kvs -> {
          List<KeyValue> reversed = new ArrayList<>(kvs);
          Collections.reverse(reversed);
          return reversed;
        });
    first(
        mutators,
        "a read shows another value",
        kv ->
            new KeyValue(
                kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.utf8("y"), 0));
    first(
        mutators,
        "a read shows another mod revision",
        kv ->
            new KeyValue(
                kv.key(), kv.createRevision(), kv.modRevision() + 1, kv.version(), kv.value(), 0));
    first(
        mutators,
        "a read shows another create revision",
        kv ->
            new KeyValue(
                kv.key(), kv.createRevision() - 1, kv.modRevision(), kv.version(), kv.value(), 0));
    first(
        mutators,
        "a read shows another version",
        kv ->
            new KeyValue(
                kv.key(), kv.createRevision(), kv.modRevision(), kv.version() + 1, kv.value(), 0));
    first(
        mutators,
        "a read shows a lease that nobody granted",
        kv ->
            new KeyValue(
                kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), kv.value(), 7));
    mutators.put(
        "a read is stale and says so",
        h -> {
          Operation op = lastOf(h, o -> isRange(o, false));
          long old = ((RangeResponse) answer(op)).revision() - 40;
          op.result = range(h, op, old, old);
        });
    mutators.put(
        "a read is stale and says that it is new",
        h -> {
          Operation op = lastOf(h, o -> isRange(o, false) && kvs(o).size() > 3);
          long now = ((RangeResponse) answer(op)).revision();
          op.result = range(h, op, now - 40, now);
        });
    mutators.put(
        "a read shows half of one revision and half of another",
        h -> {
          Operation op = lastOf(h, o -> isRange(o, true) && kvs(o).size() > 6);
          long now = ((RangeResponse) answer(op)).revision();
          List<KeyValue> mixed = new ArrayList<>(kvs(op));
          List<KeyValue> old = ((RangeResponse) range(h, op, now - 100, now)).kvs();
          for (int i = 0; i < Math.min(3, old.size()); i++) {
            KeyValue kv = old.get(i);
            mixed.removeIf(each -> each.key().equals(kv.key()));
            mixed.add(i, kv);
          }
          op.result = new RangeResponse(now, mixed, false, mixed.size());
        });
    mutators.put(
        "a serializable read is of a revision that never was",
        h -> {
          Operation op = lastOf(h, o -> isRange(o, true));
          op.result = new RangeResponse(1_000_000, kvs(op), false, kvs(op).size());
        });
    mutators.put(
        "a read comes after what it doesn't show",
        h -> {
          Operation op = find(h, o -> isRange(o, false) && !kvs(o).isEmpty());
          replace(h, op, at(op, lastReturn(h) + 1));
        });
    mutators.put(
        "a write was acknowledged before an older one was asked for",
        h -> {
          Operation op = lastOf(h, HistoryCheckTest::isPut);
          op.returned = h.operations().getFirst().invoked - 1;
        });
    mutators.put(
        "a read was answered before what it shows was asked for",
        h -> {
          Operation op = lastOf(h, o -> isRange(o, false));
          op.returned = h.operations().getFirst().invoked - 1;
        });
    delete(mutators, "a deletion tells of one more", count -> count + 1);
    delete(mutators, "a deletion tells of none", count -> 0L);
    mutators.put(
        "a deletion is lost",
        h -> {
          Operation op = find(h, o -> deleted(o) > 0);
          long at = ((DeleteRangeResponse) answer(op)).revision();
          op.result = new DeleteRangeResponse(at - 1, deleted(op), List.of());
        });
    txn(mutators, "a condition that held is said not to", true);
    txn(mutators, "a condition that didn't hold is said to", false);
    mutators.put(
        "a transaction's read shows what was not there",
        h -> {
          Operation op = find(h, o -> answer(o) instanceof TxnResponse txn && !txn.succeeded());
          TxnResponse txn = (TxnResponse) answer(op);
          op.result =
              new TxnResponse(
                  txn.revision(),
                  false,
                  List.of(
                      new RangeResponse(
                          txn.revision(),
                          List.of(new KeyValue(Bytes.utf8("ka0"), 2, 2, 1, Bytes.utf8("z"), 0)),
                          false,
                          1)));
        });
    assertThat(mutators).hasSizeGreaterThanOrEqualTo(30);
    return mutators.entrySet().stream()
        .map(mutator ->
            DynamicTest.dynamicTest(
                mutator.getKey(),
                () -> {
                  World.History history = World.history(PLAN);
                  mutator.getValue().accept(history);
                  assertThat(HistoryCheck.violations(history.truth(), history.operations()))
                      .as(mutator.getKey())
                      .isNotEmpty();
                }));
  }

  @Test
  void a_history_of_100_000_operations_is_judged_in_two_seconds() {
    Plan large =
        new Plan(
            12,
            3,
            0,
            1,
            0,
            60,
            10_000,
            60,
            false,
            0,
            0,
            false,
            0,
            0,
            0,
            10 * SECOND,
            SECOND / 10,
            SECOND,
            50_000,
            8 << 20,
            1 << 20,
            0,
            64 << 20,
            512,
            SECOND / 100_000,
            SECOND / 100_000,
            0,
            false,
            List.of());
    World.History history = World.history(large);
    assertThat(history.operations()).hasSizeGreaterThan(60_000);
    long begun = System.nanoTime();
    assertThat(HistoryCheck.violations(history.truth(), history.operations())).isEmpty();
    assertThat(KeySearch.judge(history.operations()).violations()).isEmpty();
    double perOperation = (System.nanoTime() - begun) / (double) history.operations().size();
    System.out.printf("100,000 operations are judged in %.2f s%n", perOperation / 1e4);
    assertThat(perOperation * 100_000).as("nanoseconds for 100,000").isLessThan(2e9);
  }

  // ---- ways to spoil

  private static void put(
      Map<String, Consumer<World.History>> into, String name, UnaryOperator<Long> revision) {
    into.put(
        name,
        h -> {
          Operation op = middle(h, HistoryCheckTest::isPut);
          op.result = new PutResponse(revision.apply(((PutResponse) answer(op)).revision()), null);
        });
  }

  private static void range(
      Map<String, Consumer<World.History>> into,
      String name,
      UnaryOperator<List<KeyValue>> change) {
    into.put(
        name,
        h -> {
          Operation op = lastOf(h, o -> isRange(o, false) && kvs(o).size() > 2);
          List<KeyValue> changed = change.apply(kvs(op));
          op.result =
              new RangeResponse(
                  ((RangeResponse) answer(op)).revision(), changed, false, changed.size());
        });
  }

  private static void first(
      Map<String, Consumer<World.History>> into, String name, UnaryOperator<KeyValue> change) {
    range(
        into,
        name,
        kvs -> {
          List<KeyValue> changed = new ArrayList<>(kvs);
          changed.set(0, change.apply(kvs.getFirst()));
          return changed;
        });
  }

  private static void delete(
      Map<String, Consumer<World.History>> into, String name, UnaryOperator<Long> change) {
    into.put(
        name,
        h -> {
          Operation op = find(h, o -> deleted(o) > 0);
          op.result =
              new DeleteRangeResponse(
                  ((DeleteRangeResponse) answer(op)).revision(),
                  change.apply(deleted(op)),
                  List.of());
        });
  }

  private static void txn(
      Map<String, Consumer<World.History>> into, String name, boolean succeeded) {
    into.put(
        name,
        h -> {
          Operation op =
              find(h, o -> answer(o) instanceof TxnResponse txn && txn.succeeded() == succeeded);
          TxnResponse txn = (TxnResponse) answer(op);
          TxnRequest request = (TxnRequest) op.request;
          List<KvResponse> responses = new ArrayList<>();
          for (var step : succeeded ? request.failure() : request.success()) {
            responses.add(
                switch (step) {
                  case RangeRequest _ -> new RangeResponse(txn.revision(), List.of(), false, 0);
                  case PutRequest _ -> new PutResponse(txn.revision(), null);
                  default -> new DeleteRangeResponse(txn.revision(), 0, List.of());
                });
          }
          op.result = new TxnResponse(txn.revision(), !succeeded, responses);
        });
  }

  // ---- finding and replacing

  private static KvResult answer(Operation op) {
    KvResult result = op.result;
    return op.fate == Operation.Fate.ANSWERED && result != null
        ? result
        : new io.quorate.kv.KvFailure(io.quorate.kv.KvError.KEY_NOT_FOUND);
  }

  private static boolean isPut(Operation op) {
    return answer(op) instanceof PutResponse;
  }

  private static boolean isRange(Operation op, boolean serializable) {
    return answer(op) instanceof RangeResponse && op.serializable == serializable;
  }

  private static List<KeyValue> kvs(Operation op) {
    return ((RangeResponse) answer(op)).kvs();
  }

  private static long deleted(Operation op) {
    return answer(op) instanceof DeleteRangeResponse delete ? delete.deleted() : 0;
  }

  private static Bytes key(Operation op) {
    return ((PutRequest) op.request).key();
  }

  private static List<KeyValue> with(List<KeyValue> kvs, KeyValue more) {
    List<KeyValue> longer = new ArrayList<>(kvs);
    longer.add(more);
    return longer;
  }

  private static KvResult range(World.History h, Operation op, long of, long named) {
    RangeRequest request = (RangeRequest) op.request;
    List<KeyValue> kvs = h.truth().range(request.key(), request.rangeEnd(), of);
    return new RangeResponse(named, kvs, false, kvs.size());
  }

  private static Operation find(World.History h, Predicate<Operation> wanted) {
    return h.operations().stream().filter(wanted).findFirst().orElseThrow();
  }

  private static Operation middle(World.History h, Predicate<Operation> wanted) {
    List<Operation> all = h.operations().stream().filter(wanted).toList();
    return all.get(all.size() / 2);
  }

  private static Operation lastOf(World.History h, Predicate<Operation> wanted) {
    List<Operation> all = h.operations().stream().filter(wanted).toList();
    return all.getLast();
  }

  private static Operation last(World.History h) {
    return h.operations().getLast();
  }

  private static long lastReturn(World.History h) {
    return h.operations().stream().mapToLong(op -> op.returned).max().orElseThrow();
  }

  /** The same, asked for at another time, at the history's end. */
  private static Operation at(Operation op, long invoked) {
    Operation moved =
        new Operation(
            op.number, op.client, op.member, op.group, op.request, op.serializable, invoked);
    moved.fate = op.fate;
    moved.result = op.result;
    moved.returned = invoked + 1;
    return moved;
  }

  private static Operation copy(Operation op, PutRequest request) {
    Operation copy =
        new Operation(
            op.number, op.client, op.member, op.group, request, op.serializable, op.invoked);
    copy.fate = op.fate;
    copy.result = op.result;
    copy.returned = op.returned;
    return copy;
  }

  private static void replace(World.History h, Operation old, Operation by) {
    h.operations().remove(old);
    h.operations().add(by);
  }
}
