package io.quorate.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.kv.Alarm;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.RangeRequest;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Whether this member does what it is for: asked by reading, in etcd's terms.
 *
 * <p>Used on the replica's loop. Answers come at once or, if the cluster is asked, within the
 * replica's request time-out.
 */
final class Health {
  /** The key that is read; it need not exist. */
  private static final RangeRequest PROBE = RangeRequest.one(Bytes.utf8("health"));

  private final Replica replica;
  private final MemberMetrics metrics;

  Health(Replica replica, MemberMetrics metrics) {
    this.replica = replica;
    this.metrics = metrics;
  }

  /**
   * What is asked of a page.
   *
   * @param path of the page, or of one of its checks
   * @param verbose whether checks that passed are listed too
   * @param serializable whether this member's own health is asked for, not the cluster's
   * @param excluded checks, or alarms, that don't count
   */
  record Question(String path, boolean verbose, boolean serializable, Set<String> excluded) {}

  /** {@code /health}: the alarms, the leader, a read through the cluster. */
  void health(Question question, Consumer<Page> answer) {
    ReplicaStatus status = replica.status();
    String alarm = alarm(status, question.excluded());
    if (!alarm.isEmpty()) {
      answer.accept(health("ALARM " + alarm));
    } else if (!status.refused().isEmpty()) {
      answer.accept(health("MEMBER REFUSED:" + status.refused()));
    } else if (!question.serializable() && status.leader() == 0) {
      String why = status.heldBack(); // else the answer is etcd's
      answer.accept(health("RAFT NO LEADER" + (why.isEmpty() ? "" : ": " + why)));
    } else if (question.serializable()) {
      answer.accept(health(rangeError(readHere())));
    } else {
      readAgreed(failure -> answer.accept(health(rangeError(failure))));
    }
  }

  /** {@code /livez}: whether the process is worth keeping. */
  void live(Question question, Consumer<Page> answer) {
    Report report = new Report("/livez", question, answer);
    report.wants("serializable_read", this::readHere);
    report.give();
  }

  /** {@code /readyz}: whether clients should be sent here. */
  void ready(Question question, Consumer<Page> answer) {
    ReplicaStatus status = replica.status();
    Report report = new Report("/readyz", question, answer);
    report.wants(
        "data_corruption",
        () -> isRaised(status, AlarmKind.CORRUPT) ? "alarm activated: CORRUPT" : "");
    report.wants("serializable_read", this::readHere);
    if (!status.refused().isEmpty()) { // else the page is etcd's
      report.wants("known_directory", status::refused);
    }
    report.wantsLater("linearizable_read", this::readAgreed);
    report.wants("non_learner", () -> status.learner() ? "not supported for learner" : "");
    report.give();
  }

  /** The first alarm that counts of those that are raised, whichever member's; or nothing. */
  private static String alarm(ReplicaStatus status, Set<String> excluded) {
    for (Alarm alarm : status.alarms()) {
      String name =
          switch (alarm.kind()) {
            case NO_SPACE -> "NOSPACE";
            case CORRUPT -> "CORRUPT";
          };
      if (!excluded.contains(name)) {
        return name;
      }
    }
    return "";
  }

  private static boolean isRaised(ReplicaStatus status, AlarmKind kind) {
    return status.alarms().stream().anyMatch(alarm -> alarm.kind() == kind);
  }

  private static String rangeError(String failure) {
    return failure.isEmpty() ? "" : "RANGE ERROR:" + failure;
  }

  /** Reads what this member has; returns what is wrong, or nothing. */
  private String readHere() {
    String failure = replica.status().failure();
    if (!failure.isEmpty()) {
      return failure;
    }
    try {
      replica.latest().range(PROBE);
      return "";
    } catch (QuorateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Reads through the cluster; hands over what is wrong, or nothing. */
  private void readAgreed(Consumer<String> done) {
    if (!replica.status().failure().isEmpty()) {
      done.accept(replica.status().failure());
      return;
    }
    if (replica.leader() == 0) {
      done.accept("etcdserver: no leader");
      return;
    }
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            done.accept(readHere());
          }

          @Override
          public void refused(Refusal why) {
            done.accept(
                switch (why) {
                  case NO_LEADER -> "etcdserver: no leader";
                  case LEARNER -> "etcdserver: rpc not supported for learner";
                  case STOPPED, NOT_SERVING, REPAIRING -> "etcdserver: server stopped";
                  case OVERLOADED -> "etcdserver: too many requests";
                  default -> "etcdserver: request timed out";
                });
          }
        });
  }

  private Page health(String reason) {
    metrics.health(reason.isEmpty());
    return Page.json(
        reason.isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
        "{\"health\":\"%b\",\"reason\":\"%s\"}".formatted(reason.isEmpty(), escaped(reason)));
  }

  private static String escaped(String text) {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20) {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.toString();
  }

  /** The checks of one page, one line each, or one of them alone. */
  private static final class Report {
    private final String page;
    private final Question question;
    private final Consumer<Page> answer;
    private final List<Check> checks = new ArrayList<>();
    private final StringBuilder lines = new StringBuilder();
    private boolean failed;

    Report(String page, Question question, Consumer<Page> answer) {
      this.page = page;
      this.question = question;
      this.answer = answer;
    }

    /** A check that hands over what is wrong, or nothing, when it knows. */
    private record Check(String name, Consumer<Consumer<String>> run) {}

    void wants(String name, Supplier<String> failure) {
      wantsLater(name, done -> done.accept(failure.get()));
    }

    void wantsLater(String name, Consumer<Consumer<String>> run) {
      if (question.path().equals(page) || question.path().equals(page + "/" + name)) {
        checks.add(new Check(name, run));
      }
    }

    /** Runs the checks one after the other, and answers. */
    void give() {
      if (checks.isEmpty()) {
        answer.accept(
            Page.text(HttpResponseStatus.NOT_FOUND, "404 page not found: no such check\n"));
      } else {
        run(0);
      }
    }

    private void run(int next) {
      if (next == checks.size()) {
        answer.accept(page());
        return;
      }
      Check check = checks.get(next);
      if (question.excluded().contains(check.name())) {
        lines.append("[+]").append(check.name()).append(" excluded: ok\n");
        run(next + 1);
        return;
      }
      check
          .run()
          .accept(failure -> {
            if (failure.isEmpty()) {
              lines.append("[+]").append(check.name()).append(" ok\n");
            } else {
              lines
                  .append("[-]")
                  .append(check.name())
                  .append(" failed: ")
                  .append(failure)
                  .append('\n');
              failed = true;
            }
            run(next + 1);
          });
    }

    private Page page() {
      if (failed) {
        return Page.text(
            HttpResponseStatus.SERVICE_UNAVAILABLE,
            lines + question.path().substring(1) + " check failed\n");
      }
      return Page.text(HttpResponseStatus.OK, (question.verbose() ? lines : "") + "ok\n");
    }
  }
}
