package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What etcdctl prints is the same against Quorate as against a real etcd: one script, three members
 * each, through each of the three client ports. Only what two clusters can't have in common is
 * masked: ids, ports, terms and indexes, sizes, times, the version.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class EtcdctlTest {
  private static final int MEMBERS = 3;

  private static ProcessCluster etcd;
  private static ProcessCluster quorate;

  @BeforeAll
  static void start() {
    etcd = ProcessCluster.start(Program.ETCD, MEMBERS);
    quorate = ProcessCluster.start(Program.quorate(), MEMBERS);
  }

  @AfterAll
  static void stop() {
    for (ProcessCluster each : Arrays.asList(etcd, quorate)) {
      if (each != null) {
        each.close();
      }
    }
  }

  @Test
  void one_script_prints_the_same_against_etcd_and_quorate_through_every_port() {
    List<String> differences = new ArrayList<>();
    for (int port = 0; port < MEMBERS; port++) {
      for (Step step : script(revision(port))) {
        compare(port, step, differences);
      }
      for (Step step : questions()) {
        compare(port, step, differences);
      }
    }
    assertThat(differences).as(String.join("\n", differences)).isEmpty();
  }

  @Test
  void all_endpoints_asked_at_once_answer_alike_and_one_of_them_leads() {
    List<String> differences = new ArrayList<>();
    for (Step step :
        List.of(
            Step.of("endpoint", "health"),
            Step.of("endpoint", "status"),
            Step.of("endpoint", "status", "-w", "table"),
            Step.of("put", "through-all", "1"))) {
      differ(
          step,
          masked(etcd, Etcdctl.run(all(etcd), step)),
          masked(quorate, Etcdctl.run(all(quorate), step)),
          differences);
    }
    assertThat(differences).as(String.join("\n", differences)).isEmpty();
    String status = Etcdctl.run(all(quorate), Step.of("endpoint", "status")).out();
    assertThat(status.lines().filter(line -> line.split(", ", -1)[4].equals("true"))).hasSize(1);
  }

  /** Every command of the keyspace, in an order that leaves a trace of each. */
  private static List<Step> script(long base) {
    List<Step> steps = new ArrayList<>();
    steps.add(Step.of("get", "", "--prefix"));
    steps.add(Step.of("put", "k1", "v1"));
    steps.add(Step.of("put", "k2", "two words", "-w", "json"));
    steps.add(Step.of("put", "k3", "", "-w", "fields"));
    steps.add(Step.of("put", "k1", "v1b", "--prev-kv"));
    steps.add(Step.of("put", "k1", "v1c", "--prev-kv", "-w", "json"));
    steps.add(Step.of("put", "k2", "--ignore-value"));
    steps.add(Step.withInput("a\nfew\nlines", "put", "piped"));
    for (String format : List.of("simple", "json", "fields")) {
      steps.add(Step.of("get", "k1", "-w", format));
      steps.add(Step.of("get", "none", "-w", format));
      steps.add(Step.of("get", "k", "--prefix", "-w", format));
      steps.add(Step.of("get", "k", "--prefix", "--limit=2", "-w", format));
      steps.add(Step.of("get", "k1", "--rev=" + (base + 1), "-w", format));
      steps.add(
          Step.withInput(
              "value(\"k1\") = \"v1c\"\n\nput t 1\nget k --prefix\ndel k3\n\nget none\n\n",
              "txn",
              "-w",
              format));
      steps.add(
          Step.withInput(
              "mod(\"k1\") = \"1\"\n\nput t 1\n\nget k1\nput t 2\n\n", "txn", "-w", format));
      steps.add(Step.of("put", "k3", "again"));
      steps.add(Step.of("del", "t", "-w", format));
      steps.add(Step.of("del", "t", "-w", format));
    }
    steps.add(Step.of("get", "k1", "k3"));
    steps.add(Step.of("get", "k2", "--from-key"));
    steps.add(Step.of("get", "k", "--prefix", "--keys-only"));
    steps.add(Step.of("get", "k", "--prefix", "--order=DESCEND", "--sort-by=MODIFY"));
    steps.add(Step.of("get", "k", "--prefix", "--order=ASCEND", "--sort-by=VERSION"));
    steps.add(Step.of("get", "k", "--prefix", "--sort-by=VALUE", "--print-value-only"));
    steps.add(Step.of("get", "k1", "--consistency=s"));
    steps.add(Step.of("get", "k1", "--hex"));
    steps.add(Step.of("del", "k", "--prefix", "--prev-kv"));
    steps.add(Step.of("put", "k1", "new life"));
    steps.add(Step.of("get", "k1", "-w", "json"));
    steps.add(Step.of("compaction", Long.toString(base + 5)));
    steps.add(Step.of("compaction", Long.toString(base + 6), "--physical"));
    steps.add(Step.of("compaction", Long.toString(base + 6)));
    steps.add(Step.of("compaction", "99999999"));
    steps.add(Step.of("get", "k1", "--rev=" + (base + 6)));
    // Errors: the same words and the same exit code.
    steps.add(Step.of("get", "k1", "--rev=" + (base + 5)));
    steps.add(Step.of("get", "k1", "--rev=99999999"));
    steps.add(Step.of("get", ""));
    steps.add(Step.of("put", "", "x"));
    steps.add(Step.of("del", ""));
    steps.add(Step.of("put", "k1", "x", "--lease=7b"));
    steps.add(Step.of("put", "missing", "--ignore-value"));
    steps.add(Step.withInput("\nput a 1\nput a 2\n\n\n", "txn"));
    steps.add(Step.withInput("\nput a 1\ndel a --prefix\n\n\n", "txn"));
    steps.add(Step.withInput("\n" + "put a 1\n".repeat(129) + "\n\n", "txn"));
    steps.add(Step.withInput("x".repeat(1_600_000), "put", "large"));
    steps.add(Step.withInput("x".repeat(1_000_000), "put", "large"));
    steps.add(Step.of("del", "large"));
    steps.add(Step.of("del", "", "--from-key"));
    return steps;
  }

  /** About the members. */
  private static List<Step> questions() {
    List<Step> steps = new ArrayList<>();
    for (String format : List.of("simple", "json", "fields", "table")) {
      steps.add(Step.of("endpoint", "status", "-w", format));
      steps.add(Step.of("endpoint", "status", "--cluster", "-w", format));
      steps.add(Step.of("member", "list", "-w", format));
    }
    steps.add(Step.of("endpoint", "health"));
    steps.add(Step.of("endpoint", "health", "--cluster"));
    return steps;
  }

  private static void compare(int port, Step step, List<String> differences) {
    differ(
        step,
        masked(etcd, Etcdctl.run(etcd.endpoint(port), step)),
        masked(quorate, Etcdctl.run(quorate.endpoint(port), step)),
        differences);
  }

  private static void differ(Step step, String theirs, String ours, List<String> differences) {
    if (!theirs.equals(ours)) {
      differences.add(step + "\n  etcd:    " + theirs + "\n  Quorate: " + ours);
    }
  }

  private static String all(ProcessCluster cluster) {
    return String.join(",", cluster.endpointsFrom(0));
  }

  /** Where both stand; they must stand at the same. */
  private static long revision(int port) {
    long[] revisions = new long[2];
    int i = 0;
    for (ProcessCluster cluster : List.of(etcd, quorate)) {
      String out = Etcdctl.run(cluster.endpoint(port), Step.of("get", "none", "-w", "json")).out();
      Matcher matcher = Pattern.compile("\"revision\":(\\d+)").matcher(out);
      assertThat(matcher.find()).as(out).isTrue();
      revisions[i++] = Long.parseLong(matcher.group(1));
    }
    assertThat(revisions[1]).isEqualTo(revisions[0]);
    return revisions[0];
  }

  private static String masked(ProcessCluster cluster, Result result) {
    return "exit code "
        + result.code()
        + "\n"
        + masked(cluster, result.out())
        + masked(cluster, result.err());
  }

  /** The text without what differs between any two clusters; lines of members in one order. */
  private static String masked(ProcessCluster cluster, String text) {
    String masked = text;
    for (int i = 0; i < cluster.size(); i++) {
      masked = masked.replace(cluster.endpoint(i), "CLIENT-" + i);
      masked = masked.replace("127.0.0.1:" + cluster.peerPort(i), "PEER-" + i);
    }
    masked =
        masked
            .replaceAll("\\b[0-9a-f]{13,16}\\b|\\b\\d{15,20}\\b", "ID")
            .replaceAll("client-[0-9a-f-]{36}", "client-ID")
            .replaceAll("\"ts\":\"[^\"]*\"", "\"ts\":TIME")
            .replaceAll("took = [0-9.]+[mµÂ\u00b5]*s", "took = TIME")
            .replaceAll("\\b3\\.[46]\\.\\d+\\b", "VERSION")
            .replaceAll(
                "(?i)(\"(raft_?term|raft_?index|raftappliedindex|dbsize(inuse)?)\" ?: ?)\\d+",
                "$1N")
            .replaceAll("\\d+(\\.\\d+)? [kM]?B\\b", "SIZE")
            .replaceAll("(?<=(true|false)(, | \\| {1,20}))\\d+((, | +\\| +)\\d+)*", "N")
            .replaceAll("-{3,}", "-")
            .replaceAll(" {2,}", " ");
    // The leader is another member here and there, and ids decide the order of members.
    if (masked.contains("SIZE") || masked.contains("raftAppliedIndex")) {
      masked = masked.replaceAll("\\b(true|false)\\b", "BOOL");
    }
    if (masked.contains("PEER-") || masked.contains("healthy") || masked.contains("VERSION")) {
      masked =
          masked
              .replace("{", "\n{")
              .lines()
              .map(line -> line.replaceAll("[\\},\\]]+$", ""))
              .sorted()
              .collect(Collectors.joining("\n"));
    }
    return masked;
  }
}
