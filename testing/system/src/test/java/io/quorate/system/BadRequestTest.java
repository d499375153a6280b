package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.SoftAssertions.assertSoftly;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that can't be and bytes that mean nothing: refused in etcd's words, and nothing else
 * happens.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BadRequestTest {
  private static final int MIB = 1 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"etcd", "quorate"})
  void requests_that_can_not_be_are_refused_in_the_same_words(String name) {
    Program program = name.equals("etcd") ? Program.ETCD : Program.quorate();
    try (ProcessCluster cluster = ProcessCluster.start(program, 1);
        RawClient raw = new RawClient(cluster.endpoint(0))) {
      QuorateClient client = raw.client();
      for (int i = 0; i < 10; i++) {
        var _ = client.kv().put("a", "v" + i);
      }
      var _ = client.kv().compact(5, false);
      long revision = client.kv().range(Range.key("a")).header().revision();
      String tooLarge = "INVALID_ARGUMENT etcdserver: request is too large";
      String noKey = "INVALID_ARGUMENT etcdserver: key is not provided";
      String duplicate = "INVALID_ARGUMENT etcdserver: duplicate key given in txn request";
      String tooMany = "INVALID_ARGUMENT etcdserver: too many operations in txn request";
      String future = "OUT_OF_RANGE etcdserver: mvcc: required revision is a future revision";
      String compacted = "OUT_OF_RANGE etcdserver: mvcc: required revision has been compacted";
      assertSoftly(soft -> {
        soft.assertThat(raw.refusalOf(c -> c.kv().put(value(3 * MIB / 2)))).isEqualTo(tooLarge);
        soft.assertThat(raw.refusalOf(c -> c.kv().put(value(2 * MIB - 64)))).isEqualTo(tooLarge);
        soft.assertThat(raw.refusalOf(c -> c.kv().put(value(3 * MIB))))
            .matches(
                "RESOURCE_EXHAUSTED grpc: received message larger than max \\(3145\\d+ vs\\."
                    + " 2097152\\)");
        soft.assertThat(raw.refusalOf(c -> c.kv().txn(puts(129)))).isEqualTo(tooMany);
        soft.assertThat(
                raw.refusalOf(c -> c.kv().txn(Txn.always(Put.of("d", "1"), Put.of("d", "2")))))
            .isEqualTo(duplicate);
        soft.assertThat(
                raw.refusalOf(
                    c -> c.kv().txn(Txn.always().otherwise(Put.of("d", "1"), Put.of("d", "2")))))
            .as("in the branch that does not run")
            .isEqualTo(duplicate);
        soft.assertThat(raw.refusalOf(c -> c.kv().put("", "x"))).isEqualTo(noKey);
        soft.assertThat(raw.refusalOf(c -> c.kv().get(""))).isEqualTo(noKey);
        soft.assertThat(raw.refusalOf(c -> c.kv().delete(Delete.key("")))).isEqualTo(noKey);
        soft.assertThat(raw.refusalOf(c -> c.kv().range(Range.key("a").revision(1_000))))
            .isEqualTo(future);
        soft.assertThat(raw.refusalOf(c -> c.kv().range(Range.key("a").revision(4))))
            .isEqualTo(compacted);
        soft.assertThat(raw.refusalOf(c -> c.kv().compact(5, false))).isEqualTo(compacted);
        soft.assertThat(raw.refusalOf(c -> c.kv().compact(1_000, false))).isEqualTo(future);
      });
      assertThat(client.kv().range(Range.key("a").revision(5)).kvs()).hasSize(1);
      assertThat(client.kv().txn(puts(128)).header().revision()).isEqualTo(revision + 1);
      assertThat(client.kv().put(value(MIB)).header().revision()).isEqualTo(revision + 2);
    }
  }

  @Test
  void garbage_on_any_port_harms_nobody() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3);
        QuorateClient client = cluster.client(0)) {
      List<Socket> open = new ArrayList<>();
      try {
        for (int member = 0; member < cluster.size(); member++) {
          for (int port : new int[] {cluster.clientPort(member), cluster.peerPort(member)}) {
            for (byte[] garbage : garbage(random)) {
              open.add(throwAt(port, garbage));
            }
          }
          assertThat(client.kv().put("between", "all that").header().revision()).isPositive();
        }
      } finally {
        for (Socket socket : open) {
          socket.close();
        }
      }
      for (int i = 0; i < cluster.size(); i++) {
        assertThat(cluster.member(i).isAlive()).as("member %d, -Dseed=%d", i, seed).isTrue();
        try (QuorateClient each = cluster.client(i)) {
          var _ = each.kv().put("after-" + i, "it");
          assertThat(each.kv().get("between")).isPresent();
        }
        assertThat(cluster.member(i).lines())
            .as("-Dseed=%d", seed)
            .noneMatch(line -> line.contains("Exception") || line.contains("InvariantViolation"));
      }
    }
  }

  /** What port scanners, browsers, wrong clients and broken ones send. */
  private static List<byte[]> garbage(Random random) {
    List<byte[]> all = new ArrayList<>();
    for (int size : new int[] {0, 1, 9, 24, 1_000, 70_000}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      all.add(bytes);
    }
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] noise = new byte[2_000];
    random.nextBytes(noise);
    all.add(joined(preface, noise));
    // A settings frame that says it is 16 MiB long.
    all.add(joined(preface, new byte[] {-1, -1, -1, 4, 0, 0, 0, 0, 0, 1, 2, 3}));
    all.add("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    all.add(("GET /" + "a".repeat(100_000)).getBytes(StandardCharsets.US_ASCII));
    all.add(
        "POST /v3/kv/put HTTP/1.1\r\nContent-Length: -5\r\n\r\n{"
            .getBytes(StandardCharsets.US_ASCII));
    // The beginning of a TLS handshake.
    all.add(joined(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, -4, 3, 3}, noise));
    return all;
  }

  private static Socket throwAt(int port, byte[] garbage) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    try {
      socket.getOutputStream().write(garbage);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      // it was shown the door before it had said all
    }
    return socket;
  }

  private static byte[] joined(byte[] some, byte[] more) {
    byte[] all = java.util.Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  private static Put value(int bytes) {
    return Put.of(Bytes.utf8("large"), Bytes.wrap(new byte[bytes]));
  }

  private static Txn puts(int count) {
    return Txn.always(
        IntStream.range(0, count).mapToObj(i -> Put.of("many-" + i, "x")).toArray(Op[]::new));
  }
}
