package io.quorate.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Values survive their codec, and bytes of another are told as such. */
class CodecTest {
  record Order(String customer, int pieces, List<String> notes) {}

  record Case(Codec<Object> codec, Object value, String unreadable) {}

  @SuppressWarnings("unchecked")
  private static Case of(Codec<?> codec, Object value, String unreadable) {
    return new Case((Codec<Object>) codec, value, unreadable);
  }

  static Stream<Case> codecs() {
    Order order = new Order("Anna – 安娜", 3, List.of("fragile", ""));
    return Stream.of(
        of(Codec.utf8(), "grün 🟢", "\377"),
        of(Codec.utf8().map(Object::toString, Long::valueOf), -7L, "seven"),
        of(JsonCodec.of(Order.class), order, "{\"customer\": "),
        of(JsonCodec.of(Order.class), order, "null"),
        of(
            JsonCodec.of(JsonMapper.shared(), new TypeReference<List<Order>>() {}),
            List.of(order, order),
            "{}"),
        of(ProtobufCodec.of(StringValue.parser()), StringValue.of("grün"), "\n\177short"));
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void a_value_comes_back_and_what_is_none_is_told(Case tried) {
    Bytes bytes = tried.codec().encode(tried.value());
    assertThat(tried.codec().decode(bytes)).isEqualTo(tried.value());
    byte[] within = new byte[bytes.length() + 5];
    bytes.copyTo(within, 2);
    assertThat(tried.codec().decode(Bytes.wrap(within, 2, bytes.length())))
        .isEqualTo(tried.value());
    byte[] other = tried.unreadable().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> tried.codec().decode(Bytes.wrap(other)))
        .isInstanceOfSatisfying(
            QuorateException.Rejected.class,
            why -> assertThat(why.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE));
  }

  @Test
  void bytes_are_left_as_they_are() {
    Bytes bytes = Bytes.wrap(new byte[] {-1, 0, 1});
    assertThat(Codec.bytes().decode(Codec.bytes().encode(bytes))).isEqualTo(bytes);
  }

  /** Someone else's program may know more of an order than ours. */
  @Test
  void fields_of_later_versions_are_passed_over() {
    Bytes bytes = Bytes.utf8("{\"customer\":\"A\",\"pieces\":1,\"notes\":[],\"colour\":\"red\"}");
    assertThat(JsonCodec.of(Order.class).decode(bytes)).isEqualTo(new Order("A", 1, List.of()));
  }

  @Test
  void what_can_not_be_written_as_json_is_told_before_it_is_sent() {
    record Cycle(List<Object> own) {}
    List<Object> own = new java.util.ArrayList<>();
    own.add(own);
    assertThatThrownBy(() -> JsonCodec.of(Cycle.class).encode(new Cycle(own)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("JSON");
  }
}
