package io.quorate.cli;

import io.quorate.client.AlarmMember;
import io.quorate.client.Member;
import io.quorate.client.MemberListResponse;
import io.quorate.client.StatusResponse;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

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
