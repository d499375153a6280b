package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.StatusException;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Shows that requests read directly are those that the generated classes read. */
class RequestReaderTest {
  private static final long SEED = Long.getLong("seed", 20_261_123);
  private static final String RERUN =
      "mvn -pl server/etcd -am test -Dtest=RequestReaderTest -Dseed=" + SEED;

  /** Every field of every request, in all sizes of numbers, comes out the same both ways. */
  @Test
  void well_formed_requests_read_as_by_the_generated_classes() throws Exception {
    RandomMessages messages = new RandomMessages(SEED);
    for (int i = 0; i < 5_000; i++) {
      Bytes put = Bytes.wrap(messages.put().toByteArray());
      assertThat(RequestReader.put(put)).as(RERUN).isEqualTo(GeneratedRequests.put(put));
      Bytes range = Bytes.wrap(messages.range().toByteArray());
      assertThat(RequestReader.range(range)).as(RERUN).isEqualTo(GeneratedRequests.range(range));
      Bytes delete = Bytes.wrap(messages.deleteRange().toByteArray());
      assertThat(RequestReader.deleteRange(delete))
          .as(RERUN)
          .isEqualTo(GeneratedRequests.deleteRange(delete));
      Bytes txn = Bytes.wrap(messages.txn(4).toByteArray());
      assertThat(RequestReader.txn(txn)).as(RERUN).isEqualTo(GeneratedRequests.txn(txn));
    }
  }

  /** A message with bytes changed, cut off or added is read, or refused, alike both ways. */
  @Test
  void damaged_requests_read_as_by_the_generated_classes() {
    RandomMessages messages = new RandomMessages(SEED);
    for (int i = 0; i < 20_000; i++) {
      byte[] original =
          switch (i % 3) {
            case 0 -> messages.put().toByteArray();
            case 1 -> messages.range().toByteArray();
            default -> messages.txn(3).toByteArray();
          };
      Bytes damaged = damage(original, messages);
      switch (i % 3) {
        case 0 ->
            alike(() -> RequestReader.put(damaged), () -> GeneratedRequests.put(damaged), damaged);
        case 1 ->
            alike(
                () -> RequestReader.range(damaged),
                () -> GeneratedRequests.range(damaged),
                damaged);
        default ->
            alike(() -> RequestReader.txn(damaged), () -> GeneratedRequests.txn(damaged), damaged);
      }
    }
  }

  /** Keys and values are slices of the message, wherever in an array it lies. */
  @Test
  void a_message_inside_a_larger_array_is_read_where_it_lies() {
    byte[] message =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("key"))
            .setValue(ByteString.copyFromUtf8("value"))
            .build()
            .toByteArray();
    byte[] frame = new byte[message.length + 20];
    Arrays.fill(frame, (byte) 0x7f);
    System.arraycopy(message, 0, frame, 9, message.length);
    io.quorate.kv.PutRequest put = RequestReader.put(Bytes.wrap(frame, 9, message.length));
    assertThat(put.key()).isEqualTo(Bytes.utf8("key"));
    assertThat(put.value()).isEqualTo(Bytes.utf8("value"));
    assertThat(put.key().array()).isSameAs(frame);
  }

  /** Fields of a later version of the API are passed over. */
  @Test
  void unknown_fields_are_ignored() {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(
                99,
                UnknownFieldSet.Field.newBuilder()
                    .addVarint(7)
                    .addFixed32(1)
                    .addFixed64(2)
                    .addLengthDelimited(ByteString.copyFromUtf8("x"))
                    .build())
            .build();
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setUnknownFields(later)
            .build();
    assertThat(RequestReader.put(Bytes.wrap(put.toByteArray())))
        .isEqualTo(io.quorate.kv.PutRequest.of(Bytes.utf8("k"), Bytes.EMPTY));
  }

  /** A union whose member is written in two pieces is merged, as protobuf wants it. */
  @Test
  void a_union_written_twice_is_merged() throws Exception {
    byte[] key =
        RequestOp.newBuilder()
            .setRequestPut(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
            .build()
            .toByteArray();
    byte[] value =
        RequestOp.newBuilder()
            .setRequestPut(PutRequest.newBuilder().setValue(ByteString.copyFromUtf8("v")))
            .build()
            .toByteArray();
    Bytes txn = Bytes.wrap(nest(concat(key, value), 2));
    assertThat(RequestReader.txn(txn).request().success())
        .containsExactly(io.quorate.kv.PutRequest.of(Bytes.utf8("k"), Bytes.utf8("v")));
  }

  /** A transaction may read what this member has only if it reads, and says so of every range. */
  @Test
  void a_transaction_is_serializable_if_all_its_ranges_are() {
    RequestOp local =
        RequestOp.newBuilder()
            .setRequestRange(RangeRequest.newBuilder().setSerializable(true))
            .build();
    RequestOp agreed =
        RequestOp.newBuilder().setRequestRange(RangeRequest.getDefaultInstance()).build();
    assertThat(serializable(TxnRequest.getDefaultInstance())).isFalse();
    assertThat(serializable(TxnRequest.newBuilder().addSuccess(local).build())).isTrue();
    assertThat(serializable(TxnRequest.newBuilder().addSuccess(local).addFailure(agreed).build()))
        .isFalse();
  }

  /** Nesting beyond every limit ends with the API's error, not with the stack. */
  @Test
  void transactions_nested_too_deep_are_refused() throws IOException {
    byte[] txn = new byte[0];
    for (int i = 0; i < Limits.TXN_DEPTH_MAX + 10; i++) {
      txn = nest(nest(txn, 4), 2);
    }
    Bytes deep = Bytes.wrap(txn);
    assertThatThrownBy(() -> RequestReader.txn(deep))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("etcdserver: too many operations in txn request");
  }

  /** What can't be read is the client's fault, and told as grpc-go tells it. */
  @Test
  void a_malformed_request_ends_the_call() {
    assertThatThrownBy(() -> RequestReader.put(Bytes.wrap(new byte[] {0x0a, 0x7f})))
        .isInstanceOf(StatusException.class)
        .hasMessageStartingWith("INTERNAL: grpc: error unmarshalling request: ");
  }

  private static boolean serializable(TxnRequest txn) {
    return RequestReader.txn(Bytes.wrap(txn.toByteArray())).serializable();
  }

  private static byte[] nest(byte[] content, int field) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeByteArray(field, content);
    coded.flush();
    return out.toByteArray();
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static Bytes damage(byte[] original, RandomMessages messages) {
    byte[] damaged = original;
    switch (messages.below(3)) {
      case 0 -> damaged = Arrays.copyOf(damaged, messages.below(damaged.length + 1));
      case 1 -> damaged = concat(damaged, messages.bytes(12));
      default -> {}
    }
    for (int i = messages.below(4); i > 0 && damaged.length > 0; i--) {
      damaged[messages.below(damaged.length)] = (byte) messages.number();
    }
    return Bytes.wrap(damaged);
  }

  private interface Reading {
    Object read() throws InvalidProtocolBufferException;
  }

  /** Both read the same, or both refuse. */
  private static void alike(Callable<?> direct, Reading generated, Bytes message) {
    Object expected;
    try {
      expected = generated.read();
    } catch (InvalidProtocolBufferException | StatusException e) {
      expected = null;
    }
    Object actual;
    try {
      actual = direct.call();
    } catch (StatusException e) {
      actual = null;
    } catch (Exception e) {
      throw new AssertionError(RERUN + " message=" + message, e);
    }
    assertThat(actual).as("%s message=%s", RERUN, message).isEqualTo(expected);
  }
}
