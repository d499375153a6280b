package io.quorate.xa;

import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.RangeResponse;
import io.quorate.client.TxnResponse;
import io.quorate.txn.Decision;
import io.quorate.xa.branch.BranchId;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * All that the store knows of one transaction, at one revision.
 *
 * @param id its name: its incarnation's number and its own
 * @param fate what becomes of it
 * @param decided when that was written, by the writer's clock; the beginning of 1970 if nothing is
 *     written
 * @param coordinator what is known of whoever began it
 * @param about what that says of itself; empty unless it lives
 * @param committing the resources of the branches that have still to be committed
 * @param contradicted the resources that did otherwise, until that is acknowledged
 * @param asking the resources where a branch was found of which nothing is known
 * @param postgreSqlName what the names of its branches begin with in {@code pg_prepared_xacts};
 *     empty if the domain has none yet
 * @param mariaDbName the first half of the names of its branches as {@code XA RECOVER FORMAT='SQL'}
 *     has it, without what quotes it; empty if the domain has none yet
 */
public record TransactionReport(
    String id,
    Fate fate,
    Instant decided,
    Origin coordinator,
    String about,
    List<String> committing,
    List<String> contradicted,
    List<String> asking,
    String postgreSqlName,
    String mariaDbName) {
  /** What becomes of a transaction, as recovery judges it. */
  public enum Fate {
    /** It is committed; its branches are, or will be. */
    COMMITTED,
    /** It is not, and never will be; its branches are undone, or will be. */
    ABORTED,
    /** It isn't decided, or never was begun: that is its coordinator's, which lives. */
    OPEN,
    /** Nothing is known of it: a branch that is found asks for a person. */
    UNKNOWN,
    /** What is written of it can't be read: a later version has written it, or it is damaged. */
    UNREADABLE
  }

  /** What the store knows of a coordinator. */
  public enum Origin {
    /** Its lease does. */
    LIVES,
    /** Its lease has ended, and others finish what it has left. */
    OVER,
    /** It never was, or was over so long ago that the store has forgotten it. */
    FORGOTTEN
  }

  /** Keeps the lists from changing. */
  public TransactionReport {
    committing = List.copyOf(committing);
    contradicted = List.copyOf(contradicted);
    asking = List.copyOf(asking);
  }

  /**
   * From what was read.
   *
   * @param answers of the domain's id, all incarnations, and the transaction's life, decision,
   *     history, heuristic outcomes, questions and period, in this order
   */
  static TransactionReport of(long incarnation, long sequence, TxnResponse answers) {
    Optional<KeyValue> id = answer(answers, 0).first();
    Optional<KeyValue> living =
        answer(answers, 1).kvs().stream()
            .filter(each -> each.createRevision() == incarnation)
            .findFirst();
    Optional<KeyValue> life = answer(answers, 2).first();
    Optional<KeyValue> decision = answer(answers, 3).first();
    boolean finished =
        answer(answers, 4).first().filter(bits -> History.has(bits.value(), sequence)).isPresent();
    Optional<DecisionRecord> record = decision.flatMap(TransactionReport::read);
    Optional<BranchId> name =
        id.map(there -> DomainKeys.hash(answers.header().clusterId(), there.createRevision()))
            .map(domain -> new BranchId(domain, incarnation, sequence, 0, 0, 0));
    Fate fate;
    if (record.isPresent()) {
      fate = record.get().decision() == Decision.COMMIT ? Fate.COMMITTED : Fate.ABORTED;
    } else if (decision.isPresent()) {
      fate = Fate.UNREADABLE;
    } else if (finished) {
      fate = Fate.COMMITTED;
    } else if (living.isPresent()) {
      fate = Fate.OPEN;
    } else {
      fate = undecided(life, answer(answers, 7).first().isPresent(), sequence);
    }
    return new TransactionReport(
        DomainKeys.number(incarnation) + "/" + DomainKeys.number(sequence),
        fate,
        record.map(there -> Instant.ofEpochMilli(there.decidedMillis())).orElse(Instant.EPOCH),
        living.isPresent() ? Origin.LIVES : life.isPresent() ? Origin.OVER : Origin.FORGOTTEN,
        living.map(there -> there.value().toUtf8()).orElse(""),
        record.stream()
            .flatMap(there -> there.branches().stream())
            .map(DecisionRecord.Prepared::resource)
            .toList(),
        resources(answer(answers, 5)),
        resources(answer(answers, 6)),
        name.map(BranchId::toText).map(text -> text.substring(0, text.lastIndexOf('_'))).orElse(""),
        name.map(branch -> HexFormat.of().formatHex(branch.global())).orElse(""));
  }

  private static RangeResponse answer(TxnResponse answers, int number) {
    return (RangeResponse) answers.responses().get(number);
  }

  private static Optional<DecisionRecord> read(KeyValue decision) {
    try {
      return Optional.of(DecisionRecord.decode(decision.value()));
    } catch (QuorateException e) {
      return Optional.empty();
    }
  }

  /** That of one that is neither decided nor finished, of a coordinator that is over. */
  private static Fate undecided(Optional<KeyValue> life, boolean known, long sequence) {
    if (life.isEmpty() || !known) {
      return Fate.UNKNOWN;
    }
    try {
      LifeRecord record = LifeRecord.decode(life.get().value());
      return Incarnation.isOf(sequence, record.salt()) ? Fate.ABORTED : Fate.UNKNOWN;
    } catch (QuorateException e) {
      return Fate.UNREADABLE;
    }
  }

  private static List<String> resources(RangeResponse notes) {
    return notes.kvs().stream().map(TransactionReport::resource).toList();
  }

  /** Where a heuristic outcome or a question is: what its key ends with. */
  static String resource(KeyValue note) {
    String key = note.key().toUtf8();
    return key.substring(key.lastIndexOf('/') + 1);
  }

  /** Since when there is a heuristic outcome or a question: the last field of its value. */
  static Optional<Instant> since(KeyValue note) {
    String[] fields = note.value().toUtf8().strip().split("\t", -1);
    try {
      return Optional.of(Instant.ofEpochMilli(Long.parseLong(fields[fields.length - 1])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
