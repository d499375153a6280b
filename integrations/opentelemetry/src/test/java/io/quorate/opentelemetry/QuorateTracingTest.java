package io.quorate.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.IoEventLoopGroup;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shows the spans of a client's calls, and how far their context gets. */
@Timeout(60)
@SuppressWarnings("try") // scopes are only closed, and some clients early
class QuorateTracingTest {
  private static final String RANGE = "etcdserverpb.KV/Range";
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("rpc.method");
  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("rpc.system.name");
  private static final AttributeKey<String> STATUS =
      AttributeKey.stringKey("rpc.response.status_code");
  private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("quorate.outcome");

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(provider)
          .setPropagators(
              ContextPropagators.create(
                  TextMapPropagator.composite(
                      W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())))
          .build();
  private final Tracer application = telemetry.getTracer("application");
  private final ClientOptions options =
      ClientOptions.DEFAULT.observer(new QuorateTracing(telemetry));

  @AfterEach
  void stop() {
    provider.close();
  }

  /** A member that answers ranges as told, and notes the headers that came with them. */
  private static final class Member implements AutoCloseable {
    final BlockingQueue<String> headers = new LinkedBlockingQueue<>();
    final Queue<Status> failures = new ArrayDeque<>();
    private final IoEventLoopGroup loops = EventLoops.start(1, "traced");
    private final GrpcServer server;
    final int port;

    Member() throws Exception {
      ServiceRegistry services =
          new ServiceRegistry()
              .unary(
                  "/" + RANGE,
                  (call, request) -> {
                    headers.add(
                        call.metadata().get("traceparent") + " " + call.metadata().get("baggage"));
                    Status failure = failures.poll();
                    if (failure == null) {
                      call.reply(Bytes.EMPTY);
                    } else {
                      call.complete(failure);
                    }
                  });
      server = GrpcServer.builder(loops, services).build();
      port = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).getPort();
    }

    QuorateClient client(ClientOptions options) {
      return QuorateClient.connect(options, null, List.of("http://127.0.0.1:" + port));
    }

    @Override
    public void close() {
      server.close();
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  private SpanData onlySpan() {
    assertThat(exporter.getFinishedSpanItems()).hasSize(1);
    return exporter.getFinishedSpanItems().get(0);
  }

  @Test
  void a_call_is_a_span_of_its_own_below_that_of_its_caller(@TempDir Path directory) {
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    Span caller = application.spanBuilder("caller").startSpan();
    try (EmbeddedNode node = Quorate.node(config).client(options).start();
        Scope here = caller.makeCurrent()) {
      node.client().namespace("mine/").kv().put("a", "b");
    }
    SpanData span = onlySpan();
    assertThat(span.getName()).isEqualTo("etcdserverpb.KV/Put");
    assertThat(span.getKind()).isEqualTo(SpanKind.CLIENT);
    assertThat(span.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
    assertThat(span.getTraceId()).isEqualTo(caller.getSpanContext().getTraceId());
    assertThat(span.getStatus()).isEqualTo(StatusData.unset());
    assertThat(span.getEvents()).isEmpty();
    assertThat(span.getAttributes().asMap())
        .containsOnly(
            Map.entry(SYSTEM, "grpc"),
            Map.entry(METHOD, "etcdserverpb.KV/Put"),
            Map.entry(ADDRESS, "embedded"),
            Map.entry(STATUS, "OK"),
            Map.entry(OUTCOME, "OK"));
  }

  @Test
  void its_context_and_baggage_reach_the_member_in_headers_of_the_w3c() throws Exception {
    try (Member member = new Member();
        QuorateClient client = member.client(options)) {
      Span caller = application.spanBuilder("caller").startSpan();
      try (Scope here = caller.makeCurrent();
          Scope more = Baggage.builder().put("tenant", "ä b").build().makeCurrent()) {
        assertThat(client.kv().range(Range.key("k")).kvs()).isEmpty();
      }
      SpanData span = onlySpan();
      assertThat(member.headers.poll(30, TimeUnit.SECONDS))
          .startsWith("00-" + span.getTraceId() + "-" + span.getSpanId() + "-0")
          .endsWith(" tenant=%C3%A4%20b");
      assertThat(span.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
      assertThat(span.getAttributes().get(ADDRESS)).isEqualTo("127.0.0.1");
      assertThat(span.getAttributes().get(PORT)).isEqualTo(member.port);
    }
  }

  /** The span begins in the caller's context though the call is brought on by another thread. */
  @Test
  void attempts_that_failed_are_events_of_one_span() throws Exception {
    try (Member member = new Member();
        QuorateClient client = member.client(options)) {
      member.failures.add(Status.of(StatusCode.UNAVAILABLE, "etcdserver: no leader"));
      member.failures.add(
          Status.of(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: too many requests"));
      assertThat(client.kv().range(Range.key("k")).kvs()).isEmpty();
      SpanData span = onlySpan();
      assertThat(span.getAttributes().get(STATUS)).isEqualTo("OK");
      assertThat(span.getStatus()).isEqualTo(StatusData.unset());
      assertThat(span.getEvents())
          .extracting(EventData::getName)
          .containsExactly("quorate.attempt.failed", "quorate.attempt.failed");
      assertThat(span.getEvents())
          .extracting(event -> event.getAttributes().get(STATUS))
          .containsExactly("UNAVAILABLE", "RESOURCE_EXHAUSTED");
      assertThat(span.getEvents())
          .extracting(
              event -> event.getAttributes().get(AttributeKey.longKey("quorate.attempt.number")))
          .containsExactly(1L, 2L);
      assertThat(member.headers).hasSize(3).allMatch(line -> line.contains(span.getSpanId()));
    }
  }

  @Test
  void a_call_that_failed_says_why_in_grpcs_words_and_in_the_clients(@TempDir Path directory) {
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    try (EmbeddedNode node = Quorate.node(config).client(options).start()) {
      assertThatThrownBy(() -> node.client().kv().put(Put.of("a", "b").lease(12_345)))
          .isInstanceOf(QuorateException.Rejected.class);
    }
    SpanData span = onlySpan();
    assertThat(span.getStatus())
        .isEqualTo(
            StatusData.create(
                io.opentelemetry.api.trace.StatusCode.ERROR,
                "etcdserver: requested lease not found"));
    assertThat(span.getAttributes().get(STATUS)).isEqualTo("NOT_FOUND");
    assertThat(span.getAttributes().get(ERROR)).isEqualTo("NOT_FOUND");
    assertThat(span.getAttributes().get(OUTCOME)).isEqualTo("NOT_FOUND");
  }

  @Test
  void a_call_that_no_member_answered_or_that_was_given_up_ends_its_span() throws Exception {
    CompletableFuture<?> given;
    try (Member member = new Member()) {
      try (QuorateClient client = member.client(options)) {
        member.server.close();
        given = client.kv().rangeAsync(Range.key("k"));
        assertThat(given.cancel(false)).isTrue();
      }
      try (QuorateClient closed = member.client(options)) {
        closed.close();
        assertThatThrownBy(() -> closed.kv().get("k"))
            .isInstanceOf(QuorateException.Unavailable.class);
      }
    }
    assertThat(exporter.getFinishedSpanItems())
        .extracting(span -> span.getAttributes().get(OUTCOME))
        .containsExactly("CANCELLED", "STOPPED");
    assertThat(exporter.getFinishedSpanItems())
        .extracting(span -> span.getAttributes().get(ERROR))
        .containsExactly("CANCELLED", "CANCELLED");
  }

  @Test
  void without_an_sdk_calls_are_made_all_the_same(@TempDir Path directory) {
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    ClientOptions untraced =
        ClientOptions.DEFAULT.observer(new QuorateTracing(OpenTelemetry.noop()));
    try (EmbeddedNode node = Quorate.node(config).client(untraced).start()) {
      node.client().kv().put("a", "b");
      assertThat(node.client().kv().get("a")).isPresent();
    }
  }
}
