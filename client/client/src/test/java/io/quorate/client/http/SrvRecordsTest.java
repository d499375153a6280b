package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.QuorateException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Members are found by their domain's records, as a name server tells them. */
class SrvRecordsTest {
  private static final int TYPE_SRV = 33;
  private static final int NO_SUCH_NAME = 3;

  private record Srv(int port, String host) {}

  /** Of names in lower case, without the last dot. */
  private final Map<String, List<Srv>> zone = new HashMap<>();

  private DatagramSocket socket;
  private Thread server;

  @BeforeEach
  void start() throws Exception {
    socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    server = new Thread(this::serve, "name server");
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    socket.close();
    server.join();
  }

  @Test
  void members_inside_tls_are_found_and_those_in_plaintext_only_where_that_is_wanted() {
    zone.put(
        "_etcd-client-ssl._tcp.example.test",
        List.of(new Srv(2379, "A.example.test"), new Srv(2380, "b.example.test")));
    zone.put("_etcd-client._tcp.example.test", List.of(new Srv(2381, "c.example.test")));
    assertThat(find("example.test", "", false))
        .containsExactlyInAnyOrder("https://a.example.test:2379", "https://b.example.test:2380");
    assertThat(find("example.test", "", true))
        .contains("https://a.example.test:2379", "http://c.example.test:2381");
  }

  @Test
  void one_cluster_of_several_has_a_name() {
    zone.put("_etcd-client-ssl-blue._tcp.example.test", List.of(new Srv(1, "blue.test")));
    zone.put("_etcd-client-ssl-green._tcp.example.test", List.of(new Srv(2, "green.test")));
    assertThat(find("example.test", "green", false)).containsExactly("https://green.test:2");
  }

  @Test
  void a_domain_without_records_is_told() {
    zone.put("_etcd-client._tcp.example.test", List.of(new Srv(2381, "c.example.test")));
    assertThatThrownBy(() -> find("example.test", "", false))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("example.test");
  }

  @Test
  void a_name_server_that_cannot_be_asked_is_no_domain_without_records() {
    assertThatThrownBy(
            () -> SrvRecords.endpoints("example.test", "", false, "dns://no-such-host.invalid:1"))
        .isInstanceOf(QuorateException.Unavailable.class)
        .hasMessageContaining("_etcd-client-ssl._tcp.example.test");
  }

  private List<String> find(String domain, String name, boolean plaintextToo) {
    return SrvRecords.endpoints(
        domain, name, plaintextToo, "dns://127.0.0.1:" + socket.getLocalPort());
  }

  private void serve() {
    byte[] room = new byte[512];
    while (true) {
      DatagramPacket question = new DatagramPacket(room, room.length);
      try {
        socket.receive(question);
        byte[] answer = answer(Arrays.copyOf(room, question.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
      } catch (SocketException e) {
        return; // the test is over
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** An answer as RFC 1035 lays it out: the question's bytes, and the records behind them. */
  private byte[] answer(byte[] question) throws IOException {
    StringBuilder name = new StringBuilder();
    int at = 12;
    while (question[at] != 0) {
      name.append(new String(question, at + 1, question[at], StandardCharsets.US_ASCII));
      at += 1 + question[at];
      name.append(question[at] == 0 ? "" : ".");
    }
    int questionEnd = at + 1 + 4;
    List<Srv> records = zone.get(name.toString().toLowerCase(Locale.ROOT));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(question, 0, 2);
    out.writeShort(0x8580 | (records == null ? NO_SUCH_NAME : 0));
    out.writeShort(1);
    out.writeShort(records == null ? 0 : records.size());
    out.writeInt(0);
    out.write(question, 12, questionEnd - 12);
    for (Srv each : records == null ? List.<Srv>of() : records) {
      out.writeShort(0xc00c); // the name of the question
      out.writeShort(TYPE_SRV);
      out.writeShort(1);
      out.writeInt(60);
      byte[] host = host(each.host());
      out.writeShort(6 + host.length);
      out.writeShort(0);
      out.writeShort(0);
      out.writeShort(each.port());
      out.write(host);
    }
    return bytes.toByteArray();
  }

  private static byte[] host(String name) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String label : name.split("\\.", -1)) {
      out.write(label.length());
      out.write(label.getBytes(StandardCharsets.US_ASCII));
    }
    out.write(0);
    return out.toByteArray();
  }
}
