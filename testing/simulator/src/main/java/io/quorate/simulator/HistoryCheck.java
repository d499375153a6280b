package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.LeaseRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges what clients saw against {@link Truth}: each answer is that of the store at the revision
 * that it names; who asked after another was answered sees no older store; what was acknowledged is
 * there, once; what was refused is not there; what is unknown is there at most once, and not before
 * it was asked for; and nothing is there that nobody asked for.
 *
 * <p>A write names the revision that it made and a linearizable read the one that it saw, so the
 * order in which they took effect is known, and all of it costs one sort.
 */
final class HistoryCheck {
  private static final int REPORTED_MAX = 10;

  private final Truth truth;
  private final List<Operation> operations;
  private final List<String> violations = new ArrayList<>();

  private HistoryCheck(Truth truth, List<Operation> operations) {
    this.truth = truth;
    this.operations = operations;
  }

  /** What is wrong with the history; nothing if it is as it must be. */
  static List<String> violations(Truth truth, List<Operation> operations) {
    HistoryCheck check = new HistoryCheck(truth, operations);
    check.answers();
    check.effects();
    check.claims();
    check.order();
    return check.violations;
  }

  private void violation(String what, Operation operation) {
    if (violations.size() < REPORTED_MAX) {
      violations.add(what + ": " + operation);
    }
  }

  // ---- each for itself

  private void answers() {
    for (Operation operation : operations) {
      if (operation.fate == Operation.Fate.ANSWERED
          && operation.result instanceof KvResponse response
          && operation.request instanceof KvOp op) {
        String wrong = wrong(op, response, response.revision());
        if (!wrong.isEmpty()) {
          violation(wrong, operation);
        }
      }
    }
  }

  /** What is wrong with an answer of the store as it was after a revision; empty if nothing. */
  private String wrong(KvOp op, KvResponse response, long at) {
    if (at > truth.revision()) {
      return "a revision that was never reached";
    }
    return switch (op) {
      case PutRequest put -> {
        KeyValue written = truth.at(put.key(), at);
        yield written != null && written.modRevision() == at && written.value().equals(put.value())
            ? ""
            : "a write that isn't at its revision";
      }
      case DeleteRangeRequest delete -> {
        long deleted = ((DeleteRangeResponse) response).deleted();
        int before = truth.range(delete.key(), delete.rangeEnd(), at - 1).size();
        int after = truth.range(delete.key(), delete.rangeEnd(), at).size();
        yield after == 0 && deleted == (deleted == 0 ? 0 : before)
            ? ""
            : "a deletion of another number of keys";
      }
      case RangeRequest range -> {
        long read = range.revision() > 0 ? range.revision() : at;
        yield ((RangeResponse) response)
                .kvs()
                .equals(truth.range(range.key(), range.rangeEnd(), read))
            ? ""
            : "a read of what was not there";
      }
      case TxnRequest txn -> wrongTxn(txn, (TxnResponse) response, at);
      default -> throw new IllegalArgumentException("no client asks that: " + op);
    };
  }

  private String wrongTxn(TxnRequest txn, TxnResponse response, long at) {
    List<KvOp> steps = response.succeeded() ? txn.success() : txn.failure();
    boolean wrote = steps.stream().anyMatch(step -> !(step instanceof RangeRequest));
    if (truth.holds(txn, wrote ? at - 1 : at) != response.succeeded()) {
      return "a condition that was judged wrongly";
    }
    for (int i = 0; i < steps.size(); i++) {
      String wrong = wrong(steps.get(i), response.responses().get(i), at);
      if (!wrong.isEmpty()) {
        return wrong;
      }
    }
    return "";
  }

  // ---- effects

  private void effects() {
    for (Operation operation : operations) {
      Bytes value = written(operation.request);
      if (value == null) {
        continue;
      }
      int times = truth.revisionsOf(value).size();
      if (operation.fate == Operation.Fate.ANSWERED) {
        boolean chosen =
            !(operation.result instanceof KvFailure)
                && (!(operation.result instanceof TxnResponse txn) || txn.succeeded());
        if (times != (chosen ? 1 : 0)) {
          violation("written " + times + " times", operation);
        }
      } else if (operation.fate == Operation.Fate.REFUSED && times > 0) {
        violation("refused, and there all the same", operation);
      } else if (times > 1) {
        violation("written " + times + " times", operation);
      }
    }
  }

  /** The value by which an operation's effect is known. */
  private static @Nullable Bytes written(KvRequest request) {
    return switch (request) {
      case PutRequest put -> put.value();
      case TxnRequest txn ->
          txn.success().stream()
              .filter(PutRequest.class::isInstance)
              .map(step -> ((PutRequest) step).value())
              .findFirst()
              .orElse(null);
      default -> null;
    };
  }

  /**
   * Each revision was made by one operation, which was told so or doesn't know what became of it.
   */
  private void claims() {
    TreeMap<Long, Operation> owners = new TreeMap<>();
    Map<KvRequest, Integer> untold = new LinkedHashMap<>();
    for (Operation operation : operations) {
      if (operation.fate == Operation.Fate.UNKNOWN || operation.fate == Operation.Fate.OPEN) {
        untold.merge(operation.request, 1, Integer::sum);
      } else if (operation.fate == Operation.Fate.ANSWERED
          && operation.result instanceof KvResponse response
          && changed(operation, response)) {
        Operation other = owners.putIfAbsent(response.revision(), operation);
        if (other != null) {
          violation("two were told of one revision, the other is " + other, operation);
        }
      }
    }
    for (long at = 2; at <= truth.revision(); at++) {
      KvRequest request = truth.requestAt(at);
      if (isOfLeases(request)) {
        continue; // their clients tell nobody what they asked for
      }
      Operation owner = owners.get(at);
      if (owner == null ? !take(untold, request) : !owner.request.equals(request)) {
        if (violations.size() < REPORTED_MAX) {
          violations.add("nobody was told of revision " + at + ": " + request);
        }
      }
    }
  }

  private static boolean isOfLeases(KvRequest request) {
    return request instanceof LeaseRequest
        || (request instanceof PutRequest put && put.lease() != 0);
  }

  private static boolean take(Map<KvRequest, Integer> from, KvRequest request) {
    Integer left = from.computeIfPresent(request, (r, count) -> count - 1);
    return left != null && left >= 0;
  }

  // ---- together

  /** An operation in the order of effects: at a revision, writes before reads of it. */
  private void order() {
    List<Operation> byInvocation = new ArrayList<>(operations);
    byInvocation.sort(Comparator.comparingLong(operation -> operation.invoked));
    List<Operation> byReturn = new ArrayList<>();
    for (Operation operation : operations) {
      if (operation.fate == Operation.Fate.ANSWERED
          && !operation.serializable
          && operation.result instanceof KvResponse) {
        byReturn.add(operation);
      }
    }
    byReturn.sort(Comparator.comparingLong(operation -> operation.returned));
    int returned = 0;
    long seen = 1;
    for (Operation operation : byInvocation) {
      while (returned < byReturn.size() && byReturn.get(returned).returned < operation.invoked) {
        Operation before = byReturn.get(returned++);
        seen = Math.max(seen, nonNull(before).revision());
      }
      if (operation.fate == Operation.Fate.ANSWERED
          && operation.result instanceof KvResponse response
          && !operation.serializable) {
        long at = response.revision();
        if (at < seen || (at == seen && changed(operation, response))) {
          violation("an effect before revision " + seen + ", which had been seen", operation);
        }
      }
      Bytes value = written(operation.request);
      if (value != null) {
        for (long at : truth.revisionsOf(value)) {
          if (at <= seen) {
            violation("an effect before it was asked for, at " + at, operation);
          }
        }
      }
    }
  }

  private static KvResponse nonNull(Operation answered) {
    if (answered.result instanceof KvResponse response) {
      return response;
    }
    throw new IllegalStateException("not answered: " + answered);
  }

  /** Whether an operation made the revision that it names. */
  private boolean changed(Operation operation, KvResponse response) {
    return switch (response) {
      case PutResponse _ -> true;
      case DeleteRangeResponse delete -> delete.deleted() > 0;
      case TxnResponse txn ->
          operation.request instanceof TxnRequest request
              && (txn.succeeded() ? request.success() : request.failure())
                  .stream().anyMatch(PutRequest.class::isInstance);
      default -> false;
    };
  }
}
