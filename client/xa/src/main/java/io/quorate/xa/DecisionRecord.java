package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.txn.Decision;
import io.quorate.xa.branch.BranchId;
import java.util.ArrayList;
import java.util.List;

/**
 * What the store says of a transaction that was decided: as text, a line for the record, with how
 * many branches there are, and one for each of them that has still to be committed; fields are
 * separated by tabs.
 *
 * <p>A record of an abort has no branches. It is written only where a decision to commit may still
 * be on its way to the store, so that this one finds something there ({@link DecisionLog}).
 *
 * @param decidedMillis when, by the coordinator's clock, in milliseconds since 1970; for people
 */
record DecisionRecord(Decision decision, long decidedMillis, List<Prepared> branches) {
  private static final String COMMIT = "1 COMMIT";
  private static final String ABORT = "1 ABORT";

  /**
   * A branch that has prepared.
   *
   * @param resource its name
   * @param evidence as {@link io.quorate.xa.branch.Ballot#evidence}
   */
  record Prepared(String resource, int branch, long session, String evidence) {
    BranchId id(long domain, long incarnation, long sequence) {
      return new BranchId(domain, incarnation, sequence, BranchId.hash(resource), branch, session);
    }
  }

  DecisionRecord {
    branches = List.copyOf(branches);
  }

  static DecisionRecord commit(long decidedMillis, List<Prepared> branches) {
    return new DecisionRecord(Decision.COMMIT, decidedMillis, branches);
  }

  static DecisionRecord abort(long decidedMillis) {
    return new DecisionRecord(Decision.ABORT, decidedMillis, List.of());
  }

  /** The same, with only these branches left. */
  DecisionRecord left(List<Prepared> those) {
    return new DecisionRecord(decision, decidedMillis, those);
  }

  Bytes encoded() {
    StringBuilder text = new StringBuilder(decision == Decision.COMMIT ? COMMIT : ABORT);
    text.append('\t').append(decidedMillis).append('\t').append(branches.size()).append('\n');
    for (Prepared each : branches) {
      text.append(each.resource).append('\t').append(each.branch).append('\t');
      text.append(each.session).append('\t').append(each.evidence).append('\n');
    }
    return Bytes.utf8(text.toString());
  }

  /**
   * Reads one.
   *
   * @throws QuorateException with {@link ErrorCode#VALUE_UNREADABLE} if it isn't one
   */
  static DecisionRecord decode(Bytes value) {
    String[] lines = value.toUtf8().split("\n", -1);
    String[] head = lines[0].split("\t", -1);
    try {
      if (head.length != 3 || !(head[0].equals(COMMIT) || head[0].equals(ABORT))) {
        throw new IllegalArgumentException("it begins with " + lines[0]);
      }
      int last = lines.length - 1;
      if (last != Integer.parseInt(head[2]) + 1 || !lines[last].isEmpty()) {
        throw new IllegalArgumentException("it has not all of its branches, or more");
      }
      List<Prepared> branches = new ArrayList<>();
      for (int i = 1; i < last; i++) {
        String[] fields = lines[i].split("\t", -1);
        branches.add(
            new Prepared(
                fields[0], Integer.parseInt(fields[1]), Long.parseLong(fields[2]), fields[3]));
      }
      Decision decision = head[0].equals(COMMIT) ? Decision.COMMIT : Decision.ABORT;
      return new DecisionRecord(decision, Long.parseLong(head[1]), branches);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, "not a decision of this version: " + e.getMessage(), e);
    }
  }
}
