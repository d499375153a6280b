package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.QuorateException;
import io.quorate.client.ClientObserver;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows what a client's observers hear of its connections. */
@Timeout(60)
class ConnectionListenerTest {
  private final ScriptedServer server = new ScriptedServer();
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private final ClientObserver observer =
      new ClientObserver() {
        @Override
        public void connected(String endpoint) {
          heard.add(endpoint + " connected");
        }

        @Override
        public void disconnected(String endpoint, String why) {
          heard.add(endpoint + " disconnected: " + why);
        }

        @Override
        public void unreachable(String endpoint, String why) {
          heard.add(endpoint + " unreachable");
        }
      };

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private QuorateClient client() {
    ClientOptions options =
        ClientOptions.DEFAULT.reachTimeout(Duration.ofMillis(1)).observer(observer);
    return QuorateClient.connect(options, null, List.of(server.endpoint()));
  }

  private String next() throws InterruptedException {
    return String.valueOf(heard.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void a_connection_is_told_when_it_is_made_when_it_breaks_and_when_no_other_can_be()
      throws Exception {
    String member = server.endpoint();
    try (QuorateClient client = client()) {
      client.kv().get("k");
      assertThat(next()).isEqualTo(member + " connected");
      server.answer = ScriptedServer.Stream::cut;
      assertThatThrownBy(() -> client.kv().put("k", "v")).isInstanceOf(QuorateException.class);
      assertThat(next()).startsWith(member + " disconnected: ");
      server.close();
      assertThatThrownBy(() -> client.kv().put("k", "v")).isInstanceOf(QuorateException.class);
      assertThat(next()).isEqualTo(member + " unreachable");
    }
  }

  /** Else a gauge of connections would never come down to nothing. */
  @Test
  void a_connection_that_ends_with_its_client_is_told_once() throws Exception {
    try (QuorateClient client = client()) {
      client.kv().get("k");
    }
    assertThat(next()).endsWith(" connected");
    assertThat(next()).endsWith(" disconnected: the client is closed");
    assertThat(heard).isEmpty();
  }
}
