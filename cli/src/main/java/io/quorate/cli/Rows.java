package io.quorate.cli;

import io.quorate.client.AlarmMember;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.Member;
import io.quorate.client.MemberListResponse;
import io.quorate.client.StatusResponse;
import io.quorate.events.AppendResult;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.group.ParkedEvent;
import io.quorate.events.group.PartitionStatus;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Members and their states as rows of texts, for lines and tables. */
final class Rows {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  private Rows() {}

  static List<List<String>> members(MemberListResponse response) {
    List<List<String>> rows = new ArrayList<>();
    for (Member member : response.members()) {
      rows.add(
          List.of(
              Long.toHexString(member.id()),
              member.started() ? "started" : "unstarted",
              member.name(),
              String.join(",", member.peerUrls()),
              String.join(",", member.clientUrls()),
              Boolean.toString(member.learner())));
    }
    return rows;
  }

  static List<String> status(EndpointStatus one) {
    StatusResponse status = one.status();
    return List.of(
        one.endpoint(),
        Long.toHexString(status.header().memberId()),
        status.version(),
        size(status.dbSize()),
        Boolean.toString(status.leader() == status.header().memberId()),
        Boolean.toString(status.learner()),
        Long.toUnsignedString(status.raftTerm()),
        Long.toUnsignedString(status.raftIndex()),
        Long.toUnsignedString(status.raftAppliedIndex()),
        String.join(", ", status.errors()));
  }

  static List<String> health(EndpointHealth one) {
    return List.of(one.endpoint(), Boolean.toString(one.health()), one.took(), one.error());
  }

  static String alarm(AlarmMember alarm) {
    return (alarm.memberId() == 0
            ? ""
            : "memberID:" + Long.toUnsignedString(alarm.memberId()) + " ")
        + (alarm.alarm() == AlarmMember.Type.NONE ? "" : "alarm:" + alarm.alarm() + " ");
  }

  /** With the revision up to which it was hashed, where the member says so. */
  static List<String> hash(EndpointHash one) {
    String hash = Integer.toUnsignedString(one.hash().hash());
    long revision = one.hash().hashRevision();
    return revision == 0
        ? List.of(one.endpoint(), hash)
        : List.of(one.endpoint(), hash, Long.toString(revision));
  }

  /** One who holds a lock or waits for it, but for the lock's name. */
  static List<String> lock(
      Queues queues,
      NamedQueue queue,
      QueueEntry entry,
      Map<Long, LeaseTimeToLiveResponse> leases) {
    String kind =
        switch (entry.role()) {
          case EXCLUSIVE -> "exclusive";
          case BY_NAME -> "by name";
          case READER -> "reader";
          case WRITER -> "writer";
          case PERMIT -> queue.permits() == 0 ? "permit" : "permit of " + queue.permits();
        };
    LeaseTimeToLiveResponse lease = leases.get(entry.lease());
    return List.of(
        kind,
        entry.holds() ? "holds" : "waits",
        entry.owner(),
        Long.toHexString(entry.lease()),
        lease == null || lease.ttlSeconds() < 0 ? "over" : lease.ttlSeconds() + "s",
        Long.toString(entry.since()),
        token(queues, entry));
  }

  /** The fencing token of one who holds, but for how often its process handed it on by itself. */
  static String token(Queues queues, QueueEntry entry) {
    return entry.holds() ? new FencingToken(queues.epoch(), entry.since(), 0).toText() : "";
  }

  /** An id, and what it was made of. */
  static List<String> id(MadeId id) {
    return List.of(
        id.text(),
        id.parts().time().toString(),
        Integer.toString(id.parts().datacenter()),
        Integer.toString(id.parts().worker()),
        Long.toString(id.parts().sequence()));
  }

  static List<String> transaction(TransactionLog.Entry entry) {
    return List.of(
        entry.id(),
        entry.kind().name(),
        time(entry.since()),
        entry.coordinatorLives() ? "lives" : "over",
        String.join(",", entry.resources()));
  }

  static List<String> coordinator(TransactionLog.Coordinator coordinator) {
    return List.of(
        Hex.padded(coordinator.number()),
        coordinator.lives() ? "lives" : "over",
        coordinator.about(),
        String.join(",", coordinator.unswept()));
  }

  /** What is known of a transaction, a row a field: what nothing is known of is left out. */
  static List<List<String>> transaction(TransactionReport report) {
    List<List<String>> rows = new ArrayList<>();
    field(rows, "id", report.id());
    field(rows, "fate", report.fate().name());
    field(rows, "decided", time(report.decided()));
    field(rows, "coordinator", report.coordinator().name());
    field(rows, "about", report.about());
    field(rows, "committing", String.join(",", report.committing()));
    field(rows, "contradicted", String.join(",", report.contradicted()));
    field(rows, "asking", String.join(",", report.asking()));
    field(rows, "name in PostgreSQL", report.postgreSqlName());
    field(rows, "name in MariaDB", report.mariaDbName());
    return rows;
  }

  private static void field(List<List<String>> rows, String name, String value) {
    if (!value.isEmpty()) {
      rows.add(List.of(name, value));
    }
  }

  /** What came of an append, a row for each stream. */
  static List<List<String>> appended(AppendResult result) {
    return result.match(
        now -> appended("appended", now.position(), now.versions()),
        before -> appended("was appended before", before.position(), before.versions()),
        conflict -> List.of());
  }

  private static List<List<String>> appended(
      String what, Position position, Map<String, Long> versions) {
    List<List<String>> rows = new ArrayList<>();
    new TreeMap<>(versions)
        .forEach((stream, version) ->
            rows.add(List.of(stream, Long.toString(version), position.toText(), what)));
    return rows;
  }

  /** An event, but for its payload. */
  static List<String> event(RecordedEvent event) {
    return List.of(
        event.position().toText(),
        event.stream(),
        Long.toString(event.version()),
        Instant.ofEpochMilli(event.timeMillis()).toString(),
        event.schema() == 1 ? event.type() : event.type() + " " + event.schema(),
        String.join(",", event.tags()));
  }

  static List<List<String>> subscriptions(List<GroupStatus> groups) {
    List<List<String>> rows = new ArrayList<>();
    for (GroupStatus group : groups) {
      for (PartitionStatus each : group.partitions()) {
        rows.add(
            List.of(
                group.group(),
                Integer.toString(each.partition()),
                each.owner().isEmpty() ? "nobody" : each.owner(),
                each.checkpoint().toText()));
      }
    }
    return rows;
  }

  static List<List<String>> parked(List<GroupParked> groups) {
    List<List<String>> rows = new ArrayList<>();
    for (GroupParked group : groups) {
      for (ParkedEvent each : group.events()) {
        rows.add(
            List.of(
                group.group(),
                each.position().toText(),
                each.stream() + "#" + each.version(),
                Integer.toString(each.attempts()),
                each.reason()));
      }
    }
    return rows;
  }

  /** Empty if it isn't known. */
  static String time(Instant time) {
    return time.equals(Instant.EPOCH) ? "" : time.toString();
  }

  /** Bytes in powers of a thousand, two digits: {@code 20 kB}, {@code 2.6 MB}. */
  static String size(long bytes) {
    if (bytes < 10) {
      return bytes + " B";
    }
    int power = 0;
    long unit = 1;
    while (bytes / unit >= 1_000) {
      unit *= 1_000;
      power++;
    }
    BigDecimal scaled =
        BigDecimal.valueOf(bytes).divide(BigDecimal.valueOf(unit), 1, RoundingMode.HALF_UP);
    boolean small = scaled.compareTo(BigDecimal.TEN) < 0;
    return scaled.setScale(small ? 1 : 0, RoundingMode.HALF_EVEN).toPlainString()
        + " "
        + UNITS[power];
  }
}
