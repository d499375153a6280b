package io.quorate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import io.quorate.protocol.etcdserverpb.Rpc;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.KeyValue;
import io.quorate.protocol.v3electionpb.V3Election;
import io.quorate.protocol.v3lockpb.V3Lock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows what becomes of JSON requests, byte by byte through a channel without a network. */
class GatewayTest {
  private static final int MESSAGE_BYTES_MAX = 100_000;

  private final FakeReplica replica = new FakeReplica();
  private final MemberMetrics metrics = new MemberMetrics();
  private final ServiceRegistry registry = new ServiceRegistry();
  private final List<Call> calls = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private @Nullable EmbeddedChannel channel;
  private HttpAccess access = HttpAccess.STANDARD;

  GatewayTest() {
    metrics.add(new CallMetrics(registry));
    registry
        .unary("/etcdserverpb.KV/Range", this::range)
        .unary("/etcdserverpb.KV/Put", this::put)
        .unary(
            "/etcdserverpb.KV/Compact",
            (call, request) -> {
              throw new IllegalStateException("planted\nevil=1");
            })
        .serverStreaming("/etcdserverpb.Maintenance/Snapshot", this::snapshot)
        .streaming("/etcdserverpb.Watch/Watch", Echo::new);
  }

  @AfterEach
  void close() {
    if (channel != null) {
      channel.finishAndReleaseAll();
    }
  }

  /** Range of a key answers with it. */
  private void range(Call call, Bytes message) {
    calls.add(call);
    RangeRequest request = parse(RangeRequest.parser(), message);
    if (request.getKey().isEmpty()) {
      throw Status.of(StatusCode.INVALID_ARGUMENT, "etcdserver: key is not provided").asException();
    }
    call.reply(
        bytes(
            RangeResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setRevision(3))
                .addKvs(KeyValue.newBuilder().setKey(request.getKey()))
                .setCount(1)
                .build()));
  }

  /** Put of a key answers with how long it was. */
  private void put(Call call, Bytes message) {
    int length = parse(PutRequest.parser(), message).getValue().size();
    call.reply(
        bytes(
            PutResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setRevision(length))
                .build()));
  }

  /** Snapshots are small, large, small, and then fail. */
  private void snapshot(Call call, Bytes message) {
    for (int size : List.of(1, 200_000, 2)) {
      call.send(
          bytes(
              SnapshotResponse.newBuilder()
                  .setRemainingBytes(size)
                  .setBlob(ByteString.copyFrom(new byte[size]))
                  .build()));
    }
    call.complete(Status.of(StatusCode.UNAVAILABLE, "etcdserver: no leader"));
  }

  /** A watch that answers each request with its key as a reason to end. */
  private final class Echo implements StreamListener {
    private final Call call;

    Echo(Call call) {
      this.call = call;
      if ("no".equals(call.metadata().get("authorization"))) {
        throw Status.of(StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token").asException();
      }
    }

    @Override
    public void onMessage(Bytes message) {
      String key = parse(WatchRequest.parser(), message).getCreateRequest().getKey().toStringUtf8();
      call.send(bytes(WatchResponse.newBuilder().setCancelReason(key).build()));
      if (key.equals("fail")) {
        call.complete(Status.of(StatusCode.UNAVAILABLE, "etcdserver: no leader"));
      }
    }

    @Override
    public void onHalfClose() {
      events.add("half-closed");
      call.complete(Status.OK);
    }

    @Override
    public void onCancel() {
      events.add("cancelled");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v3/kv/range", "/v3beta/kv/range"})
  void a_request_reaches_the_handler_of_grpc(String path) {
    assertThat(post(path, "{\"key\":\"YQ==\"}"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("content-type: application/json")
        .endsWith(
            "\r\n\r\n"
                + "{\"header\":{\"revision\":\"3\"},\"kvs\":[{\"key\":\"YQ==\"}],\"count\":\"1\"}");
    assertThat(calls.getFirst().method()).isEqualTo("/etcdserverpb.KV/Range");
    assertThat(ended("/etcdserverpb.KV/Range", StatusCode.OK)).isOne();
  }

  /** Every method of every service has its path, but for the one that etcd keeps to gRPC. */
  @Test
  void every_method_has_a_path() {
    Set<String> methods = new TreeSet<>();
    for (FileDescriptor file :
        List.of(Rpc.getDescriptor(), V3Lock.getDescriptor(), V3Election.getDescriptor())) {
      file.getServices()
          .forEach(
              service -> service.getMethods().forEach(method -> methods.add(method.getFullName())));
    }
    methods.remove("etcdserverpb.KV.RangeStream");
    Set<String> reached = new TreeSet<>();
    GatewayRoutes.all().values().forEach(method -> reached.add(method.getFullName()));
    assertThat(reached).isEqualTo(methods);
  }

  /** A failure has its HTTP status, and in its body gRPC's. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "POST|/v3/kv/range|{}|400 Bad Request|{\"code\":3,\"message\":\"etcdserver: key is not"
            + " provided\",\"details\":[]}",
        "POST|/v3/kv/range||400 Bad Request|\"message\":\"etcdserver: key is not provided\"",
        "POST|/v3/kv/range|x|400 Bad Request|{\"code\":3,\"message\":\"not JSON (line 1",
        "GET|/v3/kv/range||501 Not Implemented|{\"code\":12,\"message\":\"Method Not"
            + " Allowed\",\"details\":[]}",
        "PUT|/v3/kv/range|{}|501 Not Implemented|\"code\":12",
        "POST|/v3/kv/nothing|{}|404 Not Found|{\"code\":5,\"message\":\"Not"
            + " Found\",\"details\":[]}",
        "POST|/v3/kv/range/|{}|404 Not Found|\"code\":5",
        "POST|/v3/lock/lock|{}|501 Not Implemented|unknown method /v3lockpb.Lock/Lock",
        "POST|/v3/kv/compaction|{}|500 Internal Server Error|{\"code\":13,\"message\":\"internal"
            + " error\"",
        "POST|/v3alpha/kv/range|{}|404 Not Found|the JSON gateway below /v3/",
      })
  void a_failure_says_what_it_is(
      String method, String path, @Nullable String body, String status, String answer) {
    assertThat(request(method, path, "", body == null ? "" : body))
        .startsWith("HTTP/1.1 " + status)
        .contains(answer);
  }

  @Test
  void the_status_of_each_code_is_that_of_etcds_gateway() {
    List<Integer> statuses = new ArrayList<>();
    for (StatusCode code : StatusCode.values()) {
      statuses.add(JsonGateway.httpStatus(code).code());
    }
    assertThat(statuses)
        .containsExactly(
            200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401);
  }

  /** The token and what is named so become metadata; nothing else does. */
  @Test
  void headers_become_metadata() {
    post(
        "/v3/kv/range",
        "authorization: tok.1\r\nGrpc-Metadata-HasLeader: true\r\nx-other: 1\r\n",
        "{\"key\":\"YQ==\"}");
    assertThat(calls.getFirst().metadata().entries())
        .containsExactlyInAnyOrder(
            new Metadata.Entry("authorization", "tok.1"), new Metadata.Entry("hasleader", "true"));
    assertThat(post("/v3/kv/range", "grpc-metadata-b-bin: !\r\n", "{}"))
        .startsWith("HTTP/1.1 400")
        .contains("no metadata");
  }

  /** Each message of a conversation is answered as it comes, on a line of its own. */
  @Test
  void a_conversation_has_a_line_for_each_answer() {
    EmbeddedChannel http = channel();
    send(http, "POST /v3/watch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    assertThat(received(http)).isEmpty();
    sendChunk(http, create("YQ=="));
    assertThat(received(http))
        .startsWith("HTTP/1.1 200 OK")
        .contains("transfer-encoding: chunked")
        .contains("{\"result\":{\"cancel_reason\":\"a\"}}\n");
    String two = create("Yg==") + " " + create("Yw==");
    sendChunk(http, two.substring(0, 30));
    sendChunk(http, two.substring(30));
    assertThat(received(http).lines().filter(line -> line.startsWith("{")))
        .containsExactly(
            "{\"result\":{\"cancel_reason\":\"b\"}}", "{\"result\":{\"cancel_reason\":\"c\"}}");
    send(http, "0\r\n\r\n");
    assertThat(received(http)).isEqualTo("0\r\n\r\n");
    assertThat(events).containsExactly("half-closed");
    assertThat(http.isOpen()).isTrue();
    assertThat(request("POST", "/v3/kv/range", "", "{\"key\":\"YQ==\"}")).contains("200 OK");
  }

  @Test
  void a_client_that_leaves_cancels_its_conversation() {
    EmbeddedChannel http = channel();
    send(http, "POST /v3/watch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    sendChunk(http, create("YQ=="));
    var _ = http.close();
    http.runPendingTasks();
    assertThat(events).containsExactly("cancelled");
    assertThat(ended("/etcdserverpb.Watch/Watch", StatusCode.CANCELLED)).isOne();
  }

  /** A failure is the answer if it comes first, and the last line if it doesn't. */
  @Test
  void a_conversation_that_fails_says_so_where_it_is() {
    String failure =
        "{\"error\":{\"code\":14,\"message\":\"etcdserver: no leader\",\"details\":[]}}\n";
    assertThat(post("/v3/watch", create("ZmFpbA==")))
        .startsWith("HTTP/1.1 200 OK")
        .contains("{\"result\":{\"cancel_reason\":\"fail\"}}\n")
        .contains(failure);
    assertThat(post("/v3/watch", "authorization: no\r\n", create("YQ==")))
        .startsWith("HTTP/1.1 401 Unauthorized")
        .contains("{\"error\":{\"code\":16,\"message\":\"etcdserver: invalid auth token\"");
    assertThat(post("/v3/watch", "{\"create_request\":{\"key\":3}}"))
        .startsWith("HTTP/1.1 400")
        .contains("{\"error\":{\"code\":3,\"message\":\"key wants a text in Base64");
    assertThat(post("/v3/watch", "{\"create_request\":"))
        .startsWith("HTTP/1.1 400")
        .contains("the body ends within a message");
    assertThat(events).contains("cancelled");
  }

  /** What is large takes another way, and what comes after it doesn't overtake it. */
  @Test
  void large_answers_keep_their_place() {
    String answer = post("/v3/maintenance/snapshot", "{}");
    assertThat(answer.indexOf("\"remaining_bytes\":\"1\"")).isPositive();
    assertThat(answer.indexOf("\"remaining_bytes\":\"200000\""))
        .isGreaterThan(answer.indexOf("\"remaining_bytes\":\"1\""));
    assertThat(answer.indexOf("\"remaining_bytes\":\"2\""))
        .isGreaterThan(answer.indexOf("\"remaining_bytes\":\"200000\""));
    assertThat(answer).contains("{\"error\":{\"code\":14,").endsWith("0\r\n\r\n");
  }

  @Test
  void a_request_is_as_long_as_with_grpc_and_no_longer() {
    String value = "QUJD".repeat(30_000);
    assertThat(post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"" + value + "\"}"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("\"revision\":\"90000\"");
    assertThat(
            post(
                "/v3/kv/put",
                "{\"key\":\"YQ==\",\"value\":\"" + value + "QUJD".repeat(4_000) + "\"}"))
        .startsWith("HTTP/1.1 429 Too Many Requests")
        .contains("grpc: received message larger than max (102007 vs. 100000)");
  }

  /** A client that waits to be told to go on with a large body is told so. */
  @Test
  void a_client_may_ask_before_it_sends() {
    EmbeddedChannel http = channel();
    String expecting = "host: x\r\nexpect: 100-continue\r\ncontent-length: 14\r\n\r\n";
    send(http, "POST /v3/kv/range HTTP/1.1\r\n" + expecting);
    assertThat(received(http)).startsWith("HTTP/1.1 100 Continue");
    send(http, "{\"key\":\"YQ==\"}");
    assertThat(received(http)).startsWith("HTTP/1.1 200 OK");
  }

  @Test
  void hazard_7_a_body_without_end_is_refused() {
    assertThat(
            request(
                "POST",
                "/v3/kv/put",
                "content-length: 99999999999\r\nexpect: 100-continue\r\n",
                null))
        .startsWith("HTTP/1.1 413 ");
    EmbeddedChannel refused = channel;
    assertThat(refused).isNotNull();
    assertThat(refused.isOpen()).isFalse();
    EmbeddedChannel http = channel();
    send(http, "POST /v3/kv/put HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    long sent = 0;
    while (http.isOpen() && sent < 10_000_000) {
      sendChunk(http, " ".repeat(8_000));
      sent += 8_000;
    }
    assertThat(received(http)).startsWith("HTTP/1.1 413 ");
    assertThat(sent).isLessThan(1_000_000);
  }

  @Test
  void hazard_7_a_message_of_a_conversation_without_end_is_refused() {
    EmbeddedChannel http = channel();
    send(http, "POST /v3/watch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    sendChunk(http, "{\"zzz\":\"");
    long sent = 0;
    while (http.isOpen() && sent < 10_000_000) {
      sendChunk(http, "y".repeat(8_000));
      sent += 8_000;
    }
    assertThat(sent).isLessThan(1_000_000);
    assertThat(events).containsExactly("cancelled");
  }

  /** Who calls is the token's bearer: nobody's certificate stands for the caller here. */
  @Test
  void hazard_18_no_certificate_speaks_for_a_caller_of_the_gateway() {
    post("/v3/kv/range", "{\"key\":\"YQ==\"}");
    assertThat(calls.getFirst().peerCertificates()).isEmpty();
  }

  /** A page from elsewhere, or under a name that may be anyone's, can't have its visitors call. */
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:2379, https://evil.example, 403",
    "127.0.0.1:2379, null, 403",
    "evil.example:2379, http://evil.example:2379, 403",
    "127.0.0.1:2379, http://127.0.0.1:2379, 200",
    "[::1]:2379, http://[::1]:2379, 200",
    "localhost:2379, http://localhost:2379, 200",
    "localhost:2379, http://localhost:8080, 403",
  })
  void hazard_19_pages_from_elsewhere_are_refused(String host, String origin, int status) {
    String request =
        "POST /v3/kv/range HTTP/1.1\r\nhost: %s\r\norigin: %s\r\ncontent-length: 14\r\n\r\n%s"
            .formatted(host, origin, "{\"key\":\"YQ==\"}");
    send(channel(), request);
    assertThat(received(channel()))
        .startsWith("HTTP/1.1 " + status)
        .doesNotContain("access-control-allow-origin");
    assertThat(calls).hasSize(status == 200 ? 1 : 0);
  }

  @Test
  void hazard_19_a_listed_page_may_call_and_is_told_so() {
    access = new HttpAccess(List.of("*"), List.of("https://console.example"));
    String origin = "origin: https://console.example\r\n";
    assertThat(post("/v3/kv/range", origin, "{\"key\":\"YQ==\"}"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("access-control-allow-origin: https://console.example")
        .contains("access-control-allow-headers: accept, content-type, authorization");
    assertThat(request("OPTIONS", "/v3/kv/range", origin, ""))
        .startsWith("HTTP/1.1 200 OK")
        .contains("access-control-allow-methods: POST, GET, OPTIONS, PUT, DELETE");
    assertThat(request("OPTIONS", "/v3/kv/range", "origin: https://evil.example\r\n", ""))
        .doesNotContain("access-control");
  }

  @Test
  void hazard_19_a_host_that_is_not_listed_is_refused() {
    access = new HttpAccess(List.of("etcd.internal"), List.of("*"));
    assertThat(post("/v3/kv/range", "{\"key\":\"YQ==\"}"))
        .startsWith("HTTP/1.1 421 Misdirected Request")
        .contains("--host-whitelist");
    send(
        channel(),
        "POST /v3/kv/range HTTP/1.1\r\nhost: etcd.internal:1\r\ncontent-length: 14\r\n\r\n"
            + "{\"key\":\"YQ==\"}");
    assertThat(received(channel())).startsWith("HTTP/1.1 200 OK");
  }

  /** Metrics name methods as they are registered: nothing that a client makes up is a label. */
  @Test
  void hazard_21_what_a_client_sends_becomes_no_label() {
    send(channel(), "POST /v3/kv/\u00ff%ff%00 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
    assertThat(received(channel())).startsWith("HTTP/1.1 404");
    post("/v3/kv/range", "grpc-metadata-client-api-version: %ff\r\n", "{\"key\":\"YQ==\"}");
    metrics.add(figures ->
        figures.gauge("quorate_test", "Half a character.", java.util.Map.of("name", "\ud800"), 1));
    String page = request("GET", "/metrics", "", "");
    assertThat(page)
        .contains("quorate_test{name=\"?\"} 1")
        .contains(
            "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1")
        .doesNotContain("%ff")
        .doesNotContain("\u00ff");
  }

  /** Where a client is, its connection says; what it or a proxy writes is not believed. */
  @Test
  void hazard_27_a_header_does_not_say_where_a_client_is() {
    post(
        "/v3/kv/range",
        "x-forwarded-for: 127.0.0.1\r\nforwarded: for=127.0.0.1\r\nx-real-ip: 127.0.0.1\r\n",
        "{\"key\":\"YQ==\"}");
    assertThat(calls.getFirst().remoteAddress()).isSameAs(channel().remoteAddress());
    assertThat(calls.getFirst().metadata().isEmpty()).isTrue();
  }

  /** Nothing of a request gets into the log: not its path, its headers, its body. */
  @Test
  void hazard_32_a_request_writes_no_log() {
    List<LogRecord> records = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            records.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    try {
      post("/v3/kv/evil%0d%0alevel=info", "{}");
      post("/v3/kv/range", "authorization: evil\r\n", "{\"evil\\nlevel\": evil}");
      post("/v3/kv/compaction", "{}");
    } finally {
      root.removeHandler(handler);
    }
    assertThat(records)
        .as("the failing service alone, without what it says of a request")
        .extracting(LogRecord::getMessage)
        .containsExactly("a service failed");
  }

  private long ended(String path, StatusCode code) {
    ServiceRegistry.Method method = registry.find(path);
    assertThat(method).isNotNull();
    return method.statistics().ended(code);
  }

  private EmbeddedChannel channel() {
    EmbeddedChannel open = channel;
    if (open == null || (!open.isOpen() && open.outboundMessages().isEmpty())) {
      JsonGateway gateway =
          new JsonGateway(registry, replica.loop(), Runnable::run, MESSAGE_BYTES_MAX);
      open =
          new EmbeddedChannel(
              new AdminHttp(
                      replica,
                      new AdminSettings(0xabcL, "3.6.14", "3.6.0", "3.6.0", 10_000),
                      metrics,
                      access,
                      gateway)
                  .get());
      channel = open;
    }
    return open;
  }

  private String post(String path, String body) {
    return post(path, "", body);
  }

  private String post(String path, String headers, String body) {
    return request("POST", path, headers, body);
  }

  /** An exchange; without a body, the headers say how long it were. */
  private String request(String method, String path, String headers, @Nullable String body) {
    EmbeddedChannel http = channel();
    String length =
        body == null
            ? ""
            : "content-length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n";
    send(
        http,
        method
            + " "
            + path
            + " HTTP/1.1\r\nhost: x\r\n"
            + headers
            + length
            + "\r\n"
            + (body == null ? "" : body));
    return received(http);
  }

  private static String create(String key) {
    return "{\"create_request\":{\"key\":\"" + key + "\"}}";
  }

  private static void sendChunk(EmbeddedChannel http, String text) {
    send(http, Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private static void send(EmbeddedChannel http, String text) {
    http.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    http.runPendingTasks();
  }

  private static String received(EmbeddedChannel http) {
    StringBuilder answer = new StringBuilder();
    for (ByteBuf part = http.readOutbound(); part != null; part = http.readOutbound()) {
      answer.append(part.toString(StandardCharsets.UTF_8));
      part.release();
    }
    return answer.toString();
  }

  private static Bytes bytes(com.google.protobuf.Message message) {
    return Bytes.wrap(message.toByteArray());
  }

  private static <T> T parse(com.google.protobuf.Parser<T> parser, Bytes message) {
    try {
      return parser.parseFrom(message.toArray());
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
