package io.quorate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in by host and origin, as observed on an etcd 3.4.23. */
class HttpGuardTest {
  private static final HttpAccess ONE =
      new HttpAccess(List.of("good.example", "::1"), List.of("http://a.example:80"));

  /** CVE-2018-1099, CVE-2018-5702: a name server that turns its answer lets a page in. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /version HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: 127.0.0.1:2379\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /version HTTP/1.0\r\n\r\n",
        "GET http://evil.example/version HTTP/1.1\r\nHost: good.example\r\n\r\n",
        "OPTIONS /version HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      })
  void a_host_that_is_not_listed_is_misdirected(String request) {
    String answer = ask(ONE, request);
    assertThat(answer)
        .startsWith("HTTP/1.1 421 Misdirected Request")
        .contains("connection: close", "--host-whitelist")
        .doesNotContain("access-control", "etcdserver");
  }

  @ParameterizedTest
  @ValueSource(strings = {"good.example", "good.example:99", "[::1]:2379", "[::1]"})
  void a_host_that_is_listed_is_let_in_on_any_port(String host) {
    assertThat(ask(ONE, "GET /version HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("etcdserver");
  }

  @Test
  void two_hosts_are_none() {
    assertThat(
            ask(ONE, "GET /version HTTP/1.1\r\nHost: good.example\r\nHost: evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 400 Bad Request");
  }

  @Test
  void what_is_misdirected_does_not_write_into_its_answer() {
    assertThat(ask(ONE, "GET / HTTP/1.1\r\nHost: <script>alert(1)</script>\r\n\r\n"))
        .startsWith("HTTP/1.1 421")
        .doesNotContain("<");
  }

  /** CVE-2018-1098: which pages may read what is answered is said, and only of those listed. */
  @Test
  void only_origins_that_are_listed_may_read_answers() {
    String request = "GET /version HTTP/1.1\r\nHost: good.example\r\nOrigin: %s\r\n\r\n";
    assertThat(ask(ONE, request.formatted("http://a.example:80")))
        .startsWith("HTTP/1.1 200 OK")
        .contains(
            "access-control-allow-origin: http://a.example:80\r\n",
            "access-control-allow-methods: POST, GET, OPTIONS, PUT, DELETE\r\n",
            "access-control-allow-headers: accept, content-type, authorization\r\n",
            "vary: origin\r\n");
    assertThat(ask(ONE, request.formatted("http://b.example:80")))
        .startsWith("HTTP/1.1 200 OK")
        .doesNotContain("access-control");
  }

  @Test
  void unless_told_everybody_is_let_in() {
    assertThat(ask(HttpAccess.OPEN, "GET /version HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("access-control-allow-origin: *\r\n");
  }

  @Test
  void what_a_browser_asks_beforehand_is_answered_whatever_the_path() {
    assertThat(
            ask(
                ONE,
                "OPTIONS /nope HTTP/1.1\r\nHost: good.example\r\nOrigin: http://a.example:80\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("access-control-allow-origin: http://a.example:80\r\n", "content-length: 0\r\n");
  }

  private static String ask(HttpAccess access, String request) {
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new AdminHttp(
                    new FakeReplica(),
                    new AdminSettings(1, "3.6.14", "3.6.0", "3.6.0", 10_000),
                    new MemberMetrics(),
                    access,
                    null)
                .get());
    channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
    channel.runPendingTasks();
    StringBuilder answer = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      answer.append(part.toString(StandardCharsets.UTF_8));
      part.release();
    }
    channel.finishAndReleaseAll();
    return answer.toString();
  }
}
