package io.quorate.conformance;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.Compare.CompareResult;
import io.quorate.protocol.etcdserverpb.Compare.CompareTarget;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;

/** The requests of the keyspace, begun; a case adds what it is about. */
final class Requests {
  /** As range_end: everything from the key on. */
  static final ByteString FROM_KEY = ByteString.copyFrom(new byte[1]);

  private Requests() {}

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /** The first key that doesn't begin so; the last byte must be below 255. */
  static ByteString prefixEnd(ByteString prefix) {
    byte[] end = prefix.toByteArray();
    end[end.length - 1]++;
    return ByteString.copyFrom(end);
  }

  static PutRequest.Builder put(ByteString key, String value) {
    return PutRequest.newBuilder().setKey(key).setValue(bytes(value));
  }

  static RangeRequest.Builder get(ByteString key) {
    return RangeRequest.newBuilder().setKey(key);
  }

  static RangeRequest.Builder range(ByteString from, ByteString to) {
    return get(from).setRangeEnd(to);
  }

  static DeleteRangeRequest.Builder delete(ByteString key) {
    return DeleteRangeRequest.newBuilder().setKey(key);
  }

  static DeleteRangeRequest.Builder delete(ByteString from, ByteString to) {
    return delete(from).setRangeEnd(to);
  }

  static RequestOp op(PutRequest.Builder put) {
    return RequestOp.newBuilder().setRequestPut(put).build();
  }

  static RequestOp op(RangeRequest.Builder range) {
    return RequestOp.newBuilder().setRequestRange(range).build();
  }

  static RequestOp op(DeleteRangeRequest.Builder delete) {
    return RequestOp.newBuilder().setRequestDeleteRange(delete).build();
  }

  static RequestOp op(TxnRequest.Builder txn) {
    return RequestOp.newBuilder().setRequestTxn(txn).build();
  }

  static TxnRequest.Builder txn(RequestOp... success) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (RequestOp op : success) {
      txn.addSuccess(op);
    }
    return txn;
  }

  static TxnRequest.Builder txn(Compare.Builder compare, RequestOp... success) {
    return txn(success).addCompare(compare);
  }

  private static Compare.Builder compare(
      ByteString key, CompareTarget target, CompareResult result) {
    return Compare.newBuilder().setKey(key).setTarget(target).setResult(result);
  }

  static Compare.Builder version(ByteString key, CompareResult result, long version) {
    return compare(key, CompareTarget.VERSION, result).setVersion(version);
  }

  static Compare.Builder createRevision(ByteString key, CompareResult result, long revision) {
    return compare(key, CompareTarget.CREATE, result).setCreateRevision(revision);
  }

  static Compare.Builder modRevision(ByteString key, CompareResult result, long revision) {
    return compare(key, CompareTarget.MOD, result).setModRevision(revision);
  }

  static Compare.Builder lease(ByteString key, CompareResult result, long lease) {
    return compare(key, CompareTarget.LEASE, result).setLease(lease);
  }

  static Compare.Builder value(ByteString key, CompareResult result, ByteString value) {
    return compare(key, CompareTarget.VALUE, result).setValue(value);
  }
}
