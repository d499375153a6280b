package io.quorate.etcd;

import com.google.protobuf.InvalidProtocolBufferException;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KvOp;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.kv.TxnRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the requests of the KV service from the wire into the store's own. Keys and values are
 * slices of the message.
 *
 * <p>Messages as every client writes them are read directly; the generated classes take over for
 * whatever is legal but odd (a field given twice inside a union, groups) and for naming what is
 * malformed. Both ways give the same.
 */
final class RequestReader {
  private static final int RANGE = 1 << 3 | WireReader.LENGTH;
  private static final int PUT = 2 << 3 | WireReader.LENGTH;
  private static final int DELETE = 3 << 3 | WireReader.LENGTH;
  private static final int TXN = 4 << 3 | WireReader.LENGTH;

  private static final SortOrder[] ORDERS = {SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND};
  private static final SortTarget[] TARGETS = {
    SortTarget.KEY, SortTarget.VERSION, SortTarget.CREATE, SortTarget.MOD, SortTarget.VALUE
  };
  private static final Compare.Result[] RESULTS = {
    Compare.Result.EQUAL, Compare.Result.GREATER, Compare.Result.LESS, Compare.Result.NOT_EQUAL
  };

  /** Of Quorate's own. */
  private static final int UNCOUNTED = 1_000;

  private static final Compare.Target[] COMPARE_TARGETS = {
    Compare.Target.VERSION,
    Compare.Target.CREATE,
    Compare.Target.MOD,
    Compare.Target.VALUE,
    Compare.Target.LEASE
  };

  private final WireReader in;

  /** Whether a range was met that asks for more than what this member has. */
  private boolean linearizable;

  private boolean anyRange;

  private RequestReader(Bytes message) {
    in = new WireReader(message);
  }

  /**
   * A range and how it wants to be read.
   *
   * @param serializable whether this member's own state is good enough
   */
  record RangeCall(RangeRequest request, boolean serializable) {}

  /**
   * A transaction and how it wants to be read, if it only reads.
   *
   * @param serializable whether it has ranges, and for each of them this member's own state is good
   *     enough
   */
  record TxnCall(TxnRequest request, boolean serializable) {}

  /** Reads a put. */
  static PutRequest put(Bytes message) {
    RequestReader reader = new RequestReader(message);
    PutRequest request = reader.put(reader.in.stop());
    if (reader.in.irregular()) {
      try {
        return GeneratedRequests.put(message);
      } catch (InvalidProtocolBufferException e) {
        throw malformed(e);
      }
    }
    return request;
  }

  /** Reads a range. */
  static RangeCall range(Bytes message) {
    RequestReader reader = new RequestReader(message);
    RangeRequest request = reader.range(reader.in.stop());
    if (reader.in.irregular()) {
      try {
        return GeneratedRequests.range(message);
      } catch (InvalidProtocolBufferException e) {
        throw malformed(e);
      }
    }
    return new RangeCall(request, !reader.linearizable);
  }

  /** Reads a deletion. */
  static DeleteRangeRequest deleteRange(Bytes message) {
    RequestReader reader = new RequestReader(message);
    DeleteRangeRequest request = reader.deleteRange(reader.in.stop());
    if (reader.in.irregular()) {
      try {
        return GeneratedRequests.deleteRange(message);
      } catch (InvalidProtocolBufferException e) {
        throw malformed(e);
      }
    }
    return request;
  }

  /** Reads a transaction. */
  static TxnCall txn(Bytes message) {
    RequestReader reader = new RequestReader(message);
    TxnRequest request = reader.txn(reader.in.stop(), 1);
    if (reader.in.irregular()) {
      try {
        return GeneratedRequests.txn(message);
      } catch (InvalidProtocolBufferException e) {
        throw malformed(e);
      }
    }
    return new TxnCall(request, reader.anyRange && !reader.linearizable);
  }

  /** Reads a compaction. */
  static CompactRequest compact(Bytes message) {
    try {
      return GeneratedRequests.compact(message);
    } catch (InvalidProtocolBufferException e) {
      throw malformed(e);
    }
  }

  /** How grpc-go says that it can't read a request. */
  static StatusException malformed(InvalidProtocolBufferException e) {
    return Status.of(StatusCode.INTERNAL, "grpc: error unmarshalling request: " + e.getMessage())
        .asException();
  }

  /** The refusal of a transaction that is nested deeper than any may be. */
  static StatusException nestedTooDeep() {
    return EtcdError.TOO_MANY_OPS.asException();
  }

  static SortOrder order(int number) {
    return number >= 0 && number < ORDERS.length ? ORDERS[number] : SortOrder.UNRECOGNIZED;
  }

  static SortTarget sortTarget(int number) {
    return number >= 0 && number < TARGETS.length ? TARGETS[number] : SortTarget.UNRECOGNIZED;
  }

  static Compare.Result result(int number) {
    return number >= 0 && number < RESULTS.length ? RESULTS[number] : Compare.Result.UNRECOGNIZED;
  }

  static Compare.Target compareTarget(int number) {
    return number >= 0 && number < COMPARE_TARGETS.length
        ? COMPARE_TARGETS[number]
        : Compare.Target.UNRECOGNIZED;
  }

  private PutRequest put(int end) {
    Bytes key = Bytes.EMPTY;
    Bytes value = Bytes.EMPTY;
    long lease = 0;
    boolean prevKv = false;
    boolean ignoreValue = false;
    boolean ignoreLease = false;
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      switch (tag) {
        case 1 << 3 | WireReader.LENGTH -> key = in.bytes();
        case 2 << 3 | WireReader.LENGTH -> value = in.bytes();
        case 3 << 3 -> lease = in.varint();
        case 4 << 3 -> prevKv = in.bool();
        case 5 << 3 -> ignoreValue = in.bool();
        case 6 << 3 -> ignoreLease = in.bool();
        default -> in.skip(tag);
      }
    }
    return new PutRequest(key, value, lease, prevKv, ignoreValue, ignoreLease);
  }

  private RangeRequest range(int end) {
    Bytes key = Bytes.EMPTY;
    Bytes rangeEnd = Bytes.EMPTY;
    long limit = 0;
    long revision = 0;
    int order = 0;
    int target = 0;
    boolean serializable = false;
    boolean keysOnly = false;
    boolean countOnly = false;
    long minMod = 0;
    long maxMod = 0;
    long minCreate = 0;
    long maxCreate = 0;
    boolean uncounted = false;
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      switch (tag) {
        case 1 << 3 | WireReader.LENGTH -> key = in.bytes();
        case 2 << 3 | WireReader.LENGTH -> rangeEnd = in.bytes();
        case 3 << 3 -> limit = in.varint();
        case 4 << 3 -> revision = in.varint();
        case 5 << 3 -> order = (int) in.varint();
        case 6 << 3 -> target = (int) in.varint();
        case 7 << 3 -> serializable = in.bool();
        case 8 << 3 -> keysOnly = in.bool();
        case 9 << 3 -> countOnly = in.bool();
        case 10 << 3 -> minMod = in.varint();
        case 11 << 3 -> maxMod = in.varint();
        case 12 << 3 -> minCreate = in.varint();
        case 13 << 3 -> maxCreate = in.varint();
        case UNCOUNTED << 3 -> uncounted = in.bool();
        default -> in.skip(tag);
      }
    }
    anyRange = true;
    linearizable |= !serializable;
    return new RangeRequest(
        key,
        rangeEnd,
        limit,
        revision,
        order(order),
        sortTarget(target),
        keysOnly,
        countOnly,
        minMod,
        maxMod,
        minCreate,
        maxCreate,
        uncounted);
  }

  private DeleteRangeRequest deleteRange(int end) {
    Bytes key = Bytes.EMPTY;
    Bytes rangeEnd = Bytes.EMPTY;
    boolean prevKv = false;
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      switch (tag) {
        case 1 << 3 | WireReader.LENGTH -> key = in.bytes();
        case 2 << 3 | WireReader.LENGTH -> rangeEnd = in.bytes();
        case 3 << 3 -> prevKv = in.bool();
        default -> in.skip(tag);
      }
    }
    return new DeleteRangeRequest(key, rangeEnd, prevKv);
  }

  private TxnRequest txn(int end, int depth) {
    if (depth > Limits.TXN_DEPTH_MAX) {
      throw nestedTooDeep();
    }
    List<Compare> compares = new ArrayList<>();
    List<KvOp> success = new ArrayList<>();
    List<KvOp> failure = new ArrayList<>();
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      switch (tag) {
        case 1 << 3 | WireReader.LENGTH -> compares.add(compare(in.enter()));
        case 2 << 3 | WireReader.LENGTH -> success.add(op(in.enter(), depth));
        case 3 << 3 | WireReader.LENGTH -> failure.add(op(in.enter(), depth));
        default -> in.skip(tag);
      }
    }
    return new TxnRequest(compares, success, failure);
  }

  private KvOp op(int end, int depth) {
    KvOp op = null;
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      if (op != null && tag >>> 3 <= 4) {
        in.giveUp();
        break;
      }
      switch (tag) {
        case RANGE -> op = range(in.enter());
        case PUT -> op = put(in.enter());
        case DELETE -> op = deleteRange(in.enter());
        case TXN -> op = txn(in.enter(), depth + 1);
        default -> in.skip(tag);
      }
    }
    return op == null ? new EmptyOp() : op;
  }

  private Compare compare(int end) {
    int result = 0;
    int target = 0;
    Bytes key = Bytes.EMPTY;
    Bytes rangeEnd = Bytes.EMPTY;
    int union = 0;
    long number = 0;
    Bytes value = Bytes.EMPTY;
    for (int tag = in.tag(end); tag != 0; tag = in.tag(end)) {
      switch (tag) {
        case 1 << 3 -> result = (int) in.varint();
        case 2 << 3 -> target = (int) in.varint();
        case 3 << 3 | WireReader.LENGTH -> key = in.bytes();
        case 4 << 3, 5 << 3, 6 << 3, 8 << 3 -> {
          union = tag >>> 3;
          number = in.varint();
        }
        case 7 << 3 | WireReader.LENGTH -> {
          union = 7;
          value = in.bytes();
        }
        case 64 << 3 | WireReader.LENGTH -> rangeEnd = in.bytes();
        default -> in.skip(tag);
      }
    }
    return compare(key, rangeEnd, target, result, union, number, value);
  }

  /**
   * A condition from its parts. A constant that isn't the target's counts as 0, or as no bytes.
   *
   * @param union the field of the constant that was given; 0 for none
   */
  static Compare compare(
      Bytes key, Bytes rangeEnd, int target, int result, int union, long number, Bytes value) {
    Compare.Target of = compareTarget(target);
    int wanted =
        switch (of) {
          case VERSION -> 4;
          case CREATE -> 5;
          case MOD -> 6;
          case VALUE -> 7;
          case LEASE -> 8;
          case UNRECOGNIZED -> -1;
        };
    boolean given = union == wanted;
    return new Compare(
        key,
        rangeEnd,
        of,
        result(result),
        given && wanted != 7 ? number : 0,
        given && wanted == 7 ? value : Bytes.EMPTY);
  }
}
