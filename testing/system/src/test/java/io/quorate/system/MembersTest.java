package io.quorate.system;

import static io.quorate.system.MemberCommands.ADDED;
import static io.quorate.system.MemberCommands.GONE;
import static io.quorate.system.MemberCommands.INITIAL;
import static io.quorate.system.MemberCommands.add;
import static io.quorate.system.MemberCommands.group;
import static io.quorate.system.MemberCommands.id;
import static io.quorate.system.MemberCommands.join;
import static io.quorate.system.MemberCommands.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A cluster's members change as operators change them, with etcdctl, and with nothing but what that
 * prints.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class MembersTest {
  @Test
  void etcdctl_adds_moves_promotes_and_removes() {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 1, "--max-learners=1")) {
      int second = cluster.reserve();
      List<String> lines = new ArrayList<>();
      String learner = addLearner(cluster, second, lines);
      fails(
          cluster,
          0,
          "too many learner members",
          "member",
          "add",
          "x",
          "--learner",
          "--peer-urls=http://127.0.0.1:1");
      fails(
          cluster,
          0,
          "Peer URLs already exists",
          "member",
          "add",
          "x",
          "--peer-urls=" + cluster.peerUrl(0));
      fails(cluster, 0, "in sync with leader", "member", "promote", learner);
      fails(cluster, 0, "member not found", "member", "remove", "1234");
      fails(cluster, 0, "not enough started members", "member", "remove", id(cluster, 0));
      start(cluster, second, lines);
      fails(cluster, second, "rpc not supported for learner", "put", "a", "b");
      assertThat(ok(cluster, 0, "member", "list"))
          .contains(learner + ", started, m1, " + cluster.peerUrl(second))
          .containsPattern(learner + ".*, true");
      promote(cluster, learner);
      fails(cluster, 0, "can only promote a learner member", "member", "promote", learner);
      assertThat(ok(cluster, second, "put", "a", "b")).contains("OK");
      fails(cluster, 0, "bad leader transferee", "move-leader", "1234");
      int leader = cluster.leader();
      String target = id(cluster, 1 - leader);
      assertThat(ok(cluster, leader, "move-leader", target)).contains("Leadership transferred");
      assertThat(cluster.leader()).isEqualTo(1 - leader);
      int moved = 1 - cluster.leader();
      String url = "http://127.0.0.1:" + OsFacts.freePort();
      assertThat(ok(cluster, 0, "member", "update", id(cluster, moved), "--peer-urls=" + url))
          .contains("updated");
      cluster.member(moved).terminate();
      var _ = cluster.member(moved).awaitExit();
      var _ =
          cluster
              .launch(
                  moved,
                  "--listen-peer-urls=" + url,
                  "--initial-advertise-peer-urls=" + url,
                  "--initial-cluster=" + ProcessCluster.name(moved) + "=" + url,
                  "--initial-cluster-state=existing")
              .awaitLine(ProcessCluster.READY);
      assertThat(ok(cluster, moved, "get", "a")).contains("b");
    }
  }

  @Test
  void who_was_removed_is_told_whenever_it_starts_and_ends() {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int away = (cluster.leader() + 1) % 3;
      int stays = (away + 1) % 3;
      String gone = id(cluster, away);
      cluster.member(away).kill();
      assertThat(ok(cluster, stays, "member", "remove", gone)).contains("removed from cluster");
      for (int member = 0; member < 3; member++) {
        if (member != away) {
          cluster.member(member).kill();
          var _ = cluster.launch(member);
        }
      }
      for (int start = 0; start < 2; start++) {
        ServerProcess told = cluster.launch(away);
        var _ = told.awaitLine(GONE);
        assertThat(told.awaitExit()).isZero();
      }
      assertThat(ok(cluster, stays, "put", "undisturbed", "yes")).contains("OK");
    }
  }

  @Test
  void who_was_not_added_or_lists_others_is_told_what_to_do() {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 1)) {
      int stranger = cluster.reserve();
      String both = "m0=" + cluster.peerUrl(0) + ",m1=" + cluster.peerUrl(stranger);
      ServerProcess refused = join(cluster, stranger, both);
      assertThat(refused.awaitExit()).isEqualTo(1);
      assertThat(refused.output())
          .contains("knows no member with the peer URLs", "member add m1 --peer-urls=");
      var _ = ok(cluster, 0, "member", "add", "m1", "--peer-urls=" + cluster.peerUrl(stranger));
      ServerProcess wrong = join(cluster, stranger, both + ",m2=http://127.0.0.1:1");
      assertThat(wrong.awaitExit()).isEqualTo(1);
      assertThat(wrong.output()).contains("other members than --initial-cluster says");
      var _ = join(cluster, stranger, both).awaitLine(ProcessCluster.READY);
    }
  }

  @Test
  void a_survivor_goes_on_alone_when_it_is_forced_to_and_once_only() {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      assertThat(ok(cluster, 0, "put", "kept", "as it was")).contains("OK");
      ServerProcess.killAll(List.of(cluster.member(0), cluster.member(1), cluster.member(2)));
      ServerProcess alone = cluster.launch(0, "--force-new-cluster");
      var _ = alone.awaitLine("GIVES UP ALL OTHERS");
      var _ = alone.awaitLine(ProcessCluster.READY);
      assertThat(ok(cluster, 0, "get", "kept")).contains("as it was");
      cluster.member(0).kill();
      var _ = cluster.launch(0, "--force-new-cluster").awaitLine("take it away");
      var _ = cluster.member(0).awaitLine(ProcessCluster.READY);
      cluster.member(0).kill();
      cluster.restart(0);
      // An old member by mistake: neither harms the other.
      var _ = cluster.launch(1).awaitLine("listening for clients");
      int next = cluster.reserve();
      List<Integer> present = new ArrayList<>(List.of(0));
      var _ = add(cluster, present, next);
      assertThat(ok(cluster, next, "get", "kept")).contains("as it was");
      assertThat(cluster.member(0).isAlive() && cluster.member(1).isAlive()).isTrue();
    }
  }

  // ---- with a learner, and what is refused ------------------------------------------------------

  private static String addLearner(ProcessCluster cluster, int member, List<String> initial) {
    String printed =
        ok(
            cluster,
            0,
            "member",
            "add",
            ProcessCluster.name(member),
            "--learner",
            "--peer-urls=" + cluster.peerUrl(member));
    initial.add(group(INITIAL, printed));
    return group(ADDED, printed);
  }

  private static void start(ProcessCluster cluster, int member, List<String> initial) {
    var _ = join(cluster, member, initial.getFirst()).awaitLine(ProcessCluster.READY);
  }

  /** It may take a moment until a learner has what it needs. */
  private static void promote(ProcessCluster cluster, String learner) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    Result result;
    do {
      result = Etcdctl.run(cluster.endpoint(0), Step.of("member", "promote", learner));
    } while (result.code() != 0 && System.nanoTime() - deadline < 0);
    assertThat(result.out()).as(result.err()).contains("promoted");
  }

  private static void fails(ProcessCluster cluster, int member, String why, String... arguments) {
    Result result = Etcdctl.run(cluster.endpoint(member), Step.of(arguments));
    assertThat(result.code()).as(String.join(" ", arguments)).isNotZero();
    assertThat(result.out() + result.err()).contains(why);
  }
}
