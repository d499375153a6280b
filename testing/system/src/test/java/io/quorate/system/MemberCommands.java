package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an operator does to change a cluster's members, with etcdctl and what that prints. */
final class MemberCommands {
  /** What a member that was removed says before it ends. */
  static final String GONE = "permanently removed from the cluster";

  /** The new member's id. */
  static final Pattern ADDED = Pattern.compile("Member +([0-9a-f]+) added");

  /** What it is to be started with. */
  static final Pattern INITIAL = Pattern.compile("ETCD_INITIAL_CLUSTER=\"([^\"]+)\"");

  private MemberCommands() {}

  /** Adds a member and starts it with what etcdctl printed; the seconds until it is ready. */
  static double add(ProcessCluster cluster, List<Integer> present, int member) {
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

  static void remove(ProcessCluster cluster, List<Integer> present, int member) {
    present.remove(Integer.valueOf(member));
    String removed = ok(cluster, present.getFirst(), "member", "remove", id(cluster, member));
    assertThat(removed).contains("removed from cluster");
    var _ = cluster.member(member).awaitLine(GONE);
    assertThat(cluster.member(member).awaitExit()).isZero();
  }

  static ServerProcess join(ProcessCluster cluster, int member, String initial) {
    return cluster.launch(
        member, "--initial-cluster=" + initial, "--initial-cluster-state=existing");
  }

  static String id(ProcessCluster cluster, int member) {
    return Long.toHexString(cluster.status(member).header().memberId());
  }

  static String ok(ProcessCluster cluster, int member, String... arguments) {
    Result result = Etcdctl.run(cluster.endpoint(member), Step.of(arguments));
    assertThat(result.code()).as(String.join(" ", arguments) + ": " + result.err()).isZero();
    return result.out();
  }

  static String group(Pattern pattern, String in) {
    Matcher matcher = pattern.matcher(in);
    assertThat(matcher.find()).as(in).isTrue();
    return matcher.group(1);
  }
}
