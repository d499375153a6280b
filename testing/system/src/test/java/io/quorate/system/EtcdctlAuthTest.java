package io.quorate.system;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What etcdctl does with users and roles is the same against Quorate as against a real etcd: one
 * script, three members each, and each step by way of another member than the one before, so that a
 * change counts everywhere at once, and so does a token.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class EtcdctlAuthTest {
  private static final int MEMBERS = 3;
  private static final String[] ROOT = {"--user", "root:rootpw"};
  private static final String[] ANN = {"--user", "ann:annpw"};
  private static final String[] BO = {"--user", "bo:"};

  private static ProcessCluster etcd;
  private static ProcessCluster quorate;

  @BeforeAll
  static void start() {
    etcd = ProcessCluster.start(Program.ETCD, MEMBERS);
    quorate = ProcessCluster.start(Program.quorate(), MEMBERS, "--bcrypt-cost=8");
  }

  @AfterAll
  static void stop() {
    for (ProcessCluster each : Arrays.asList(etcd, quorate)) {
      if (each != null) {
        each.close();
      }
    }
  }

  private static Step as(String[] user, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(user));
    return new Step(all, "");
  }

  @Test
  void one_script_of_users_and_roles_prints_the_same_against_etcd_and_quorate() {
    List<String> differences = new ArrayList<>();
    int port = 0;
    for (Step step : script()) {
      String theirs = told(Etcdctl.run(etcd.endpoint(port), step));
      String ours = told(Etcdctl.run(quorate.endpoint(port), step));
      if (!theirs.equals(ours)) {
        differences.add(step + "\n  etcd:    " + theirs + "\n  Quorate: " + ours);
      }
      port = (port + 1) % MEMBERS;
    }
    assertThat(differences).as(String.join("\n", differences)).isEmpty();
  }

  /** Users, and that they matter, are there after every member was killed and started again. */
  @Test
  void users_outlive_a_restart_of_all_members() {
    try (ProcessCluster cluster =
        ProcessCluster.start(Program.quorate(), 1, "--bcrypt-cost=4", "--auth-token-ttl=60")) {
      for (Step step :
          List.of(
              Step.of("user", "add", "root:rootpw"),
              Step.of("user", "grant-role", "root", "root"),
              Step.of("auth", "enable"),
              as(ROOT, "put", "kept", "1"))) {
        assertThat(Etcdctl.run(cluster.endpoint(0), step).code()).as(step.toString()).isZero();
      }
      cluster.member(0).kill();
      cluster.launch(0);
      cluster.awaitReady();
      assertThat(told(Etcdctl.run(cluster.endpoint(0), Step.of("get", "kept"))))
          .contains("user name is empty");
      assertThat(Etcdctl.run(cluster.endpoint(0), as(ROOT, "get", "kept")).out())
          .isEqualTo("kept\n1\n");
      assertThat(
              told(
                  Etcdctl.run(
                      cluster.endpoint(0), as(new String[] {"--user", "root:no"}, "get", "k"))))
          .contains("authentication failed, invalid user ID or password");
    }
  }

  private static List<Step> script() {
    List<Step> steps = new ArrayList<>();
    steps.add(Step.of("auth", "enable"));
    steps.add(as(ROOT, "put", "off", "1"));
    steps.add(Step.of("user", "list"));
    steps.add(Step.of("role", "list"));
    steps.add(Step.of("user", "add", "root:rootpw"));
    steps.add(Step.of("user", "add", "root:again"));
    steps.add(Step.of("role", "add", "root"));
    steps.add(Step.of("user", "grant-role", "root", "root"));
    steps.add(Step.of("user", "add", "ann:annpw"));
    steps.add(Step.of("user", "add", "bo:"));
    steps.add(Step.of("user", "get", "ann"));
    steps.add(Step.of("user", "get", "nobody"));
    steps.add(Step.of("role", "add", "front"));
    steps.add(Step.of("role", "add", "front"));
    steps.add(Step.of("role", "add", "back"));
    steps.add(Step.of("role", "grant-permission", "front", "readwrite", "f/", "--prefix"));
    steps.add(Step.of("role", "grant-permission", "front", "read", "shared"));
    steps.add(Step.of("role", "grant-permission", "back", "read", "b", "c"));
    steps.add(Step.of("role", "grant-permission", "back", "write", "x", "--from-key"));
    steps.add(Step.of("role", "grant-permission", "none", "read", "b"));
    steps.add(Step.of("role", "grant-permission", "back", "execute", "b"));
    steps.add(Step.of("role", "get", "front"));
    steps.add(Step.of("role", "get", "back"));
    steps.add(Step.of("role", "get", "nothing"));
    steps.add(Step.of("role", "list"));
    steps.add(Step.of("user", "grant-role", "ann", "front"));
    steps.add(Step.of("user", "grant-role", "ann", "back"));
    steps.add(Step.of("user", "grant-role", "ann", "nothing"));
    steps.add(Step.of("user", "grant-role", "nobody", "front"));
    steps.add(Step.of("user", "grant-role", "bo", "back"));
    steps.add(Step.of("user", "get", "ann", "--detail"));
    steps.add(Step.of("auth", "enable"));
    steps.add(Step.of("put", "f/1", "x"));
    steps.add(Step.of("get", "f/1"));
    steps.add(Step.of("user", "list"));
    steps.add(as(ROOT, "put", "shared", "s"));
    steps.add(as(ROOT, "put", "b1", "1"));
    steps.add(as(ROOT, "user", "list"));
    steps.add(as(ANN, "put", "f/1", "1"));
    steps.add(as(ANN, "put", "shared", "1"));
    steps.add(as(ANN, "get", "shared"));
    steps.add(as(ANN, "get", "f/", "--prefix"));
    steps.add(as(ANN, "get", "b", "c"));
    steps.add(as(ANN, "get", "b", "d"));
    steps.add(as(ANN, "get", "", "--prefix"));
    steps.add(as(ANN, "put", "x", "1"));
    steps.add(as(ANN, "get", "x"));
    steps.add(as(ANN, "put", "x", "2", "--prev-kv"));
    steps.add(as(ANN, "del", "f/", "--prefix", "--prev-kv"));
    steps.add(as(ANN, "del", "b1"));
    steps.add(as(ANN, "user", "get", "ann"));
    steps.add(as(ANN, "role", "get", "front"));
    steps.add(as(ANN, "user", "get", "bo"));
    steps.add(as(ANN, "user", "add", "carl:x"));
    steps.add(as(ANN, "member", "list"));
    steps.add(withInput("\n\nput f/2 2\nget b1\n\nput q 1\n\n", ANN));
    steps.add(withInput("value(\"q\") = \"1\"\n\nput f/2 2\n\n\n", ANN));
    steps.add(withInput("value(\"b1\") = \"1\"\n\nput f/2 2\nget b1\n\nget f/2\n\n", ANN));
    steps.add(as(BO, "put", "xyz", "1"));
    steps.add(as(BO, "put", "a", "1"));
    steps.add(as(new String[] {"--user", "ann:wrong"}, "get", "shared"));
    steps.add(as(new String[] {"--user", "nobody:wrong"}, "get", "shared"));
    steps.add(as(ROOT, "user", "revoke-role", "ann", "back"));
    steps.add(as(ROOT, "user", "revoke-role", "ann", "back"));
    steps.add(as(ANN, "get", "b1"));
    steps.add(as(ROOT, "role", "revoke-permission", "front", "shared"));
    steps.add(as(ROOT, "role", "revoke-permission", "front", "shared"));
    steps.add(as(ANN, "get", "shared"));
    steps.add(
        new Step(List.of("user", "passwd", "ann", "--interactive=false", ROOT[0], ROOT[1]), "new"));
    steps.add(as(ANN, "get", "f/2"));
    steps.add(as(new String[] {"--user", "ann:new"}, "get", "f/2"));
    steps.add(as(ROOT, "user", "delete", "root"));
    steps.add(as(ROOT, "role", "delete", "root"));
    steps.add(as(ROOT, "user", "revoke-role", "root", "root"));
    steps.add(as(ROOT, "role", "delete", "front"));
    steps.add(as(ROOT, "user", "get", "ann"));
    steps.add(as(ROOT, "user", "delete", "bo"));
    steps.add(as(ROOT, "user", "delete", "bo"));
    steps.add(as(BO, "get", "x"));
    steps.add(as(ROOT, "auth", "disable"));
    steps.add(Step.of("auth", "disable"));
    steps.add(Step.of("get", "", "--prefix"));
    return steps;
  }

  private static Step withInput(String input, String[] user) {
    return new Step(List.of("txn", user[0], user[1]), input);
  }

  /** The exit code, what was printed, and the error's last line; ids apart. */
  private static String told(Result result) {
    String error = result.err().lines().reduce("", (_, last) -> last);
    // Members come in the order of their ids, which is chance.
    String out =
        result.out().lines().filter(line -> !line.contains(", started, ")).collect(joining("\n"));
    long started = result.out().lines().filter(line -> line.contains(", started, ")).count();
    return ("exit code " + result.code() + "\n" + out + "\nstarted " + started + "\n" + error)
        .replaceAll("\\b[0-9a-f]{13,16}\\b", "ID")
        .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
        .replaceAll("\"ts\":\"[^\"]*\"", "\"ts\":TIME")
        .replaceAll("client-[0-9a-f-]{36}", "client-ID");
  }
}
