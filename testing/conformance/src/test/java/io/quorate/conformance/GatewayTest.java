package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The API as JSON over HTTP/1.1, on the same port: the keyspace's part. */
@AgainstServers
class GatewayTest extends Case {
  private final Http http = Http.of(server);

  GatewayTest(Subject subject) {
    super(subject);
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private String key64(String name) {
    return base64(key(name));
  }

  private JsonNode post(String path, String body) {
    Http.Answer answer = http.post(path, body);
    assertThat(answer.code()).as("%s", answer).isEqualTo(200);
    return answer.json();
  }

  @Test
  void a_key_is_put_read_and_deleted() {
    long before = revision();
    JsonNode put = post("/v3/kv/put", "{\"key\":\"%s\",\"value\":\"djE=\"}".formatted(key64("a")));
    assertThat(put.get("header").get("revision").asString())
        .as("64-bit numbers are strings")
        .isEqualTo(Long.toString(before + 1));
    JsonNode range = post("/v3/kv/range", "{\"key\":\"%s\"}".formatted(key64("a")));
    assertThat(range.get("count").asString()).isEqualTo("1");
    JsonNode kv = range.get("kvs").get(0);
    assertThat(kv.get("value").asString()).isEqualTo("djE=");
    assertThat(kv.get("mod_revision").asString()).isEqualTo(Long.toString(before + 1));
    assertThat(kv.get("create_revision").asString()).isEqualTo(Long.toString(before + 1));
    assertThat(kv.has("lease")).as("zeros are left out").isFalse();
    assertThat(range.has("more")).isFalse();
    JsonNode deleted =
        post("/v3/kv/deleterange", "{\"key\":\"%s\",\"prev_kv\":true}".formatted(key64("a")));
    assertThat(deleted.get("deleted").asString()).isEqualTo("1");
    assertThat(deleted.get("prev_kvs").get(0).get("value").asString()).isEqualTo("djE=");
    assertThat(post("/v3/kv/range", "{\"key\":\"%s\"}".formatted(key64("a"))).has("kvs")).isFalse();
  }

  @Test
  void both_spellings_of_a_field_and_both_of_a_number_are_understood() {
    for (String name : List.of("a", "b", "c")) {
      api.put(put(key(name), name));
    }
    String end = base64(end());
    for (String body :
        List.of(
            "{\"key\":\"%s\",\"range_end\":\"%s\",\"limit\":\"2\",\"sort_order\":\"DESCEND\"}",
            "{\"key\":\"%s\",\"rangeEnd\":\"%s\",\"limit\":2,\"sortOrder\":\"DESCEND\"}",
            "{\"key\":\"%s\",\"range_end\":\"%s\",\"limit\":2,\"sort_order\":2}",
            "{\"key\":\"%s\",\"range_end\":\"%s\",\"limit\":2,\"sort_order\":2,\"x\":[1]}")) {
      JsonNode range = post("/v3/kv/range", body.formatted(key64(""), end));
      assertThat(range.get("more").asBoolean()).isTrue();
      assertThat(range.get("count").asString()).isEqualTo("3");
      assertThat(range.get("kvs").get(0).get("key").asString()).isEqualTo(key64("c"));
    }
  }

  @Test
  void a_txn_is_spoken_too() {
    String body =
        "{\"compare\":[{\"key\":\"%1$s\",\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":\"0\"}],"
            + "\"success\":[{\"request_put\":{\"key\":\"%1$s\",\"value\":\"djE=\"}}],"
            + "\"failure\":[{\"request_range\":{\"key\":\"%1$s\"}}]}";
    JsonNode first = post("/v3/kv/txn", body.formatted(key64("a")));
    assertThat(first.get("succeeded").asBoolean()).isTrue();
    assertThat(first.get("responses").get(0).has("response_put")).isTrue();
    JsonNode second = post("/v3/kv/txn", body.formatted(key64("a")));
    assertThat(second.has("succeeded")).isFalse();
    assertThat(
            second
                .get("responses")
                .get(0)
                .get("response_range")
                .get("kvs")
                .get(0)
                .get("value")
                .asString())
        .isEqualTo("djE=");
  }

  @Test
  void errors_have_a_status_and_the_texts_of_grpc() {
    assertError(http.post("/v3/kv/range", "{}"), 400, 3, "etcdserver: key is not provided");
    assertError(
        http.post("/v3/kv/range", "{\"key\":\"YQ==\",\"revision\":\"99999999\"}"),
        400,
        11,
        "etcdserver: mvcc: required revision is a future revision");
    assertError(
        http.post("/v3/kv/put", "{\"key\":\"YQ==\",\"lease\":\"404\"}"),
        404,
        5,
        "etcdserver: requested lease not found");
  }

  private void assertError(Http.Answer answer, int status, int code, String message) {
    assertThat(answer.code()).as("%s", answer).isEqualTo(status);
    assertThat(answer.json().get("code").asInt()).isEqualTo(code);
    assertThat(answer.json().get("message").asString()).isEqualTo(message);
    assertThat(answer.json().has("error")).isNotEqualTo(server.has(Difference.GATEWAY_STATUS));
  }

  @Test
  void what_is_no_request_is_refused() {
    assertThat(http.post("/v3/kv/range", "{\"key\":").code()).isEqualTo(400);
    assertThat(http.post("/v3/kv/range", "{\"key\":7}").code()).isEqualTo(400);
    assertThat(http.post("/v3/kv/nothing", "{}").code()).isEqualTo(404);
    assertThat(http.get("/v3/kv/range").code()).isIn(405, 501);
  }

  @Test
  void bytes_come_through_as_they_are() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    post(
        "/v3/kv/put",
        "{\"key\":\"%s\",\"value\":\"%s\"}"
            .formatted(key64("bytes"), Base64.getEncoder().encodeToString(all)));
    assertThat(api.range(get(key("bytes"))).getKvs(0).getValue().toByteArray()).isEqualTo(all);
    assertThat(
            post("/v3beta/kv/range", "{\"key\":\"%s\"}".formatted(key64("bytes")))
                .get("count")
                .asString())
        .as("the older path")
        .isEqualTo("1");
  }

  @Test
  void a_watch_is_a_line_for_each_answer() throws Exception {
    try (var lines =
        new java.io.BufferedReader(
            new java.io.InputStreamReader(
                http.open(
                    "/v3/watch", "{\"create_request\":{\"key\":\"%s\"}}".formatted(key64("a"))),
                StandardCharsets.UTF_8))) {
      JsonNode created = new Http.Answer(200, lines.readLine()).json().get("result");
      assertThat(created.get("created").asBoolean()).isTrue();
      api.put(put(key("a"), "v1"));
      JsonNode event = new Http.Answer(200, lines.readLine()).json().get("result");
      assertThat(event.get("events").get(0).get("kv").get("value").asString())
          .isEqualTo(base64(bytes("v1")));
      assertThat(event.get("events").get(0).has("type")).as("PUT is 0").isFalse();
    }
  }
}
