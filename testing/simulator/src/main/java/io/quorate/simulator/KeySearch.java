package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges a history by itself, without a look at what the members did: for each key there must be an
 * order in which its operations could have taken effect one after the other, each between its
 * beginning and its end, such that each answer is right. What is of unknown outcome may take effect
 * at any time after its beginning, or never.
 *
 * <p>A search with memory, after Wing and Gong (1993) and Lowe (2017), for each key apart (Herlihy
 * and Wing: linearizability is local). What changes nothing and fits takes its place at once, since
 * no order is lost by that; what is of unknown outcome is tried only where it makes something fit.
 * So there is little to search but among writes that overlap.
 */
final class KeySearch {
  /** More steps for a key than this leave it undecided. */
  private static final int STEPS_MAX = 200_000;

  private static final int REPORTED_MAX = 5;

  /** What an operation did to one key, or may have done. */
  private record Act(
      Operation of, Does does, @Nullable Bytes value, Guard guard, long modRevision) {
    boolean isAnswered() {
      return of.fate == Operation.Fate.ANSWERED;
    }

    boolean changes() {
      return does == Does.WRITES || does == Does.DELETES;
    }
  }

  private enum Does {
    /** Leaves whatever is there. */
    NOTHING,
    /** Finds the value there; none, if it is null. */
    SEES,
    /** Writes the value. */
    WRITES,
    /** Deletes the key. */
    DELETES
  }

  /** What the key must be for the act. */
  private enum Guard {
    NONE,
    PRESENT,
    ABSENT,
    /** Its mod revision is the one that was compared. */
    EQUAL,
    /** It is another one. */
    DIFFERENT
  }

  private final TreeMap<Bytes, List<Act>> acts = new TreeMap<>();

  /** At which revision each value was written, as far as anybody was told. */
  private final Map<Bytes, Long> revisions = new HashMap<>();

  private KeySearch() {}

  /**
   * What was found out.
   *
   * @param violations what no order explains
   * @param undecided keys of which that takes too much work to tell
   */
  record Verdict(List<String> violations, int undecided) {}

  /** Judges the operations of one group, in whatever order they are given. */
  static Verdict judge(List<Operation> operations) {
    KeySearch search = new KeySearch();
    operations.forEach(each -> search.name(each.request));
    operations.forEach(search::add);
    List<String> violations = new ArrayList<>();
    int undecided = 0;
    for (Map.Entry<Bytes, List<Act>> each : search.acts.entrySet()) {
      Order order = search.new Order(each.getValue());
      Act stuck = order.stuck();
      undecided += order.undecided ? 1 : 0;
      if (stuck != null && violations.size() < REPORTED_MAX) {
        violations.add("no order explains what was done to a key: %s".formatted(stuck.of));
      }
    }
    return new Verdict(violations, undecided);
  }

  // ---- what was done to each key

  /** Somebody names a key: it is one of those that ranges are about. */
  private void name(KvRequest request) {
    switch (request) {
      case PutRequest put -> acts.put(put.key(), new ArrayList<>());
      case TxnRequest txn -> txn.success().forEach(this::name);
      default -> {
        // Who only asks makes no key.
      }
    }
  }

  private void add(Operation operation) {
    if (operation.fate == Operation.Fate.REFUSED
        || operation.serializable
        || !(operation.request instanceof KvOp op)) {
      return;
    }
    KvResponse response = operation.result instanceof KvResponse answer ? answer : null;
    if (operation.fate != Operation.Fate.ANSWERED || response != null) {
      add(operation, op, response, Guard.NONE, 0);
    }
  }

  private void add(
      Operation of, KvOp op, @Nullable KvResponse response, Guard guard, long modRevision) {
    switch (op) {
      case PutRequest put -> {
        act(put.key(), new Act(of, Does.WRITES, put.value(), guard, modRevision));
        if (response instanceof PutResponse told) {
          revisions.put(put.value(), told.revision());
        }
      }
      case DeleteRangeRequest delete -> {
        if (delete.rangeEnd().isEmpty()) {
          Guard found =
              response instanceof DeleteRangeResponse told
                  ? told.deleted() > 0 ? Guard.PRESENT : Guard.ABSENT
                  : guard;
          act(delete.key(), new Act(of, Does.DELETES, null, found, 0));
        } else {
          boolean none = response instanceof DeleteRangeResponse told && told.deleted() == 0;
          for (Bytes key : within(delete.key(), delete.rangeEnd())) {
            act(key, new Act(of, Does.DELETES, null, none ? Guard.ABSENT : Guard.NONE, 0));
          }
        }
      }
      case RangeRequest range -> {
        if (response instanceof RangeResponse told) {
          see(of, range, told);
        }
      }
      case TxnRequest txn -> txn(of, txn, response);
      default -> throw new IllegalArgumentException("no client asks that: " + op);
    }
  }

  private void act(Bytes key, Act act) {
    acts.computeIfAbsent(key, none -> new ArrayList<>()).add(act);
  }

  /** The keys of a range that anybody ever wrote. */
  private List<Bytes> within(Bytes from, Bytes end) {
    return from.compareTo(end) < 0 ? List.copyOf(acts.subMap(from, end).keySet()) : List.of();
  }

  private void see(Operation of, RangeRequest range, RangeResponse told) {
    Map<Bytes, KeyValue> found = new HashMap<>();
    for (KeyValue each : told.kvs()) {
      found.put(each.key(), each);
      revisions.put(each.value(), each.modRevision());
      acts.computeIfAbsent(each.key(), none -> new ArrayList<>()); // nobody's
    }
    List<Bytes> keys =
        range.rangeEnd().isEmpty() ? List.of(range.key()) : within(range.key(), range.rangeEnd());
    for (Bytes key : keys) {
      KeyValue each = found.get(key);
      act(key, new Act(of, Does.SEES, each == null ? null : each.value(), Guard.NONE, 0));
    }
  }

  /** One compare of a mod revision, as clients ask. */
  private void txn(Operation of, TxnRequest txn, @Nullable KvResponse response) {
    Compare compare = txn.compares().getFirst();
    TxnResponse told = response instanceof TxnResponse known ? known : null;
    boolean holds = told == null || told.succeeded();
    List<KvOp> steps = holds ? txn.success() : txn.failure();
    for (int i = 0; i < steps.size(); i++) {
      KvResponse part = told == null ? null : told.responses().get(i);
      if (steps.get(i) instanceof PutRequest put && put.key().equals(compare.key())) {
        add(of, put, part, Guard.EQUAL, compare.number());
      } else if (steps.get(i) instanceof RangeRequest range && part instanceof RangeResponse seen) {
        see(of, range, seen);
      }
    }
    if (!holds) {
      act(compare.key(), new Act(of, Does.NOTHING, null, Guard.DIFFERENT, compare.number()));
    }
  }

  // ---- the order of them

  /** Where the search is: what has taken effect, and what the key is by it. */
  private record Place(BitSet done, @Nullable Bytes value) {}

  /** A choice, what is left of it, and the place before it. */
  private record Choice(Place before, ArrayDeque<Integer> left) {}

  private final class Order {
    /** By when they began; those that were answered first. */
    private final List<Act> all;

    private final int answered;

    private boolean undecided;

    Order(List<Act> acts) {
      all = new ArrayList<>(acts);
      all.sort(
          Comparator.comparing((Act act) -> !act.isAnswered())
              .thenComparingLong(act -> act.of.invoked));
      answered = (int) acts.stream().filter(Act::isAnswered).count();
    }

    /** An act that has no place in any order; null if there is an order, or nobody knows. */
    @Nullable Act stuck() {
      ArrayDeque<Choice> choices = new ArrayDeque<>();
      Set<Place> tried = new HashSet<>();
      Place at = new Place(new BitSet(), null);
      int farthest = 0;
      for (int steps = 0; steps < STEPS_MAX; steps++) {
        int first = at.done().nextClearBit(0);
        if (first >= answered) {
          return null;
        }
        farthest = Math.max(farthest, first);
        ArrayDeque<Integer> next = next(at, first);
        if (next.size() == 1 && !all.get(next.getFirst()).changes()) {
          at = after(at, next.getFirst());
          continue;
        }
        choices.push(new Choice(at, next));
        Place found = null;
        while (found == null) {
          Choice last = choices.peek();
          if (last == null) {
            return all.get(farthest);
          }
          Integer index = last.left().poll();
          if (index == null) {
            choices.pop();
          } else {
            Place place = after(last.before(), index);
            found = tried.add(place) ? place : null;
          }
        }
        at = found;
      }
      undecided = true;
      return null;
    }

    /**
     * What may take effect next: a single one if it changes nothing. Of those of unknown outcome
     * only what makes something fit that doesn't yet, for else it may as well come later, or never.
     */
    private ArrayDeque<Integer> next(Place at, int first) {
      ArrayDeque<Integer> next = new ArrayDeque<>();
      List<Act> blocked = new ArrayList<>();
      long firstReturn = Long.MAX_VALUE;
      for (int i = first; i < answered && all.get(i).of.invoked < firstReturn; i++) {
        if (at.done().get(i)) {
          continue;
        }
        Act act = all.get(i);
        firstReturn = Math.min(firstReturn, act.of.returned);
        if (!fits(act, at.value())) {
          blocked.add(act);
        } else if (act.changes()) {
          next.add(i);
        } else {
          next.clear();
          next.add(i);
          return next;
        }
      }
      List<Integer> unknown = new ArrayList<>();
      for (int i = answered; i < all.size() && all.get(i).of.invoked < firstReturn; i++) {
        if (!at.done().get(i) && all.get(i).changes()) {
          if (fits(all.get(i), at.value())) {
            unknown.add(i);
          } else {
            blocked.add(all.get(i));
          }
        }
      }
      for (int i : unknown) {
        Bytes value = value(all.get(i), at.value());
        if (blocked.stream().anyMatch(each -> fits(each, value))) {
          next.add(i);
        }
      }
      return next;
    }

    private boolean fits(Act act, @Nullable Bytes value) {
      boolean seen = act.does() != Does.SEES || Objects.equals(act.value(), value);
      return seen
          && switch (act.guard()) {
            case NONE -> true;
            case PRESENT -> value != null;
            case ABSENT -> value == null;
            case EQUAL -> mayBe(value, act.modRevision());
            case DIFFERENT -> value == null ? act.modRevision() != 0 : differs(value, act);
          };
    }

    private boolean mayBe(@Nullable Bytes value, long modRevision) {
      return value == null
          ? modRevision == 0
          : revisions.getOrDefault(value, modRevision) == modRevision && modRevision != 0;
    }

    private boolean differs(Bytes value, Act act) {
      Long known = revisions.get(value);
      return known == null || known != act.modRevision();
    }

    private Place after(Place at, int index) {
      BitSet done = (BitSet) at.done().clone();
      done.set(index);
      return new Place(done, value(all.get(index), at.value()));
    }

    private @Nullable Bytes value(Act act, @Nullable Bytes before) {
      return switch (act.does()) {
        case NOTHING, SEES -> before;
        case WRITES -> act.value();
        case DELETES -> null;
      };
    }
  }
}
