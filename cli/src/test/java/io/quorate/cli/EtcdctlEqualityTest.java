package io.quorate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Shows that our command prints what etcdctl prints, byte for byte: one script is run by both, each
 * against a real etcd of its own that starts empty, so that revisions are the same.
 */
@SuppressWarnings("StringConcatToTextBlock") // what is sent, line by line
class EtcdctlEqualityTest {
  @TempDir static Path folder;

  private static Etcd ours;
  private static Etcd theirs;

  /** Only what can't be equal between two clusters is masked: their ids. */
  private static final Pattern IDS = Pattern.compile("\\b\\d{15,20}\\b");

  @BeforeAll
  static void start() throws Exception {
    ours = Etcd.start(Files.createDirectory(folder.resolve("ours")));
    theirs = Etcd.start(Files.createDirectory(folder.resolve("theirs")));
  }

  @AfterAll
  static void stop() {
    ours.close();
    theirs.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple", "json", "fields"})
  void keys_are_printed_as_etcdctl_prints_them(String format) throws Exception {
    List<Step> script = new ArrayList<>();
    script.add(Step.of("put", "k1", "v1"));
    script.add(Step.of("put", "k2", "two words"));
    script.add(Step.of("put", "k3", ""));
    script.add(Step.of("put", "k1", "v1b", "--prev-kv"));
    script.add(Step.of("put", "new-" + format, "v", "--prev-kv"));
    script.add(Step.of("put", "k2", "--ignore-value", "--prev-kv"));
    script.add(Step.of("put", "neg", "--", "-v"));
    script.add(Step.withInput("from\nstandard\ninput\n", "put", "piped"));
    script.add(Step.of("put", "esc", "tab\t\"quote\" \\ back é € 😀 \u00ad \u2028 <&>"));
    script.add(Step.withInput("\u0001\u00ff\u007f\u00c3\u00a9\n\u00c3", "put", "binary"));
    script.add(Step.of("get", "k1"));
    script.add(Step.of("get", "none"));
    script.add(Step.of("get", "k", "--prefix"));
    script.add(Step.of("get", "k1", "k3"));
    script.add(Step.of("get", "k2", "--from-key"));
    script.add(Step.of("get", "", "--prefix", "--limit", "3"));
    script.add(Step.of("get", "", "--from-key", "--limit=2"));
    script.add(Step.of("get", "k", "--prefix", "--keys-only"));
    script.add(Step.of("get", "k", "--prefix", "--order=DESCEND"));
    script.add(Step.of("get", "k", "--prefix", "--order", "ascend", "--sort-by", "modify"));
    script.add(Step.of("get", "k", "--prefix", "--sort-by=VALUE"));
    script.add(Step.of("get", "k", "--prefix", "--sort-by=version", "--order=DESCEND"));
    script.add(Step.of("get", "k", "--prefix", "--sort-by=CREATE", "--order=descend"));
    script.add(Step.of("get", "k1", "--rev", "2"));
    script.add(Step.of("get", "k1", "--consistency=s"));
    script.add(Step.of("get", "k1", "--prefix=false"));
    script.add(Step.of("get", "esc"));
    script.add(Step.of("get", "binary"));
    script.add(Step.of("get", "binary", "--hex"));
    script.add(Step.of("get", "esc", "--hex"));
    script.add(
        Step.withInput(
            "value(\"k1\") = \"v1b\"\nmod(\"k1\") > \"0\"\n\n"
                + "get k --prefix\nput x \"a b\\n\\x41\"\nput --prev-kv k1 v2\n"
                + "del k2 --prev-kv\ndel nothing\nget k1 --keys-only\n\nget zz\n\n",
            "txn"));
    script.add(Step.withInput("version(\"k1\") = \"100\"\n\n\nget k1\nput y z\n\n", "txn"));
    script.add(Step.withInput("ver(\"k1\") != \"0\"\nc(\"k1\") < \"99\"\n\n\n\n", "txn"));
    script.add(Step.withInput("create(\"k1\") = \"0\"\n\n\nget k1\n\n", "txn", "-i"));
    script.add(Step.withInput("\n\n\n", "txn"));
    script.add(Step.of("del", "x"));
    script.add(Step.of("del", "x"));
    script.add(Step.of("del", "k", "--prefix", "--prev-kv"));
    script.add(Step.of("del", "a", "f", "--prev-kv"));
    script.add(Step.of("del", "", "--from-key"));
    for (Step step : script) {
      assertSame(step, "-w", format);
    }
  }

  /** A command's words may be cut short where only one begins so. */
  @Test
  void commands_that_are_only_begun_are_understood_as_etcdctl_understands_them() throws Exception {
    assertSame(Step.of("pu", "begun", "1"));
    assertSame(Step.of("ge", "begun"));
    assertSame(Step.of("--write-out", "json", "compact", "1"));
    assertSame(Step.of("ro", "ad", "begun"));
    assertSame(Step.of("role", "grant", "begun", "read", "foo"));
    assertSame(Step.of("role", "ge", "begun"));
    assertSame(Step.of("role", "del", "begun"));
  }

  @Test
  void values_alone_and_compaction_are_printed_as_etcdctl_prints_them() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertSame(Step.of("put", "v", "value " + i));
    }
    assertSame(Step.of("get", "v", "--print-value-only"));
    assertSame(Step.of("get", "v", "--print-value-only", "--hex"));
    assertSame(Step.of("compaction", "3"));
    assertSame(Step.of("compaction", "4", "--physical"));
    assertSame(Step.of("compaction", "--", "5"), "-w", "json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple", "json", "fields", "table"})
  void members_and_their_states_are_printed_as_etcdctl_prints_them(String format) throws Exception {
    for (Step step :
        List.of(
            Step.of("member", "list"),
            Step.of("member", "list", "--hex"),
            Step.of("endpoint", "status"),
            Step.of("endpoint", "status", "--cluster"))) {
      Step full = step.with("-w", format);
      assertThat(run(theirs, full).out()) // both ask the same member, and nothing is masked
          .isEqualTo(etcdctl(theirs, full).out());
    }
  }

  @Test
  void errors_are_etcds_words_on_standard_error_and_nothing_on_standard_output() {
    assertFails(
        1,
        "etcdserver: mvcc: required revision is a future revision",
        "get",
        "a",
        "--rev",
        "999999");
    assertFails(1, "etcdserver: key is not provided", "get", "");
    assertFails(1, "etcdserver: requested lease not found", "put", "a", "b", "--lease=7b");
    assertFails(
        128, "get command needs one argument as key and an optional argument as range_end", "get");
    assertFails(
        128,
        "`--prefix` and `--from-key` cannot be set at the same time, choose one",
        "get",
        "a",
        "--prefix",
        "--from-key");
    assertFails(4, "bad sort order up", "get", "a", "--order=up");
    assertFails(4, "bad sort target size", "get", "a", "--sort-by", "size");
    assertFails(4, "unknown consistency flag \"x\"", "get", "a", "--consistency=x");
    assertFails(4, "table not supported as output format", "get", "a", "-w", "table");
    assertFails(4, "unsupported output format", "get", "a", "-w", "xml");
    assertFails(
        128,
        "print-value-only is only for `--write-out=simple`",
        "get",
        "a",
        "-w",
        "json",
        "--print-value-only");
    assertFails(128, "compaction command needs 1 argument", "compaction");
    assertFails(1, "unknown command \"gte\"", "gte", "a");
    assertFails(1, "Unknown option: '--prefx'", "get", "--prefx", "a");
  }

  @Test
  void a_malformed_transaction_is_refused_before_anything_is_sent() {
    for (String input :
        List.of(
            "foo\n\n\n\n",
            "value(k1) = \"x\"\n\n\n\n",
            "xx(\"k1\") = \"x\"\n\n\n\n",
            "mod(\"k1\") = \"x\"\n\n\n\n",
            "mod(\"k1\") ~ \"1\"\n\n\n\n",
            "\nget\n\n\n",
            "\nfoo bar\n\n\n",
            "\nget k1 --bogus\n\n\n",
            "\nput \"open 1\n\n\n")) {
      Result result = run(ours, Step.withInput(input, "txn"));
      assertThat(result.code()).as(input).isEqualTo(3);
      assertThat(result.out()).as(input).isEmpty();
      assertThat(result.err()).as(input).startsWith("Error: ");
    }
  }

  @Test
  void single_quotes_in_a_transaction_keep_blanks_together() {
    Result result = run(ours, Step.withInput("\nput 'a b' 'c d'\nget 'a b'\n\n\n", "txn"));
    assertThat(result.out()).isEqualTo("SUCCESS\n\nOK\n\na b\nc d\n");
  }

  @Test
  void an_unreachable_member_and_an_unhealthy_one_end_as_with_etcdctl() throws Exception {
    String nobody = "127.0.0.1:" + freePort();
    List<String> quick = List.of("--dial-timeout=200ms", "--endpoints", nobody);
    Result get = run(quick, "get", "a");
    assertThat(get.code()).isEqualTo(1);
    assertThat(get.err()).contains("no member can be reached");
    Result health =
        run(
            List.of("--endpoints", ours.endpoint + "," + nobody), // the one must be reached
            "endpoint",
            "health");
    assertThat(health.code()).isEqualTo(1);
    assertThat(health.out())
        .matches(
            "127.0.0.1:\\d+ is healthy: successfully committed proposal: took = [0-9.]+[mµ]?s\n");
    assertThat(health.err())
        .contains(nobody + " is unhealthy: failed to commit proposal:")
        .endsWith("Error: unhealthy cluster\n");
    assertThat(run(quick, "endpoint", "status").code()).isEqualTo(1);
  }

  @Test
  void health_in_json_has_etcdctls_shape() {
    Result health = run(ours, Step.of("endpoint", "health", "--cluster", "-w", "json"));
    assertThat(health.out())
        .matches("\\[\\{\"endpoint\":\"http://[0-9.:]+\",\"health\":true,\"took\":\"[^\"]+\"}]\n");
  }

  @Test
  void global_options_come_from_variables_where_the_command_line_is_silent() {
    Map<String, String> theirVariables =
        Map.of("ETCDCTL_ENDPOINTS", ours.endpoint, "ETCDCTL_WRITE_OUT", "json");
    assertThat(run(theirVariables, new byte[0], "get", "none").out()).startsWith("{\"header\"");
    Map<String, String> both =
        Map.of(
            "ETCDCTL_ENDPOINTS", ours.endpoint,
            "ETCDCTL_WRITE_OUT", "json",
            "QUORATE_WRITE_OUT", "fields");
    assertThat(run(both, new byte[0], "get", "none").out()).startsWith("\"ClusterID\"");
    assertThat(run(both, new byte[0], "get", "none", "-w", "simple").out()).isEmpty();
  }

  /** Etcdctl goes on as nobody then, and the member complains of something else. */
  @Test
  void no_password_where_one_is_asked_for_is_said_at_once() {
    for (String input : List.of("", "\n")) {
      assertThat(run(ours, Step.withInput(input, "--user=u", "get", "a")))
          .isEqualTo(new Result(ExitCodes.USAGE, "Password: \n", "Error: empty password\n"));
    }
  }

  /** The records of one service among several, and no plaintext where that is not wanted. */
  @Test
  void members_are_found_by_srv_records() throws Exception {
    int port = Integer.parseInt(ours.endpoint.substring(ours.endpoint.indexOf(':') + 1));
    try (FakeDns _ =
        new FakeDns(
            Map.of(
                "_etcd-client._tcp.cluster.test", List.of(port),
                "_etcd-client-two._tcp.cluster.test", List.of(port, freePort())))) {
      List<String> domain = List.of("--discovery-srv=cluster.test", "--command-timeout=20s");
      assertThat(run(domain, "put", "found", "1").out()).isEqualTo("OK\n");
      assertThat(run(domain, "--discovery-srv-name=two", "get", "found").out())
          .isEqualTo("found\n1\n");
      for (String none : List.of("--discovery-srv-name=three", "--insecure-discovery=false")) {
        Result result = run(domain, none, "get", "found");
        assertThat(result.err())
            .as(none)
            .startsWith("Error: no SRV records of members are found under cluster.test");
        assertThat(result.code()).isEqualTo(ExitCodes.FAILED);
      }
    }
  }

  @Test
  void every_command_has_help_that_ends_with_two_examples_and_no_colour() {
    List<String> commands = new ArrayList<>(Commands.NAMES);
    commands.add("completion");
    for (String command : commands) {
      List<String> args = new ArrayList<>(List.of(command.split(" ", -1)));
      args.add("--help");
      Result help = run(Map.of(), new byte[0], args.toArray(String[]::new));
      assertThat(help.code()).isEqualTo(0);
      assertThat(help.out()).doesNotContain("\u001b");
      String[] lines = help.out().split("\n", -1);
      assertThat(lines[lines.length - 4]).as(command).isEqualTo("Examples:");
      assertThat(lines[lines.length - 3]).as(command).contains("quorate ");
      assertThat(lines[lines.length - 2]).as(command).contains("quorate ");
    }
  }

  /** Option values before the command, after it, joined and apart: the quick way and picocli's. */
  @Test
  void every_way_to_write_an_option_means_the_same() {
    for (List<String> line :
        List.of(
            List.of("--endpoints", theirs.endpoint, "-w", "json", "member", "list"),
            List.of("member", "--endpoints=" + theirs.endpoint, "list", "--write-out=json"),
            List.of("member", "list", "-wjson", "--endpoints", theirs.endpoint),
            List.of("-w", "simple", "member", "list", "-w=json", "--endpoints", theirs.endpoint),
            List.of(
                "--insecure-transport=true",
                "--endpoints",
                theirs.endpoint,
                "--hex=false",
                "member",
                "list",
                "--write-out",
                "json"))) {
      Result result = run(List.of(), line.toArray(String[]::new));
      assertThat(result.err()).isEmpty();
      assertThat(result.out()).startsWith("{\"header\":{\"cluster_id\":").endsWith("}]}\n");
    }
    Result twice = run(ours, Step.of("get", "a", "--limit", "--rev=1"));
    assertThat(twice.code()).isEqualTo(1);
  }

  @Test
  void the_completion_script_knows_every_command() {
    Result script = run(Map.of(), new byte[0], "completion", "bash");
    assertThat(script.code()).isEqualTo(0);
    assertThat(script.out()).contains("compaction", "member", "endpoint", "--endpoints");
  }

  private static void assertFails(int code, String words, String... args) {
    Result result = run(ours, Step.of(args));
    assertThat(result.err()).startsWith("Error: " + words);
    assertThat(result.code()).isEqualTo(code);
    assertThat(result.out()).isEmpty();
  }

  private static void assertSame(Step step, String... options) throws Exception {
    Step full = step.with(options);
    Result mine = run(ours, full);
    Result judge = etcdctl(theirs, full);
    assertThat(IDS.matcher(mine.out()).replaceAll("#"))
        .as(String.join(" ", full.args()) + "\n" + mine.err() + judge.err())
        .isEqualTo(IDS.matcher(judge.out()).replaceAll("#"));
    assertThat(mine.code()).isEqualTo(judge.code());
  }

  private static Result run(Etcd etcd, Step step) {
    return run(Map.of("ETCDCTL_ENDPOINTS", etcd.endpoint), step.input().toArray(), step.rawArgs());
  }

  private static Result run(List<String> options, String... args) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(args));
    return run(Map.of(), new byte[0], all.toArray(String[]::new));
  }

  private static Result run(Map<String, String> variables, byte[] input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Cli(
                new ByteArrayInputStream(input),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                variables)
            .run(args);
    return new Result(
        code, out.toString(StandardCharsets.ISO_8859_1), err.toString(StandardCharsets.ISO_8859_1));
  }

  private static Result etcdctl(Etcd etcd, Step step) throws Exception {
    List<String> line = new ArrayList<>(List.of("etcdctl"));
    line.addAll(step.args());
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
    builder.environment().put("ETCDCTL_API", "3");
    builder.environment().put("ETCDCTL_ENDPOINTS", etcd.endpoint);
    Path err = Files.createTempFile(folder, "etcdctl", ".err");
    Process process = builder.redirectError(err.toFile()).start();
    try (var stdin = process.getOutputStream()) {
      stdin.write(step.input().toArray());
    } catch (IOException e) {
      // It didn't want it all.
    }
    byte[] out;
    try (InputStream stdout = process.getInputStream()) {
      out = stdout.readAllBytes();
    }
    return new Result(
        process.waitFor(),
        new String(out, StandardCharsets.ISO_8859_1),
        Files.readString(err, StandardCharsets.ISO_8859_1));
  }

  private record Result(int code, String out, String err) {}

  /** One command, with what it reads from standard input. */
  private record Step(Bytes input, List<String> args) {
    static Step of(String... args) {
      return new Step(Bytes.EMPTY, List.of(args));
    }

    static Step withInput(String input, String... args) {
      return new Step(Bytes.wrap(input.getBytes(StandardCharsets.ISO_8859_1)), List.of(args));
    }

    /** Options go first, since "--" may end them. */
    Step with(String... options) {
      List<String> all = new ArrayList<>(List.of(options));
      all.addAll(args);
      return new Step(input, all);
    }

    String[] rawArgs() {
      return args.stream()
          .map(arg -> new String(arg.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
          .toArray(String[]::new);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A real etcd of one member on loopback. */
  private record Etcd(Process process, String endpoint) implements AutoCloseable {
    static Etcd start(Path folder) throws IOException, InterruptedException {
      int port = freePort();
      String client = "http://127.0.0.1:" + port;
      String peer = "http://127.0.0.1:" + freePort();
      Process process =
          new ProcessBuilder(
                  "etcd",
                  "--name",
                  "m",
                  "--data-dir",
                  folder.resolve("data").toString(),
                  "--listen-client-urls",
                  client,
                  "--advertise-client-urls",
                  client,
                  "--listen-peer-urls",
                  peer,
                  "--initial-advertise-peer-urls",
                  peer,
                  "--initial-cluster",
                  "m=" + peer)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("etcd.log").toFile())
              .start();
      for (int i = 0; i < 600; i++) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
          if (socket.isConnected()) {
            return new Etcd(process, "127.0.0.1:" + port);
          }
        } catch (IOException e) {
          if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
            break;
          }
        }
      }
      process.destroyForcibly();
      throw new IOException(Files.readString(folder.resolve("etcd.log")));
    }

    @Override
    public void close() {
      process.destroyForcibly();
      try {
        process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
