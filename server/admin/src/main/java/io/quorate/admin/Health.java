package io.quorate.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.kv.RangeRequest;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

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
  private final AdminSettings settings;

  Health(Replica replica, AdminSettings settings) {
    this.replica = replica;
    this.settings = settings;
  }

  /**
   * {@code /health}: the alarms, the leader, a read through the cluster.
   *
   * @param serializable whether this member's own health is asked for, not the cluster's
   * @param excluded alarms that don't count
   */
  void health(boolean serializable, Set<String> excluded, Consumer<Page> answer) {
    ReplicaStatus status = replica.status();
    if (full(status) && !excluded.contains("NOSPACE")) {
      answer.accept(health("ALARM NOSPACE"));
    } else if (!status.refused().isEmpty()) {
      answer.accept(health("MEMBER REFUSED:" + status.refused()));
    } else if (!serializable && status.leader() == 0) {
      String why = status.heldBack(); // else the answer is etcd's
      answer.accept(health("RAFT NO LEADER" + (why.isEmpty() ? "" : ": " + why)));
    } else if (serializable) {
      String failure = readHere();
      answer.accept(health(failure.isEmpty() ? "" : "RANGE ERROR:" + failure));
    } else {
      readAgreed(
          failure -> answer.accept(health(failure.isEmpty() ? "" : "RANGE ERROR:" + failure)));
    }
  }

  /** {@code /livez}: whether the process is worth keeping. */
  void live(boolean verbose, Set<String> excluded, Consumer<Page> answer) {
    Report report = new Report("livez", verbose, excluded);
    report.check("serializable_read", readHere());
    answer.accept(report.page());
  }

  /** {@code /readyz}: whether clients should be sent here. */
  void ready(boolean verbose, Set<String> excluded, Consumer<Page> answer) {
    ReplicaStatus status = replica.status();
    Report report = new Report("readyz", verbose, excluded);
    report.check("data_corruption", "");
    report.check("serializable_read", readHere());
    if (!status.refused().isEmpty()) { // else the page is etcd's
      report.check("known_directory", status.refused());
    }
    readAgreed(failure -> {
      report.check("linearizable_read", failure);
      report.check("non_learner", status.learner() ? "this member is a learner" : "");
      answer.accept(report.page());
    });
  }

  private boolean full(ReplicaStatus status) {
    return status.bytesOnDisk() > settings.quotaBytes();
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

  private static Page health(String reason) {
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

  /** The checks of one page, one line each. */
  private static final class Report {
    private final String name;
    private final boolean verbose;
    private final Set<String> excluded;
    private final StringBuilder lines = new StringBuilder();
    private boolean failed;

    Report(String name, boolean verbose, Set<String> excluded) {
      this.name = name;
      this.verbose = verbose;
      this.excluded = excluded;
    }

    void check(String what, String failure) {
      if (excluded.contains(what)) {
        lines.append("[+]").append(what).append(" excluded: ok\n");
      } else if (failure.isEmpty()) {
        lines.append("[+]").append(what).append(" ok\n");
      } else {
        lines.append("[-]").append(what).append(" failed: ").append(failure).append('\n');
        failed = true;
      }
    }

    Page page() {
      if (failed) {
        return Page.text(HttpResponseStatus.SERVICE_UNAVAILABLE, lines + name + " check failed\n");
      }
      return Page.text(HttpResponseStatus.OK, (verbose ? lines : "") + "ok\n");
    }
  }

  /** The checks that a caller may leave out, as its query names them. */
  static Set<String> named(List<String> names) {
    return new java.util.TreeSet<>(names);
  }
}
