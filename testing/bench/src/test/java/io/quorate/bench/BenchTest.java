package io.quorate.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.bench.LoadSettings.Kind;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that the load does what it says, against a real etcd, and counts what came of it. */
class BenchTest {
  @TempDir static Path folder;

  private static ServerProcesses etcd;
  private static String endpoint;

  @BeforeAll
  static void start() {
    etcd = ServerProcesses.start(List.of("etcd"), 1, folder);
    InetSocketAddress address = etcd.addressesLeaderFirst().get(0);
    endpoint = address.getHostString() + ":" + address.getPort();
  }

  @AfterAll
  static void stop() {
    etcd.close();
  }

  @Test
  void sequential_puts_write_each_key_of_the_key_space_once() {
    Output output =
        run("put", "--total=500", "--key-space=500", "--sequential-keys", "--warm-up=0s", "--json");
    assertThat(output.code()).isZero();
    assertThat(output.out()).contains("\"case\":\"put\"", "\"failed\":0", "\"errors\":{}");
    try (QuorateClient client = QuorateClient.connect(endpoint)) {
      assertThat(client.kv().range(Range.prefix("kkkkkkkkkk").withCountOnly()).count())
          .isGreaterThanOrEqualTo(500);
      assertThat(client.kv().get("k".repeat(22) + "0000000499").orElseThrow().value().length())
          .isEqualTo(256);
    }
  }

  @Test
  void transactions_compare_and_put_the_same_key() {
    Output output =
        run(
            "txn",
            "--total=50",
            "--key-space=50",
            "--key-size=12",
            "--value-size=3",
            "--sequential-keys",
            "--warm-up=0s");
    assertThat(output.code()).isZero();
    assertThat(output.out()).contains("errors      0");
    try (QuorateClient client = QuorateClient.connect(endpoint)) {
      assertThat(client.kv().get("kk0000000049")).isPresent();
      assertThat(client.kv().range(Range.prefix("kk00000000").withCountOnly()).count())
          .isGreaterThanOrEqualTo(50);
    }
  }

  @Test
  void reads_and_mixed_loads_at_a_fixed_rate_keep_that_rate() {
    for (String kind : List.of("range", "mixed")) {
      Output output =
          run(kind, "--rate=200", "--duration=1s", "--warm-up=100ms", "--clients=8", "--json");
      assertThat(output.code()).isZero();
      assertThat(output.out()).contains("\"rate\":200", "\"failed\":0", "\"p99_9\":");
    }
  }

  @Test
  void failures_are_counted_by_kind_and_not_as_latencies() {
    Output output =
        run("put", "--total=20", "--value-size=1700000", "--clients=2", "--warm-up=0s", "--json");
    assertThat(output.code()).isEqualTo(1);
    assertThat(output.out())
        .contains("\"succeeded\":0", "INVALID_ARGUMENT: etcdserver: request is too large");
  }

  @Test
  void nobody_there_and_wrong_options_are_told_apart() {
    Output nobody = runAt("127.0.0.1:1", "put", "--total=1");
    assertThat(nobody.code()).isEqualTo(3);
    assertThat(nobody.err()).contains("no connection to");
    assertThat(run("put", "--clients=0").code()).isEqualTo(2);
    assertThat(run("put", "--duration=soon").code()).isEqualTo(2);
    assertThat(run("pit").code()).isEqualTo(2);
  }

  @Test
  void the_processor_time_and_memory_of_all_members_are_measured() {
    long before = etcd.cpuNanos();
    var _ = run("put", "--total=2000", "--warm-up=0s");
    assertThat(etcd.cpuNanos()).isGreaterThan(before);
    assertThat(etcd.residentBytes()).isGreaterThan(1 << 20);
  }

  @Test
  void a_patched_request_differs_from_its_template_in_the_key_alone() {
    LoadSettings settings =
        new LoadSettings(
            Kind.TXN,
            List.of(InetSocketAddress.createUnresolved("nowhere", 1)),
            1,
            1,
            32,
            256,
            100,
            false,
            0.5,
            1,
            Duration.ZERO,
            0,
            Duration.ZERO,
            false,
            1);
    Requests request = Requests.txn(settings);
    request.key(7);
    byte[] seven = request.array().clone();
    request.key(1_234_567_890);
    Bytes other = Bytes.wrap(request.array().clone());
    request.key(7);
    assertThat(request.array()).isEqualTo(seven);
    assertThat(other.toUtf8()).contains("k".repeat(22) + "1234567890");
  }

  private static Output run(String... args) {
    return runAt(endpoint, args);
  }

  private static Output runAt(String endpoint, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] all = java.util.Arrays.copyOf(args, args.length + 1);
    all[args.length] = "--endpoints=" + endpoint;
    int code =
        Main.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            all);
    return new Output(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private record Output(int code, String out, String err) {}
}
