package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shows what tools learn of a server, and that questions without sense get an answer. */
class ReflectionTest {
  private static void register(ServiceRegistry registry) {
    SchemaFile a =
        new SchemaFile(
            "a.proto",
            List.of("b.proto", "gone.proto"),
            List.of("test.Service", "test.Service.Echo"),
            Bytes.utf8("<a>"));
    SchemaFile b =
        new SchemaFile("b.proto", List.of("a.proto"), List.of("test.Message"), Bytes.utf8("<b>"));
    new ReflectionService(registry, List.of(a, b)).register();
  }

  @Test
  void services_and_files_are_told_in_both_versions() throws Exception {
    try (TestServer server = new TestServer(ReflectionTest::register, b -> b);
        RawClient client = server.client()) {
      int stream = 1;
      for (String version : List.of("v1", "v1alpha")) {
        client.headers(
            stream,
            "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
            false);
        assertThat(ask(client, stream, new WireMessage().text(7, "")))
            .contains("test.Service", "grpc.reflection.v1.ServerReflection");
        assertThat(ask(client, stream, new WireMessage().text(4, "test.Service.Echo")))
            .contains("<a>", "<b>");
        assertThat(ask(client, stream, new WireMessage().text(3, "b.proto"))).contains("<b>");
        assertThat(ask(client, stream, new WireMessage().text(1, "host").text(4, "no.Such")))
            .contains("symbol not found: no.Such", "host");
        assertThat(ask(client, stream, new WireMessage().text(6, "test.Message")))
            .contains("test.Message")
            .doesNotContain("not found");
        assertThat(ask(client, stream, new WireMessage().text(1, "host")))
            .contains("nothing was asked for");
        stream += 2;
      }
    }
  }

  /** Bytes that are no message end the conversation with a status, and nothing else. */
  @Test
  void a_malformed_question_ends_its_conversation() throws Exception {
    try (TestServer server = new TestServer(ReflectionTest::register, b -> b);
        RawClient client = server.client()) {
      client
          .headers(1, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", false)
          .message(1, new byte[] {10, 100, 'x'}, false);
      assertThat(client.answer(1).grpcStatus()).isEqualTo(13);
      assertThat(server.failures).isEmpty();
    }
  }

  /** What calls come to is counted where they are registered. */
  @Test
  void calls_are_counted_by_method_and_code() throws Exception {
    ServiceRegistry[] registries = new ServiceRegistry[1];
    try (TestServer server =
            new TestServer(
                registry -> {
                  registries[0] = registry;
                  registry.measureTimes();
                },
                b -> b);
        RawClient client = server.client()) {
      client.headers(1, TestServer.ECHO, false).message(1, new byte[5], true);
      assertThat(client.answer(1).grpcStatus()).isZero();
      client.headers(3, TestServer.THROW, false).message(3, new byte[0], true);
      assertThat(client.answer(3).grpcStatus()).isEqualTo(13);
      ServiceRegistry.Method echo = registries[0].find(TestServer.ECHO);
      assertThat(echo).isNotNull();
      MethodStatistics echoes = echo.statistics();
      assertThat(echoes.started()).isOne();
      assertThat(echoes.ended(StatusCode.OK)).isOne();
      assertThat(echoes.received()).isOne();
      assertThat(echoes.receivedBytes()).isEqualTo(5);
      assertThat(echoes.sent()).isOne();
      assertThat(echoes.sentBytes()).isEqualTo(5);
      assertThat(java.util.Arrays.stream(echoes.durations()).sum()).isOne();
      ServiceRegistry.Method failing = registries[0].find(TestServer.THROW);
      assertThat(failing).isNotNull();
      assertThat(failing.statistics().ended(StatusCode.INTERNAL)).isOne();
    }
  }

  private static String ask(RawClient client, int stream, WireMessage question) throws Exception {
    client.message(stream, question.encoded().toArray(), false);
    var payload = client.await(OutBuffer.DATA).payload();
    return payload.toString(StandardCharsets.UTF_8);
  }
}
