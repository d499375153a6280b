package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.Member;
import io.quorate.client.QuorateClient;
import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A cluster's members change as operators change them, with etcdctl, and with nothing but what that
 * prints. {@code -Dsystem.full=true} grows to five and replaces everybody.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class MembersTest {
  private static final int CLIENTS = Figures.full() ? 64 : 8;
  private static final String GONE = "permanently removed from the cluster";
  private static final Pattern ADDED = Pattern.compile("Member +([0-9a-f]+) added");
  private static final Pattern INITIAL = Pattern.compile("ETCD_INITIAL_CLUSTER=\"([^\"]+)\"");

  /** What an operator sees of it all: clients lose nothing and are told nothing that is final. */
  @Test
  void members_come_and_go_under_load_and_nothing_is_lost() {
    int most = Figures.full() ? 5 : 3;
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 1)) {
      for (int i = 1; i < (Figures.full() ? 8 : 4); i++) {
        var _ = cluster.reserve();
      }
      List<Integer> present = new ArrayList<>(List.of(0));
      List<Double> seconds = new ArrayList<>();
      try (Workload load = Workload.over(cluster, CLIENTS)) {
        load.start("members");
        load.awaitAcknowledged(1_000);
        while (present.size() < most) {
          seconds.add(add(cluster, present, present.size()));
          load.awaitAcknowledged(1_000);
        }
        while (present.size() > 3) {
          remove(cluster, present, present.getFirst());
          load.awaitAcknowledged(1_000);
        }
        int replaced = Figures.full() ? 3 : 1;
        for (int i = 0; i < replaced; i++) {
          seconds.add(add(cluster, present, most + i));
          remove(cluster, present, present.getFirst());
          load.awaitAcknowledged(1_000);
        }
        for (int member : Figures.full() ? List.copyOf(present) : present.subList(0, 1)) {
          cluster.member(member).terminate();
          var _ = cluster.member(member).awaitExit();
          cluster.restart(member);
          load.awaitAcknowledged(1_000);
        }
        load.stop();
        for (int member : present) {
          load.check(cluster.client(member), new BitSet());
        }
        assertThat(load.violations()).isEmpty();
        assertThat(load.rejected()).as("calls refused for good").isZero();
        Figures.print(
            "members: 1 to %d to 3, %d replaced: %d writes acknowledged, %d reads, none lost, none refused;"
                    .formatted(most, replaced, load.acknowledged(), load.reads())
                + " a member votes %.1f s after \"member add\" (median of %s)"
                    .formatted(Figures.median(seconds), seconds));
      }
      try (QuorateClient client = cluster.client(present.getFirst())) {
        assertThat(client.cluster().memberList().members())
            .extracting(Member::name)
            .containsExactlyInAnyOrderElementsOf(
                present.stream().map(ProcessCluster::name).toList());
      }
    }
  }

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

  // ---- what an operator does -------------------------------------------------------------------

  /** Adds a member and starts it with what etcdctl printed; the seconds until it is ready. */
  private static double add(ProcessCluster cluster, List<Integer> present, int member) {
    long begun = System.nanoTime();
    String printed =
        ok(
            cluster,
            present.getLast(),
            "member",
            "add",
            ProcessCluster.name(member),
            "--peer-urls=" + cluster.peerUrl(member));
    var _ = join(cluster, member, group(INITIAL, printed)).awaitLine(ProcessCluster.READY);
    present.add(member);
    return (System.nanoTime() - begun) / 1e9;
  }

  private static void remove(ProcessCluster cluster, List<Integer> present, int member) {
    present.remove(Integer.valueOf(member));
    String removed = ok(cluster, present.getFirst(), "member", "remove", id(cluster, member));
    assertThat(removed).contains("removed from cluster");
    var _ = cluster.member(member).awaitLine(GONE);
    assertThat(cluster.member(member).awaitExit()).isZero();
  }

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

  private static ServerProcess join(ProcessCluster cluster, int member, String initial) {
    return cluster.launch(
        member, "--initial-cluster=" + initial, "--initial-cluster-state=existing");
  }

  private static String id(ProcessCluster cluster, int member) {
    return Long.toHexString(cluster.status(member).header().memberId());
  }

  private static String ok(ProcessCluster cluster, int member, String... arguments) {
    Result result = Etcdctl.run(cluster.endpoint(member), Step.of(arguments));
    assertThat(result.code()).as(String.join(" ", arguments) + ": " + result.err()).isZero();
    return result.out();
  }

  private static void fails(ProcessCluster cluster, int member, String why, String... arguments) {
    Result result = Etcdctl.run(cluster.endpoint(member), Step.of(arguments));
    assertThat(result.code()).as(String.join(" ", arguments)).isNotZero();
    assertThat(result.out() + result.err()).contains(why);
  }

  private static String group(Pattern pattern, String in) {
    Matcher matcher = pattern.matcher(in);
    assertThat(matcher.find()).as(in).isTrue();
    return matcher.group(1);
  }
}
