package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.base.Bytes;
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
import io.quorate.protocol.etcdserverpb.CompactionResponse;
import io.quorate.protocol.etcdserverpb.LeaseRevokeResponse;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import io.quorate.protocol.etcdserverpb.ResponseOp;
import org.junit.jupiter.api.Test;

/** Shows that answers written directly are, byte for byte, those of the generated classes. */
class ResponseWriterTest {
  private static final long SEED = Long.getLong("seed", 20_261_123);
  private static final String RERUN =
      "mvn -pl server/etcd -am test -Dtest=ResponseWriterTest -Dseed=" + SEED;

  /** Header, kinds, nesting and all sizes of numbers. */
  @Test
  void answers_are_written_as_by_the_generated_classes() {
    RandomMessages messages = new RandomMessages(SEED);
    for (int i = 0; i < 5_000; i++) {
      long cluster = messages.number();
      long member = messages.number();
      long term = messages.number();
      KvResponse response = messages.response(3);
      byte[] expected = generated(response, header(cluster, member, response.revision(), term));
      Bytes actual = new ResponseWriter(cluster, member).of(response, term).toBytes();
      assertThat(actual).as("%s response=%s", RERUN, response).isEqualTo(Bytes.wrap(expected));
    }
  }

  /** One writer writes one answer after the other, also at an offset. */
  @Test
  void a_writer_is_used_again() {
    ResponseWriter writer = new ResponseWriter(1, 2);
    Bytes first = writer.of(new PutResponse(5, null), 3).toBytes();
    Bytes second = writer.of(new CompactResponse(6), 3).toBytes();
    byte[] frame = new byte[writer.size() + 5];
    writer.writeTo(frame, 5);
    assertThat(first)
        .isEqualTo(Bytes.wrap(generated(new PutResponse(5, null), header(1, 2, 5, 3))));
    assertThat(second)
        .isEqualTo(
            Bytes.wrap(
                CompactionResponse.newBuilder()
                    .setHeader(header(1, 2, 6, 3))
                    .build()
                    .toByteArray()));
    assertThat(Bytes.wrap(frame, 5, frame.length - 5)).isEqualTo(second);
  }

  private static ResponseHeader header(long cluster, long member, long revision, long term) {
    return ResponseHeader.newBuilder()
        .setClusterId(cluster)
        .setMemberId(member)
        .setRevision(revision)
        .setRaftTerm(term)
        .build();
  }

  private static byte[] generated(KvResponse response, ResponseHeader header) {
    return switch (response) {
      case RangeResponse range -> range(range, header).toByteArray();
      case PutResponse put -> put(put, header).toByteArray();
      case DeleteRangeResponse delete -> delete(delete, header).toByteArray();
      case TxnResponse txn -> txn(txn, header).toByteArray();
      case AuthChangeResponse _, AuthenticateResponse _, ComputedResponse _ ->
          throw new AssertionError("another service writes it");
      case CompactResponse _ ->
          CompactionResponse.newBuilder().setHeader(header).build().toByteArray();
      case LeaseGrantResponse grant ->
          io.quorate.protocol.etcdserverpb.LeaseGrantResponse.newBuilder()
              .setHeader(header)
              .setID(grant.lease().id())
              .setTTL(grant.lease().ttlSeconds())
              .build()
              .toByteArray();
      case AlarmResponse _ -> throw new AssertionError("not written by hand");
      case LeaseChangeResponse _ ->
          LeaseRevokeResponse.newBuilder().setHeader(header).build().toByteArray();
    };
  }

  private static io.quorate.protocol.etcdserverpb.RangeResponse range(
      RangeResponse range, ResponseHeader header) {
    var builder =
        io.quorate.protocol.etcdserverpb.RangeResponse.newBuilder()
            .setHeader(header)
            .setMore(range.more())
            .setCount(range.count());
    range.kvs().forEach(kv -> builder.addKvs(kv(kv)));
    return builder.build();
  }

  private static io.quorate.protocol.etcdserverpb.PutResponse put(
      PutResponse put, ResponseHeader header) {
    var builder = io.quorate.protocol.etcdserverpb.PutResponse.newBuilder().setHeader(header);
    KeyValue previous = put.prevKv();
    if (previous != null) {
      builder.setPrevKv(kv(previous));
    }
    return builder.build();
  }

  private static io.quorate.protocol.etcdserverpb.DeleteRangeResponse delete(
      DeleteRangeResponse delete, ResponseHeader header) {
    var builder =
        io.quorate.protocol.etcdserverpb.DeleteRangeResponse.newBuilder()
            .setHeader(header)
            .setDeleted(delete.deleted());
    delete.prevKvs().forEach(kv -> builder.addPrevKvs(kv(kv)));
    return builder.build();
  }

  private static io.quorate.protocol.etcdserverpb.TxnResponse txn(
      TxnResponse txn, ResponseHeader header) {
    var builder =
        io.quorate.protocol.etcdserverpb.TxnResponse.newBuilder()
            .setHeader(header)
            .setSucceeded(txn.succeeded());
    for (KvResponse inner : txn.responses()) {
      ResponseHeader own = ResponseHeader.newBuilder().setRevision(inner.revision()).build();
      ResponseOp.Builder op = ResponseOp.newBuilder();
      switch (inner) {
        case RangeResponse range -> op.setResponseRange(range(range, own));
        case PutResponse put -> op.setResponsePut(put(put, own));
        case DeleteRangeResponse delete -> op.setResponseDeleteRange(delete(delete, own));
        case TxnResponse nested -> op.setResponseTxn(txn(nested, own));
        case CompactResponse _,
            ComputedResponse _,
            LeaseGrantResponse _,
            LeaseChangeResponse _,
            AlarmResponse _,
            AuthChangeResponse _,
            AuthenticateResponse _ ->
            throw new AssertionError("not in a transaction");
      }
      builder.addResponses(op);
    }
    return builder.build();
  }

  private static io.quorate.protocol.mvccpb.KeyValue kv(KeyValue kv) {
    return io.quorate.protocol.mvccpb.KeyValue.newBuilder()
        .setKey(bytes(kv.key()))
        .setCreateRevision(kv.createRevision())
        .setModRevision(kv.modRevision())
        .setVersion(kv.version())
        .setValue(bytes(kv.value()))
        .setLease(kv.lease())
        .build();
  }

  private static ByteString bytes(Bytes field) {
    return ByteString.copyFrom(field.toArray());
  }
}
