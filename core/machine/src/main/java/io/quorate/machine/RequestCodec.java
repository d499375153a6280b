package io.quorate.machine;

import static io.quorate.machine.CommandWriter.bytesLength;
import static io.quorate.machine.CommandWriter.signedLength;
import static io.quorate.machine.CommandWriter.varintLength;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.kv.AlarmRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.ComputedRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.LeaseRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.kv.TxnRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The request part of a command, version 1. Each kind has a length, a writer and a reader side by
 * side; they change together or not at all, and golden bytes in the tests hold them fast.
 */
final class RequestCodec {
  private static final int RANGE = 1;
  private static final int PUT = 2;
  private static final int DELETE_RANGE = 3;
  private static final int TXN = 4;
  private static final int COMPACT = 5;

  private static final int HEAD_BYTES = 2;

  private static final int PUT_LEASED = 1;
  private static final int PUT_PREV_KV = 2;
  private static final int PUT_IGNORE_VALUE = 4;
  private static final int PUT_IGNORE_LEASE = 8;

  private static final int DELETE_PREV_KV = 1;

  private static final int RANGE_KEYS_ONLY = 1;
  private static final int RANGE_COUNT_ONLY = 2;
  private static final int RANGE_FILTERED = 4;
  private static final int RANGE_SORTED = 8;

  private static final int COMPACT_PHYSICAL = 1;

  private RequestCodec() {}

  /** Bytes that {@link #write} takes. */
  static int length(KvRequest request) {
    return switch (request) {
      case KvOp op -> length(op, 0);
      case ComputedRequest computed -> HEAD_BYTES + StreamsCodec.length(computed);
      case CompactRequest compact -> HEAD_BYTES + signedLength(compact.revision());
      case LeaseRequest lease -> HEAD_BYTES + LeaseCodec.length(lease);
      case AuthRequest auth -> HEAD_BYTES + AuthCodec.length(auth);
      case AlarmRequest _ -> HEAD_BYTES + AlarmCodec.LENGTH;
    };
  }

  static void write(KvRequest request, CommandWriter out) {
    switch (request) {
      case KvOp op -> write(op, out);
      case CompactRequest compact -> {
        out.putByte(COMPACT);
        out.putByte(compact.physical() ? COMPACT_PHYSICAL : 0);
        out.putSigned(compact.revision());
      }
      case ComputedRequest computed -> {
        out.putByte(StreamsCodec.KIND);
        out.putByte(StreamsCodec.flags(computed));
        StreamsCodec.write(computed, out);
      }
      case LeaseRequest lease -> {
        out.putByte(LeaseCodec.kind(lease));
        out.putByte(0);
        LeaseCodec.write(lease, out);
      }
      case AuthRequest auth -> {
        out.putByte(AuthCodec.kind(auth));
        out.putByte(0);
        AuthCodec.write(auth, out);
      }
      case AlarmRequest alarm -> {
        out.putByte(AlarmCodec.kind(alarm));
        out.putByte(AlarmCodec.flags(alarm));
        AlarmCodec.write(alarm, out);
      }
    }
  }

  static KvRequest read(CommandReader in) {
    int kind = in.getByte();
    int flags = in.getByte();
    if (kind == COMPACT) {
      onlyFlags(flags, COMPACT_PHYSICAL, in);
      return new CompactRequest(in.getSigned(), flags != 0);
    }
    if (kind == StreamsCodec.KIND) {
      onlyFlags(flags, StreamsCodec.BESIDE, in);
      return StreamsCodec.read(flags != 0, in);
    }
    if (LeaseCodec.isKind(kind)) {
      onlyFlags(flags, 0, in);
      return LeaseCodec.read(kind, in);
    }
    if (AuthCodec.isKind(kind)) {
      onlyFlags(flags, 0, in);
      return AuthCodec.read(kind, in);
    }
    if (AlarmCodec.isKind(kind)) {
      onlyFlags(flags, AlarmCodec.BY_MEMBER, in);
      return AlarmCodec.read(kind, flags != 0, in);
    }
    return readOp(kind, flags, in, 0);
  }

  private static int length(KvOp op, int depth) {
    return HEAD_BYTES
        + switch (op) {
          case PutRequest put ->
              bytesLength(put.key())
                  + bytesLength(put.value())
                  + (put.lease() == 0 ? 0 : Long.BYTES);
          case DeleteRangeRequest delete ->
              bytesLength(delete.key()) + bytesLength(delete.rangeEnd());
          case RangeRequest range -> rangeLength(range);
          case TxnRequest txn -> txnLength(txn, depth + 1);
          case EmptyOp _ -> throw new IllegalArgumentException("an empty step is never proposed");
        };
  }

  private static void write(KvOp op, CommandWriter out) {
    switch (op) {
      case PutRequest put -> writePut(put, out);
      case DeleteRangeRequest delete -> {
        out.putByte(DELETE_RANGE);
        out.putByte(delete.prevKv() ? DELETE_PREV_KV : 0);
        out.putBytes(delete.key());
        out.putBytes(delete.rangeEnd());
      }
      case RangeRequest range -> writeRange(range, out);
      case TxnRequest txn -> {
        out.putByte(TXN);
        out.putByte(0);
        CompareCodec.writeAll(txn.compares(), out);
        writeOps(txn.success(), out);
        writeOps(txn.failure(), out);
      }
      case EmptyOp _ -> throw new IllegalArgumentException("an empty step is never proposed");
    }
  }

  private static KvOp readOp(int kind, int flags, CommandReader in, int depth) {
    return switch (kind) {
      case PUT -> readPut(flags, in);
      case DELETE_RANGE -> {
        onlyFlags(flags, DELETE_PREV_KV, in);
        yield new DeleteRangeRequest(in.getBytes(), in.getBytes(), flags != 0);
      }
      case RANGE -> readRange(flags, in);
      case TXN -> {
        onlyFlags(flags, 0, in);
        if (depth == Limits.TXN_DEPTH_MAX) {
          throw in.damaged("transactions nest too deep");
        }
        yield new TxnRequest(
            CompareCodec.readAll(in), readOps(in, depth + 1), readOps(in, depth + 1));
      }
      default -> throw in.damaged("there is no request of kind " + kind);
    };
  }

  private static void writePut(PutRequest put, CommandWriter out) {
    out.putByte(PUT);
    out.putByte(
        (put.lease() != 0 ? PUT_LEASED : 0)
            | (put.prevKv() ? PUT_PREV_KV : 0)
            | (put.ignoreValue() ? PUT_IGNORE_VALUE : 0)
            | (put.ignoreLease() ? PUT_IGNORE_LEASE : 0));
    out.putBytes(put.key());
    out.putBytes(put.value());
    if (put.lease() != 0) {
      out.putLong(put.lease());
    }
  }

  private static PutRequest readPut(int flags, CommandReader in) {
    onlyFlags(flags, PUT_LEASED | PUT_PREV_KV | PUT_IGNORE_VALUE | PUT_IGNORE_LEASE, in);
    Bytes key = in.getBytes();
    Bytes value = in.getBytes();
    long lease = (flags & PUT_LEASED) != 0 ? in.getLong() : 0;
    return new PutRequest(
        key,
        value,
        lease,
        (flags & PUT_PREV_KV) != 0,
        (flags & PUT_IGNORE_VALUE) != 0,
        (flags & PUT_IGNORE_LEASE) != 0);
  }

  private static int rangeLength(RangeRequest range) {
    int length =
        bytesLength(range.key())
            + bytesLength(range.rangeEnd())
            + signedLength(range.limit())
            + signedLength(range.revision());
    if (sorted(range)) {
      length += 2;
    }
    if (filtered(range)) {
      length +=
          signedLength(range.minModRevision())
              + signedLength(range.maxModRevision())
              + signedLength(range.minCreateRevision())
              + signedLength(range.maxCreateRevision());
    }
    return length;
  }

  private static void writeRange(RangeRequest range, CommandWriter out) {
    boolean sorted = sorted(range);
    boolean filtered = filtered(range);
    out.putByte(RANGE);
    out.putByte(
        (range.keysOnly() ? RANGE_KEYS_ONLY : 0)
            | (range.countOnly() ? RANGE_COUNT_ONLY : 0)
            | (filtered ? RANGE_FILTERED : 0)
            | (sorted ? RANGE_SORTED : 0));
    out.putBytes(range.key());
    out.putBytes(range.rangeEnd());
    out.putSigned(range.limit());
    out.putSigned(range.revision());
    if (sorted) {
      out.putByte(code(range.sortOrder()));
      out.putByte(code(range.sortTarget()));
    }
    if (filtered) {
      out.putSigned(range.minModRevision());
      out.putSigned(range.maxModRevision());
      out.putSigned(range.minCreateRevision());
      out.putSigned(range.maxCreateRevision());
    }
  }

  private static RangeRequest readRange(int flags, CommandReader in) {
    onlyFlags(flags, RANGE_KEYS_ONLY | RANGE_COUNT_ONLY | RANGE_FILTERED | RANGE_SORTED, in);
    Bytes key = in.getBytes();
    Bytes rangeEnd = in.getBytes();
    long limit = in.getSigned();
    long revision = in.getSigned();
    boolean sorted = (flags & RANGE_SORTED) != 0;
    SortOrder order = sorted ? sortOrder(in) : SortOrder.NONE;
    SortTarget target = sorted ? sortTarget(in) : SortTarget.KEY;
    boolean filtered = (flags & RANGE_FILTERED) != 0;
    return new RangeRequest(
        key,
        rangeEnd,
        limit,
        revision,
        order,
        target,
        (flags & RANGE_KEYS_ONLY) != 0,
        (flags & RANGE_COUNT_ONLY) != 0,
        filtered ? in.getSigned() : 0,
        filtered ? in.getSigned() : 0,
        filtered ? in.getSigned() : 0,
        filtered ? in.getSigned() : 0);
  }

  private static boolean sorted(RangeRequest range) {
    return range.sortOrder() != SortOrder.NONE || range.sortTarget() != SortTarget.KEY;
  }

  private static boolean filtered(RangeRequest range) {
    return range.minModRevision() != 0
        || range.maxModRevision() != 0
        || range.minCreateRevision() != 0
        || range.maxCreateRevision() != 0;
  }

  private static int code(SortOrder order) {
    return switch (order) {
      case NONE -> 0;
      case ASCEND -> 1;
      case DESCEND -> 2;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("an unknown sort order is never proposed");
    };
  }

  private static SortOrder sortOrder(CommandReader in) {
    int code = in.getByte();
    return switch (code) {
      case 0 -> SortOrder.NONE;
      case 1 -> SortOrder.ASCEND;
      case 2 -> SortOrder.DESCEND;
      default -> throw in.damaged("there is no sort order " + code);
    };
  }

  private static int code(SortTarget target) {
    return switch (target) {
      case KEY -> 0;
      case VERSION -> 1;
      case CREATE -> 2;
      case MOD -> 3;
      case VALUE -> 4;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("an unknown sort target is never proposed");
    };
  }

  private static SortTarget sortTarget(CommandReader in) {
    int code = in.getByte();
    return switch (code) {
      case 0 -> SortTarget.KEY;
      case 1 -> SortTarget.VERSION;
      case 2 -> SortTarget.CREATE;
      case 3 -> SortTarget.MOD;
      case 4 -> SortTarget.VALUE;
      default -> throw in.damaged("there is no sort target " + code);
    };
  }

  private static int txnLength(TxnRequest txn, int depth) {
    if (depth > Limits.TXN_DEPTH_MAX) {
      throw new IllegalArgumentException("transactions nest too deep");
    }
    return CompareCodec.lengthOfAll(txn.compares())
        + opsLength(txn.success(), depth)
        + opsLength(txn.failure(), depth);
  }

  private static int opsLength(List<KvOp> ops, int depth) {
    int length = varintLength(ops.size());
    for (KvOp op : ops) {
      length += length(op, depth);
    }
    return length;
  }

  private static void writeOps(List<KvOp> ops, CommandWriter out) {
    out.putVarint(ops.size());
    for (KvOp op : ops) {
      write(op, out);
    }
  }

  private static List<KvOp> readOps(CommandReader in, int depth) {
    int count = in.getCount(HEAD_BYTES);
    List<KvOp> ops = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int kind = in.getByte();
      int flags = in.getByte();
      ops.add(readOp(kind, flags, in, depth));
    }
    return ops;
  }

  private static void onlyFlags(int flags, int known, CommandReader in) {
    if ((flags & ~known) != 0) {
      throw in.damaged("unknown flags " + flags);
    }
  }
}
