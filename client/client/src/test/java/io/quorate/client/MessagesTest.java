package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Shows that our messages are etcd's: what we encode is read by the generated classes, and what
 * they encode is read by us, for messages made at random. Repeat with {@code mvn -pl client/client
 * -am test -Dtest=MessagesTest -Dseed=N}.
 */
@SuppressWarnings("EnumOrdinal") // Any value will do.
class MessagesTest {
  private static final long SEED = Long.getLong("seed", 20_261_123L);
  private static final int ROUNDS = 2_000;

  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void requests_are_read_by_the_generated_classes_as_they_were_meant() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      Put put = put();
      assertThat(meaning(PutRequest.parseFrom(array(Encode.put(put))))).isEqualTo(put);
      Range range = range();
      assertThat(meaning(RangeRequest.parseFrom(array(Encode.range(range))))).isEqualTo(range);
      Delete delete = delete();
      assertThat(meaning(DeleteRangeRequest.parseFrom(array(Encode.delete(delete)))))
          .isEqualTo(delete);
      Txn txn = txn(0);
      assertThat(meaning(TxnRequest.parseFrom(array(Encode.txn(txn))))).isEqualTo(txn);
      long revision = number();
      boolean physical = random.nextBoolean();
      assertThat(CompactionRequest.parseFrom(array(Encode.compact(revision, physical))))
          .isEqualTo(
              CompactionRequest.newBuilder().setRevision(revision).setPhysical(physical).build());
    }
    assertThat(MemberListRequest.parseFrom(array(Encode.memberList(true))).getLinearizable())
        .isTrue();
  }

  @Test
  void responses_of_the_generated_classes_are_read_field_by_field() {
    for (int i = 0; i < ROUNDS; i++) {
      var range = filled(io.quorate.protocol.etcdserverpb.RangeResponse.getDefaultInstance(), 0);
      assertThat(Decode.rangeResponse(Bytes.wrap(range.toByteArray()))).isEqualTo(ours(range));
      var put = filled(io.quorate.protocol.etcdserverpb.PutResponse.getDefaultInstance(), 0);
      assertThat(Decode.putResponse(Bytes.wrap(put.toByteArray()))).isEqualTo(ours(put));
      var delete =
          filled(io.quorate.protocol.etcdserverpb.DeleteRangeResponse.getDefaultInstance(), 0);
      assertThat(Decode.deleteResponse(Bytes.wrap(delete.toByteArray()))).isEqualTo(ours(delete));
      var txn = filled(io.quorate.protocol.etcdserverpb.TxnResponse.getDefaultInstance(), 0);
      assertThat(Decode.txnResponse(Bytes.wrap(txn.toByteArray()))).isEqualTo(ours(txn));
      var status = filled(io.quorate.protocol.etcdserverpb.StatusResponse.getDefaultInstance(), 0);
      StatusResponse read = Decode.statusResponse(Bytes.wrap(status.toByteArray()));
      assertThat(read.header()).isEqualTo(ours(status.getHeader()));
      assertThat(read.version()).isEqualTo(status.getVersion());
      assertThat(read.dbSize()).isEqualTo(status.getDbSize());
      assertThat(read.leader()).isEqualTo(status.getLeader());
      assertThat(read.raftIndex()).isEqualTo(status.getRaftIndex());
      assertThat(read.raftTerm()).isEqualTo(status.getRaftTerm());
      assertThat(read.raftAppliedIndex()).isEqualTo(status.getRaftAppliedIndex());
      assertThat(read.errors()).isEqualTo(List.copyOf(status.getErrorsList()));
      assertThat(read.dbSizeInUse()).isEqualTo(status.getDbSizeInUse());
      assertThat(read.learner()).isEqualTo(status.getIsLearner());
      var members =
          filled(io.quorate.protocol.etcdserverpb.MemberListResponse.getDefaultInstance(), 0);
      MemberListResponse list = Decode.memberListResponse(Bytes.wrap(members.toByteArray()));
      assertThat(list.members())
          .isEqualTo(
              members.getMembersList().stream()
                  .map(m ->
                      new Member(
                          m.getID(),
                          m.getName(),
                          List.copyOf(m.getPeerURLsList()),
                          List.copyOf(m.getClientURLsList()),
                          m.getIsLearner()))
                  .toList());
    }
  }

  @Test
  void bytes_that_are_no_message_are_refused_and_nothing_else() {
    for (int i = 0; i < 50_000; i++) {
      byte[] noise = new byte[random.nextInt(40)];
      random.nextBytes(noise);
      if (random.nextBoolean() && noise.length > 2) {
        noise[0] = (byte) (8 * (1 + random.nextInt(4)) + 2); // a field that is looked at
        noise[1] = (byte) random.nextInt(noise.length);
      }
      try {
        Object unused = Decode.txnResponse(Bytes.wrap(noise));
      } catch (MalformedMessage e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  @Test
  void a_length_beyond_its_message_is_refused_before_anything_is_allocated() {
    ProtoReader in =
        new ProtoReader(Bytes.wrap(new byte[] {10, -1, -1, -1, -1, 7})); // 2 GiB in five bytes
    assertThatThrownBy(in::next).isInstanceOf(MalformedMessage.class);
  }

  // What the generated classes understood, in our types.

  private static Put meaning(PutRequest put) {
    return new Put(
        bytes(put.getKey()),
        bytes(put.getValue()),
        put.getLease(),
        put.getPrevKv(),
        put.getIgnoreValue(),
        put.getIgnoreLease());
  }

  private static Range meaning(RangeRequest range) {
    return new Range(
        bytes(range.getKey()),
        bytes(range.getRangeEnd()),
        range.getLimit(),
        range.getRevision(),
        Range.Order.valueOf(range.getSortOrder().name()),
        Range.Target.valueOf(range.getSortTarget().name()),
        range.getSerializable(),
        range.getKeysOnly(),
        range.getCountOnly(),
        range.getMinModRevision(),
        range.getMaxModRevision(),
        range.getMinCreateRevision(),
        range.getMaxCreateRevision(),
        range.getUncounted());
  }

  private static Delete meaning(DeleteRangeRequest delete) {
    return new Delete(bytes(delete.getKey()), bytes(delete.getRangeEnd()), delete.getPrevKv());
  }

  private static Txn meaning(TxnRequest txn) {
    List<Compare> compares = new ArrayList<>();
    for (var compare : txn.getCompareList()) {
      long number =
          switch (compare.getTargetUnionCase()) {
            case VERSION -> compare.getVersion();
            case CREATE_REVISION -> compare.getCreateRevision();
            case MOD_REVISION -> compare.getModRevision();
            case LEASE -> compare.getLease();
            case VALUE -> 0;
            case TARGETUNION_NOT_SET -> throw new AssertionError("a comparison with nothing");
          };
      compares.add(
          new Compare(
              Compare.Target.valueOf(compare.getTarget().name()),
              Compare.Result.valueOf(compare.getResult().name()),
              bytes(compare.getKey()),
              bytes(compare.getRangeEnd()),
              number,
              bytes(compare.getValue())));
    }
    return new Txn(compares, meaning(txn.getSuccessList()), meaning(txn.getFailureList()));
  }

  private static List<Op> meaning(List<io.quorate.protocol.etcdserverpb.RequestOp> ops) {
    List<Op> ours = new ArrayList<>();
    for (var op : ops) {
      ours.add(
          switch (op.getRequestCase()) {
            case REQUEST_PUT -> meaning(op.getRequestPut());
            case REQUEST_RANGE -> meaning(op.getRequestRange());
            case REQUEST_DELETE_RANGE -> meaning(op.getRequestDeleteRange());
            case REQUEST_TXN -> meaning(op.getRequestTxn());
            case REQUEST_NOT_SET -> throw new AssertionError("an operation with nothing");
          });
    }
    return ours;
  }

  // What we should understand of theirs.

  private static Header ours(io.quorate.protocol.etcdserverpb.ResponseHeader header) {
    return new Header(
        header.getClusterId(), header.getMemberId(), header.getRevision(), header.getRaftTerm());
  }

  private static KeyValue ours(io.quorate.protocol.mvccpb.KeyValue kv) {
    return new KeyValue(
        bytes(kv.getKey()),
        bytes(kv.getValue()),
        kv.getCreateRevision(),
        kv.getModRevision(),
        kv.getVersion(),
        kv.getLease());
  }

  private static RangeResponse ours(io.quorate.protocol.etcdserverpb.RangeResponse range) {
    return new RangeResponse(
        ours(range.getHeader()),
        range.getKvsList().stream().map(MessagesTest::ours).toList(),
        range.getMore(),
        range.getCount());
  }

  private static PutResponse ours(io.quorate.protocol.etcdserverpb.PutResponse put) {
    return new PutResponse(ours(put.getHeader()), put.hasPrevKv() ? ours(put.getPrevKv()) : null);
  }

  private static DeleteResponse ours(io.quorate.protocol.etcdserverpb.DeleteRangeResponse delete) {
    return new DeleteResponse(
        ours(delete.getHeader()),
        delete.getDeleted(),
        delete.getPrevKvsList().stream().map(MessagesTest::ours).toList());
  }

  private static TxnResponse ours(io.quorate.protocol.etcdserverpb.TxnResponse txn) {
    List<OpResponse> responses = new ArrayList<>();
    for (var op : txn.getResponsesList()) {
      responses.add(
          switch (op.getResponseCase()) {
            case RESPONSE_PUT -> ours(op.getResponsePut());
            case RESPONSE_RANGE -> ours(op.getResponseRange());
            case RESPONSE_DELETE_RANGE -> ours(op.getResponseDeleteRange());
            case RESPONSE_TXN -> ours(op.getResponseTxn());
            case RESPONSE_NOT_SET -> throw new AssertionError("a response with nothing");
          });
    }
    return new TxnResponse(ours(txn.getHeader()), txn.getSucceeded(), responses);
  }

  // Chance.

  /** A message with each field set or not, and lists of none to three. */
  @SuppressWarnings("unchecked")
  private <T extends Message> T filled(T type, int depth) {
    Message.Builder builder = type.newBuilderForType();
    boolean oneof = builder.getDescriptorForType().getName().equals("ResponseOp");
    List<FieldDescriptor> fields = builder.getDescriptorForType().getFields();
    if (oneof) {
      int kinds = depth > 3 ? 3 : 4; // the last is a transaction
      fields = List.of(fields.get(random.nextInt(kinds)));
    }
    for (FieldDescriptor field : fields) {
      if (field.isRepeated()) {
        for (int i = random.nextInt(4); i > 0; i--) {
          builder.addRepeatedField(field, value(builder, field, depth));
        }
      } else if (oneof || random.nextInt(4) > 0) {
        builder.setField(field, value(builder, field, depth));
      }
    }
    return (T) builder.build();
  }

  private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case MESSAGE ->
          filled(builder.newBuilderForField(field).getDefaultInstanceForType(), depth + 1);
      case LONG -> number();
      case INT -> (int) number();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> "text ü " + random.nextInt(100);
      case BYTE_STRING -> ByteString.copyFrom(bytes().toArray());
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case FLOAT, DOUBLE -> throw new AssertionError("etcd has none");
    };
  }

  private Put put() {
    return new Put(
        bytes(),
        bytes(),
        number(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
  }

  private Range range() {
    return new Range(
        bytes(),
        bytes(),
        number() & Long.MAX_VALUE,
        number(),
        Range.Order.values()[random.nextInt(3)],
        Range.Target.values()[random.nextInt(5)],
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        number(),
        number(),
        number(),
        number(),
        random.nextBoolean());
  }

  private Delete delete() {
    return new Delete(bytes(), bytes(), random.nextBoolean());
  }

  private Txn txn(int depth) {
    List<Compare> compares = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Compare.Target target = Compare.Target.values()[random.nextInt(5)];
      boolean ofValue = target == Compare.Target.VALUE;
      compares.add(
          new Compare(
              target,
              Compare.Result.values()[random.nextInt(4)],
              bytes(),
              bytes(),
              ofValue ? 0 : number(),
              ofValue ? bytes() : Bytes.EMPTY));
    }
    return new Txn(compares, ops(depth), ops(depth));
  }

  private List<Op> ops(int depth) {
    List<Op> ops = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      ops.add(
          switch (random.nextInt(depth > 3 ? 3 : 4)) {
            case 0 -> put();
            case 1 -> range();
            case 2 -> delete();
            default -> txn(depth + 1);
          });
    }
    return ops;
  }

  /** Often 0, often small, sometimes any. */
  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextLong();
      default -> random.nextInt(1_000);
    };
  }

  private Bytes bytes() {
    byte[] bytes = new byte[random.nextInt(6) == 0 ? random.nextInt(400) : random.nextInt(8)];
    random.nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  private static Bytes bytes(ByteString string) {
    return Bytes.wrap(string.toByteArray());
  }

  private static byte[] array(Bytes bytes) {
    return bytes.toArray();
  }
}
