package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.MessageWriter;
import io.quorate.kv.AlarmResponse;
import io.quorate.kv.AuthChangeResponse;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.CompactResponse;
import io.quorate.kv.ComputedResponse;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvResponse;
import io.quorate.kv.LeaseChangeResponse;
import io.quorate.kv.LeaseGrantResponse;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnResponse;
import java.util.List;

/**
 * Writes the answers of the KV service in the API's wire format, header included, straight into the
 * outgoing buffer.
 *
 * <p>One is used for one answer after the other: {@link #of} takes the next. Not shared between
 * threads.
 */
final class ResponseWriter implements MessageWriter {
  private static final int HEADER = 1;

  /** The cluster's and the member's id as header fields: the same in every answer. */
  private final byte[] identity;

  private KvResponse response = new CompactResponse(0);
  private long term;

  ResponseWriter(long clusterId, long memberId) {
    identity = new byte[Wire.numberSize(clusterId) + Wire.numberSize(memberId)];
    Wire.putNumber(identity, Wire.putNumber(identity, 0, 1, clusterId), 2, memberId);
  }

  /** Takes the next answer to write. */
  ResponseWriter of(KvResponse next, long raftTerm) {
    response = next;
    term = raftTerm;
    return this;
  }

  @Override
  public int size() {
    return Wire.messageSize(headerSize()) + bodySize(response);
  }

  @Override
  public void writeTo(byte[] target, int offset) {
    int at = Wire.putLength(target, offset, HEADER, headerSize());
    System.arraycopy(identity, 0, target, at, identity.length);
    at += identity.length;
    at = Wire.putNumber(target, at, 3, response.revision());
    at = Wire.putNumber(target, at, 4, term);
    putBody(target, at, response);
  }

  /** The answer as a message of its own. */
  Bytes toBytes() {
    byte[] message = new byte[size()];
    writeTo(message, 0);
    return Bytes.wrap(message);
  }

  /**
   * A part of a range that is streamed, as a message of its own.
   *
   * @param last whether it is the one with the header
   */
  Bytes ofPart(RangeResponse part, long raftTerm, boolean last) {
    int size = last ? of(part, raftTerm).size() : bodySize(part);
    byte[] message = new byte[Wire.messageSize(size)];
    int at = Wire.putLength(message, 0, 1, size);
    if (last) {
      writeTo(message, at);
    } else {
      putBody(message, at, part);
    }
    return Bytes.wrap(message);
  }

  private int headerSize() {
    return identity.length + Wire.numberSize(response.revision()) + Wire.numberSize(term);
  }

  /** An answer inside a transaction's: its header holds the revision only. */
  private static int innerSize(KvResponse inner) {
    return Wire.messageSize(Wire.numberSize(inner.revision())) + bodySize(inner);
  }

  private static int putInner(byte[] target, int at, KvResponse inner) {
    int next = Wire.putLength(target, at, HEADER, Wire.numberSize(inner.revision()));
    next = Wire.putNumber(target, next, 3, inner.revision());
    return putBody(target, next, inner);
  }

  private static int bodySize(KvResponse response) {
    return switch (response) {
      case RangeResponse range ->
          kvsSize(range.kvs()) + (range.more() ? 2 : 0) + Wire.numberSize(range.count());
      case PutResponse put -> {
        KeyValue previous = put.prevKv();
        yield previous == null ? 0 : Wire.messageSize(kvSize(previous));
      }
      case DeleteRangeResponse delete ->
          Wire.numberSize(delete.deleted()) + kvsSize(delete.prevKvs());
      case TxnResponse txn -> {
        int size = txn.succeeded() ? 2 : 0;
        List<KvResponse> responses = txn.responses();
        for (int i = 0; i < responses.size(); i++) {
          size += Wire.messageSize(Wire.messageSize(innerSize(responses.get(i))));
        }
        yield size;
      }
      case CompactResponse _, LeaseChangeResponse _, AuthChangeResponse _, AuthenticateResponse _ ->
          0;
      case AlarmResponse _, ComputedResponse _ -> throw notHere(response);
      case LeaseGrantResponse grant ->
          Wire.numberSize(grant.lease().id()) + Wire.numberSize(grant.lease().ttlSeconds());
    };
  }

  private static int putBody(byte[] target, int at, KvResponse response) {
    return switch (response) {
      case RangeResponse range -> {
        int next = putKvs(target, at, 2, range.kvs());
        next = Wire.putNumber(target, next, 3, range.more() ? 1 : 0);
        yield Wire.putNumber(target, next, 4, range.count());
      }
      case PutResponse put -> {
        KeyValue previous = put.prevKv();
        yield previous == null ? at : putKv(target, at, 2, previous);
      }
      case DeleteRangeResponse delete ->
          putKvs(target, Wire.putNumber(target, at, 2, delete.deleted()), 3, delete.prevKvs());
      case TxnResponse txn -> {
        int next = Wire.putNumber(target, at, 2, txn.succeeded() ? 1 : 0);
        List<KvResponse> responses = txn.responses();
        for (int i = 0; i < responses.size(); i++) {
          KvResponse inner = responses.get(i);
          int size = innerSize(inner);
          next = Wire.putLength(target, next, 3, Wire.messageSize(size));
          next = Wire.putLength(target, next, unionField(inner), size);
          next = putInner(target, next, inner);
        }
        yield next;
      }
      case CompactResponse _, LeaseChangeResponse _, AuthChangeResponse _, AuthenticateResponse _ ->
          at;
      case AlarmResponse _, ComputedResponse _ -> throw notHere(response);
      case LeaseGrantResponse grant ->
          Wire.putNumber(
              target,
              Wire.putNumber(target, at, 2, grant.lease().id()),
              3,
              grant.lease().ttlSeconds());
    };
  }

  /** The field of {@code ResponseOp} that holds this kind of answer. */
  private static int unionField(KvResponse inner) {
    return switch (inner) {
      case RangeResponse _ -> 1;
      case PutResponse _ -> 2;
      case DeleteRangeResponse _ -> 3;
      case TxnResponse _ -> 4;
      case CompactResponse _,
          ComputedResponse _,
          LeaseGrantResponse _,
          LeaseChangeResponse _,
          AlarmResponse _,
          AuthChangeResponse _,
          AuthenticateResponse _ ->
          throw new IllegalArgumentException("a transaction holds no such answer: " + inner);
    };
  }

  private static IllegalArgumentException notHere(KvResponse response) {
    return new IllegalArgumentException("answered by messages of their own: " + response);
  }

  private static int kvsSize(List<KeyValue> kvs) {
    int size = 0;
    for (int i = 0; i < kvs.size(); i++) {
      size += Wire.messageSize(kvSize(kvs.get(i)));
    }
    return size;
  }

  private static int putKvs(byte[] target, int at, int field, List<KeyValue> kvs) {
    int next = at;
    for (int i = 0; i < kvs.size(); i++) {
      next = putKv(target, next, field, kvs.get(i));
    }
    return next;
  }

  /** Size of a key with its value, as the content of a field. */
  static int kvSize(KeyValue kv) {
    return Wire.bytesSize(kv.key())
        + Wire.numberSize(kv.createRevision())
        + Wire.numberSize(kv.modRevision())
        + Wire.numberSize(kv.version())
        + Wire.bytesSize(kv.value())
        + Wire.numberSize(kv.lease());
  }

  /** Writes a key with its value as a field. */
  static int putKv(byte[] target, int at, int field, KeyValue kv) {
    int next = Wire.putLength(target, at, field, kvSize(kv));
    next = Wire.putBytes(target, next, 1, kv.key());
    next = Wire.putNumber(target, next, 2, kv.createRevision());
    next = Wire.putNumber(target, next, 3, kv.modRevision());
    next = Wire.putNumber(target, next, 4, kv.version());
    next = Wire.putBytes(target, next, 5, kv.value());
    return Wire.putNumber(target, next, 6, kv.lease());
  }
}
