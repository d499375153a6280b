package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our command prints what etcdctl prints, and ends with the same exit code, for every command that
 * answers at once: one script, each command line against a server of its own, so that both see the
 * same state. Once against etcd, and once against Quorate with what it serves.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CliMatrixTest {
  /** Stands in a command line for the lease that was granted last. */
  static final String LEASE = "$LEASE";

  /** Stands for the member's id. */
  static final String MEMBER = "$MEMBER";

  private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]{16}) granted");

  @ParameterizedTest
  @ValueSource(strings = {"etcd", "quorate"})
  void both_commands_say_the_same(String server) {
    Program program = server.equals("etcd") ? Program.ETCD : Program.quorate();
    try (ProcessCluster theirs = ProcessCluster.start(program, 1);
        ProcessCluster ours = ProcessCluster.start(program, 1)) {
      Side etcdctl = new Side(theirs, Etcdctl::run);
      Side quorate = new Side(ours, QuorateCommand::run);
      List<String> differences = new ArrayList<>();
      for (Step step : CliScript.steps()) {
        String expected = etcdctl.run(step);
        String actual = quorate.run(step);
        if (!actual.equals(expected)) {
          differences.add(step + "\n  etcdctl: " + expected + "\n  quorate: " + actual);
        }
      }
      assertThat(differences).as(String.join("\n", differences)).isEmpty();
    }
  }

  private interface Command {
    Result run(String endpoints, Step step);
  }

  /** One command line and its server. */
  private static final class Side {
    private final ProcessCluster cluster;
    private final Command command;
    private final String member;
    private String lease = "0";

    Side(ProcessCluster cluster, Command command) {
      this.cluster = cluster;
      this.command = command;
      String list = Etcdctl.run(cluster.endpoint(0), Step.of("member", "list")).out();
      member = list.substring(0, list.indexOf(','));
    }

    /** What it says, without what differs between two clusters. */
    String run(Step step) {
      List<String> arguments =
          step.arguments().stream()
              .map(argument -> argument.replace(LEASE, lease).replace(MEMBER, member))
              .toList();
      Result result = command.run(cluster.endpoint(0), new Step(arguments, step.input()));
      Matcher granted = GRANTED.matcher(result.out());
      if (granted.find()) {
        lease = granted.group(1);
      }
      return "exit code "
          + result.code()
          + "\n"
          + masked(result.out())
          // Go's client logs there as well, and asks stty to hide what comes from a file.
          + masked(result.err().replaceAll("(?m)^(\\{\"level\"|stty: ).*\n", ""));
    }

    /** Servers of 3.6 say which revision a hash is of; Debian's etcdctl has no place for it. */
    private static String withoutHashRevision(String text) {
      String plain =
          text.replaceAll(",\"hash_revision\":\\d+", "")
              .replaceAll("(?m)^\"HashRevision\" : \\d+\n", "");
      return plain.contains("HASH REVISION")
          ? plain
              .replaceAll("\\| +HASH REVISION +\\|", "|")
              .replaceAll("\\+-+\\+-+\\+-+\\+", "+---+---+")
          : plain;
    }

    private String masked(String text) {
      return withoutHashRevision(text)
          .replace(cluster.endpoint(0), "CLIENT")
          .replace("127.0.0.1:" + cluster.peerPort(0), "PEER")
          .replaceAll("\\b[0-9a-f]{14,16}\\b|\\b\\d{15,20}\\b", "ID")
          .replaceAll(" +ID", " ID")
          .replaceAll("(remaining\\(|\"ttl\":|\"TTL\" : )\\d+", "$1N")
          .replaceAll("(?m)(CLIENT, |\"hash\":|\"Hash\" : )\\d+(, \\d+$)?", "$1HASH")
          .replaceAll("(\"raft_term\":|\"RaftTerm\" : )\\d+", "$1N")
          .replaceAll("(?m)(?<=CLIENT) +\\| +\\d+ \\|( +\\d+ \\|)?$", " | HASH |")
          .replaceAll("-{3,}", "-")
          .replaceAll(" {2,}", " ");
    }
  }
}
