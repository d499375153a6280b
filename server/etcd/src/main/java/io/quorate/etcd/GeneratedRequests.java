package io.quorate.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.etcd.RequestReader.RangeCall;
import io.quorate.etcd.RequestReader.TxnCall;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KvOp;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The requests of the KV service by way of the generated classes: every legal message, slower. */
final class GeneratedRequests {
  private GeneratedRequests() {}

  static PutRequest put(Bytes message) throws InvalidProtocolBufferException {
    return put(io.quorate.protocol.etcdserverpb.PutRequest.parseFrom(message.asByteBuffer()));
  }

  static RangeCall range(Bytes message) throws InvalidProtocolBufferException {
    var range = io.quorate.protocol.etcdserverpb.RangeRequest.parseFrom(message.asByteBuffer());
    return new RangeCall(range(range), range.getSerializable());
  }

  static DeleteRangeRequest deleteRange(Bytes message) throws InvalidProtocolBufferException {
    return deleteRange(
        io.quorate.protocol.etcdserverpb.DeleteRangeRequest.parseFrom(message.asByteBuffer()));
  }

  static TxnCall txn(Bytes message) throws InvalidProtocolBufferException {
    CodedInputStream in =
        CodedInputStream.newInstance(message.array(), message.arrayOffset(), message.length());
    // Two messages for each level of nesting; one level more, so that it can be refused by name.
    in.setRecursionLimit(2 * Limits.TXN_DEPTH_MAX + 4);
    io.quorate.protocol.etcdserverpb.TxnRequest txn;
    try {
      txn = io.quorate.protocol.etcdserverpb.TxnRequest.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidProtocolBufferException(e);
    }
    Ranges ranges = new Ranges();
    TxnRequest request = txn(txn, 1, ranges);
    return new TxnCall(request, ranges.any && !ranges.linearizable);
  }

  static CompactRequest compact(Bytes message) throws InvalidProtocolBufferException {
    CompactionRequest compaction = CompactionRequest.parseFrom(message.asByteBuffer());
    return new CompactRequest(compaction.getRevision(), compaction.getPhysical());
  }

  private static PutRequest put(io.quorate.protocol.etcdserverpb.PutRequest put) {
    return new PutRequest(
        bytes(put.getKey()),
        bytes(put.getValue()),
        put.getLease(),
        put.getPrevKv(),
        put.getIgnoreValue(),
        put.getIgnoreLease());
  }

  private static RangeRequest range(io.quorate.protocol.etcdserverpb.RangeRequest range) {
    return new RangeRequest(
        bytes(range.getKey()),
        bytes(range.getRangeEnd()),
        range.getLimit(),
        range.getRevision(),
        RequestReader.order(range.getSortOrderValue()),
        RequestReader.sortTarget(range.getSortTargetValue()),
        range.getKeysOnly(),
        range.getCountOnly(),
        range.getMinModRevision(),
        range.getMaxModRevision(),
        range.getMinCreateRevision(),
        range.getMaxCreateRevision(),
        range.getUncounted());
  }

  private static DeleteRangeRequest deleteRange(
      io.quorate.protocol.etcdserverpb.DeleteRangeRequest delete) {
    return new DeleteRangeRequest(
        bytes(delete.getKey()), bytes(delete.getRangeEnd()), delete.getPrevKv());
  }

  private static TxnRequest txn(
      io.quorate.protocol.etcdserverpb.TxnRequest txn, int depth, Ranges ranges) {
    if (depth > Limits.TXN_DEPTH_MAX) {
      throw RequestReader.nestedTooDeep();
    }
    List<Compare> compares = new ArrayList<>(txn.getCompareCount());
    for (var compare : txn.getCompareList()) {
      compares.add(compare(compare));
    }
    return new TxnRequest(
        compares,
        ops(txn.getSuccessList(), depth, ranges),
        ops(txn.getFailureList(), depth, ranges));
  }

  private static List<KvOp> ops(List<RequestOp> ops, int depth, Ranges ranges) {
    List<KvOp> result = new ArrayList<>(ops.size());
    for (RequestOp op : ops) {
      result.add(
          switch (op.getRequestCase()) {
            case REQUEST_RANGE -> {
              ranges.any = true;
              ranges.linearizable |= !op.getRequestRange().getSerializable();
              yield range(op.getRequestRange());
            }
            case REQUEST_PUT -> put(op.getRequestPut());
            case REQUEST_DELETE_RANGE -> deleteRange(op.getRequestDeleteRange());
            case REQUEST_TXN -> txn(op.getRequestTxn(), depth + 1, ranges);
            case REQUEST_NOT_SET -> new EmptyOp();
          });
    }
    return result;
  }

  private static Compare compare(io.quorate.protocol.etcdserverpb.Compare compare) {
    int union = compare.getTargetUnionCase().getNumber();
    long number =
        switch (compare.getTargetUnionCase()) {
          case VERSION -> compare.getVersion();
          case CREATE_REVISION -> compare.getCreateRevision();
          case MOD_REVISION -> compare.getModRevision();
          case LEASE -> compare.getLease();
          case VALUE, TARGETUNION_NOT_SET -> 0;
        };
    return RequestReader.compare(
        bytes(compare.getKey()),
        bytes(compare.getRangeEnd()),
        compare.getTargetValue(),
        compare.getResultValue(),
        union,
        number,
        bytes(compare.getValue()));
  }

  private static Bytes bytes(ByteString field) {
    return Bytes.wrap(field.toByteArray());
  }

  /** What the ranges of a transaction ask for. */
  private static final class Ranges {
    private boolean any;
    private boolean linearizable;
  }
}
