package io.quorate.admin.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.protocol.etcdserverpb.AlarmMember;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.HashResponse;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.mvccpb.KeyValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows the shape of JSON that goes out, what is taken in, and that nothing else gets by. */
class JsonTest {
  private final JsonReader reader = new JsonReader(1 << 20);
  private final JsonWriter writer = new JsonWriter();

  /** Names as in the .proto file, 64 bits as text, bytes in Base64, nothing of what is zero. */
  @Test
  void an_answer_has_the_shape_that_etcd_gives_it() {
    RangeResponse answer =
        RangeResponse.newBuilder()
            .setHeader(
                ResponseHeader.newBuilder()
                    .setClusterId(-2)
                    .setMemberId(7)
                    .setRevision(3)
                    .setRaftTerm(2))
            .addKvs(
                KeyValue.newBuilder()
                    .setKey(ByteString.copyFromUtf8("a"))
                    .setCreateRevision(2)
                    .setModRevision(3)
                    .setVersion(2)
                    .setValue(ByteString.copyFrom(new byte[] {(byte) 0xfb, (byte) 0xff})))
            .setCount(1)
            .build();
    assertThat(json(answer))
        .isEqualTo(
            "{\"header\":{\"cluster_id\":\"18446744073709551614\",\"member_id\":\"7\","
                + "\"revision\":\"3\",\"raft_term\":\"2\"},\"kvs\":[{\"key\":\"YQ==\","
                + "\"create_revision\":\"2\",\"mod_revision\":\"3\",\"version\":\"2\","
                + "\"value\":\"+/8=\"}],\"count\":\"1\"}");
  }

  @Test
  void negative_numbers_enums_and_empty_messages_are_told() {
    assertThat(json(LeaseTimeToLiveResponse.newBuilder().setID(5).setTTL(-1).build()))
        .isEqualTo("{\"ID\":\"5\",\"TTL\":\"-1\"}");
    assertThat(json(HashResponse.newBuilder().setHash(-1).build()))
        .isEqualTo("{\"hash\":4294967295}");
    assertThat(
            json(
                AlarmResponse.newBuilder()
                    .setHeader(ResponseHeader.getDefaultInstance())
                    .addAlarms(AlarmMember.newBuilder().setAlarm(AlarmType.NOSPACE))
                    .addAlarms(AlarmMember.newBuilder().setAlarmValue(99))
                    .build()))
        .isEqualTo("{\"header\":{},\"alarms\":[{\"alarm\":\"NOSPACE\"},{\"alarm\":99}]}");
  }

  @Test
  void one_of_many_answers_is_a_line_and_a_failure_has_its_number() {
    byte[] line =
        writer.writeResult(
            HashResponse.getDescriptor(),
            Bytes.wrap(HashResponse.newBuilder().setHash(1).build().toByteArray()));
    assertThat(new String(line, StandardCharsets.UTF_8)).isEqualTo("{\"result\":{\"hash\":1}}\n");
    assertThat(writer.failure(2, "\"leader\" field\nmust be"))
        .isEqualTo("{\"code\":2,\"message\":\"\\\"leader\\\" field\\nmust be\",\"details\":[]}");
  }

  /** Either spelling of a name, numbers as text or not, enums by name or number, unknown names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"key\":\"YWI=\",\"range_end\":\"+/8=\",\"limit\":\"3\",\"sort_order\":\"DESCEND\"}",
        "{\"rangeEnd\":\"-_8\",\"key\":\"YWI\",\"limit\":3,\"sortOrder\":2}",
        " {\"zzz\":{\"a\":[1,{}]},\"key\":\"YW\\nI=\",\"range_end\":\"+/8\",\"limit\":3.0,"
            + "\"sort_order\":2,\"revision\":null,\"keys_only\":false} and more",
        "{\"key\":\"YWI=\",\"range_end\":\"+/8=\",\"limit\":30e-1,\"sort_order\":\"DESCEND\"}",
      })
  void a_request_is_read_in_all_its_spellings(String text) throws Exception {
    assertThat(RangeRequest.parseFrom(read(RangeRequest.getDefaultInstance(), text).toByteArray()))
        .isEqualTo(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("ab"))
                .setRangeEnd(ByteString.copyFrom(new byte[] {(byte) 0xfb, (byte) 0xff}))
                .setLimit(3)
                .setSortOrder(RangeRequest.SortOrder.DESCEND)
                .build());
  }

  @Test
  void nothing_at_all_is_an_empty_message() throws Exception {
    assertThat(read(RangeRequest.getDefaultInstance(), " ").toByteArray()).isEmpty();
  }

  @Test
  void the_whole_range_of_64_bits_is_read() throws Exception {
    Message largest =
        read(MemberRemoveRequest.getDefaultInstance(), "{\"ID\":\"18446744073709551615\"}");
    assertThat(MemberRemoveRequest.parseFrom(largest.toByteArray()).getID()).isEqualTo(-1);
    Message least = read(RangeRequest.getDefaultInstance(), "{\"limit\":-9223372036854775808}");
    assertThat(RangeRequest.parseFrom(least.toByteArray()).getLimit()).isEqualTo(Long.MIN_VALUE);
  }

  /** Whatever can't be meant is refused, and the refusal names it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "xx | not JSON",
        "[] | an object is expected",
        "{\"key\":1} | key wants a text in Base64",
        "{\"key\":\"!!\"} | key is not Base64",
        "{\"limit\":\"abc\"} | limit wants a number",
        "{\"limit\":1.5} | limit wants a whole number",
        "{\"limit\":9223372036854775808} | limit is out of range",
        "{\"limit\":1e999999999} | limit is out of range",
        "{\"limit\":\" 1\"} | limit wants a number",
        "{\"limit\":true} | limit wants a number",
        "{\"limit\":{}} | limit wants a number",
        "{\"keys_only\":\"true\"} | keys_only wants true or false",
        "{\"sort_order\":\"FOO\"} | sort_order is none of",
        "{\"key\":\"YQ==\",\"key\":\"YQ==\"} | key is given twice",
        "{\"range_end\":\"YQ==\",\"rangeEnd\":\"YQ==\"} | rangeEnd is given twice",
        "{\"key\":\"YQ==\" | not JSON",
        "{\"key\":\"YQ==\"]} | not JSON",
      })
  void what_does_not_fit_is_refused_by_name(String text, String why) {
    assertThatThrownBy(() -> read(RangeRequest.getDefaultInstance(), text))
        .isInstanceOf(JsonFault.class)
        .hasMessageContaining(why)
        .hasMessageContaining("line 1, column");
  }

  @Test
  void lists_and_alternatives_are_kept_apart() {
    assertThatThrownBy(() -> read(TxnRequest.getDefaultInstance(), "{\"success\":{}}"))
        .hasMessageContaining("success wants a list");
    assertThatThrownBy(() -> read(TxnRequest.getDefaultInstance(), "{\"success\":[null]}"))
        .hasMessageContaining("success wants an object");
    assertThatThrownBy(() ->
            read(
                TxnRequest.getDefaultInstance(),
                "{\"success\":[{\"request_range\":{},\"request_put\":{}}]}"))
        .hasMessageContaining("request_put excludes request_range");
    assertThatThrownBy(() -> read(Compare.getDefaultInstance(), "{\"version\":\"1\",\"lease\":1}"))
        .hasMessageContaining("lease excludes version");
  }

  /**
   * Nesting without end neither overflows the stack nor costs memory: known fields, unknown ones.
   */
  @ParameterizedTest
  @ValueSource(strings = {"{\"success\":[{\"request_txn\":", "{\"zzz\":", "{\"zzz\":["})
  void hazard_38_nesting_is_bounded(String level) {
    assertThatThrownBy(() -> read(TxnRequest.getDefaultInstance(), level.repeat(100_000)))
        .isInstanceOf(JsonFault.class)
        .hasMessageContaining("nesting depth")
        .hasMessageContaining(Integer.toString(JsonReader.DEPTH_MAX));
  }

  /** A text may be cut anywhere, and any byte of it be another: it is a message, or a fault. */
  @Test
  void damaged_texts_are_messages_or_faults() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] text =
        ("{\"compare\":[{\"target\":\"MOD\",\"key\":\"YQ==\",\"mod_revision\":\"5\"}],\"success\":"
                + "[{\"request_put\":{\"key\":\"YQ==\",\"value\":\"\\u00fc\",\"lease\":-3e1}}]}")
            .getBytes(StandardCharsets.UTF_8);
    int faults = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = java.util.Arrays.copyOf(text, 1 + random.nextInt(text.length));
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        reader.read(TxnRequest.getDescriptor(), damaged);
      } catch (JsonFault e) {
        faults++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("again with -Dtest=JsonTest -Dseed=" + seed, e);
      }
    }
    assertThat(faults).isPositive();
  }

  /**
   * Objects behind each other are parted wherever the bytes come in, whatever is in their texts.
   */
  @Test
  void a_stream_of_objects_is_parted() throws Exception {
    JsonValues values = new JsonValues(100);
    List<String> parted = new ArrayList<>();
    for (byte b : "{\"a\":\"}\\\"{\"}{}\n [".getBytes(StandardCharsets.UTF_8)) {
      if (b == '[') {
        assertThatThrownBy(() -> values.feed(b, _ -> {})).hasMessageContaining("object");
      } else {
        values.feed(b, whole -> parted.add(new String(whole, StandardCharsets.UTF_8)));
      }
    }
    assertThat(parted).containsExactly("{\"a\":\"}\\\"{\"}", "{}");
  }

  @Test
  void an_object_of_a_stream_is_bounded() throws Exception {
    JsonValues values = new JsonValues(10);
    for (int i = 0; i < 10; i++) {
      values.feed((byte) '{', _ -> {});
    }
    assertThat(values.isWithin()).isTrue();
    assertThatThrownBy(() -> values.feed((byte) '{', _ -> {}))
        .hasMessageContaining("longer than 10 bytes");
  }

  private String json(Message message) {
    return new String(
        writer.write(message.getDescriptorForType(), Bytes.wrap(message.toByteArray())),
        StandardCharsets.UTF_8);
  }

  private Message read(Message type, String text) throws JsonFault {
    return reader.read(type.getDescriptorForType(), text.getBytes(StandardCharsets.UTF_8));
  }
}
