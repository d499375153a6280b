package io.quorate.checkers;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.checkers.RevisedTransaction.Delete;
import io.quorate.checkers.RevisedTransaction.Put;
import io.quorate.checkers.RevisedTransaction.Range;
import io.quorate.checkers.RevisedTransaction.Row;
import io.quorate.checkers.RevisedTransaction.Step;
import io.quorate.checkers.RevisionReplay.Kind;
import io.quorate.checkers.RevisionReplay.Violation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Replays of correct stores find nothing, and of wrong ones what is wrong. A failure names its
 * seed; to repeat it: {@code mvn test -pl testing/checkers -Dtest=RevisionReplayTest -Dseed=N}.
 */
class RevisionReplayTest {
  private static final Row ROW_A = new Row("a", "1", 1);
  private static final Row ROW_B = new Row("b", "2", 2);

  private final List<RevisedTransaction> transactions = new ArrayList<>();
  private long now;

  private RevisionReplayTest add(long revision, Step... steps) {
    now += 2;
    return add(Outcome.OK, revision, now - 1, now, steps);
  }

  private RevisionReplayTest add(
      Outcome outcome, long revision, long invoked, long completed, Step... steps) {
    transactions.add(
        new RevisedTransaction(
            "T" + transactions.size(), outcome, revision, invoked, completed, List.of(steps)));
    return this;
  }

  private void shows(Kind... kinds) {
    List<Violation> violations = RevisionReplay.check(transactions);
    assertThat(violations.stream().map(Violation::kind))
        .as(violations.toString())
        .containsExactly(kinds);
  }

  private RevisionReplayTest ab() {
    return add(1, new Put("a", "1")).add(2, new Put("b", "2"));
  }

  @Test
  void what_fits_is_right() {
    ab().add(2, new Range("a", "c", List.of(ROW_A, ROW_B)))
        .add(3, Range.ofKey("a", List.of(ROW_A)), new Delete("a"), Range.ofKey("a", List.of()))
        .add(3, new Range("a", "z", List.of(ROW_B)))
        .shows();
  }

  @Test
  void a_row_that_a_range_lacks_is_a_phantom() {
    ab().add(2, new Range("a", "c", List.of(ROW_A))).shows(Kind.PHANTOM);
    assertThat(RevisionReplay.check(transactions).getFirst().explanation())
        .isEqualTo("T2 read [a, c) at revision 2 and didn't see b, which has 2 of revision 2");
  }

  @Test
  void a_row_that_should_not_be_there_is_a_phantom() {
    ab().add(3, new Delete("b"))
        .add(3, new Range("a", "c", List.of(ROW_A, ROW_B)))
        .shows(Kind.PHANTOM);
  }

  @Test
  void a_value_of_another_revision_is_a_wrong_read() {
    ab().add(3, new Put("a", "3")).add(3, Range.ofKey("a", List.of(ROW_A))).shows(Kind.WRONG_READ);
  }

  @Test
  void two_writers_of_one_revision_are_told() {
    add(Outcome.OK, 1, 1, 9, new Put("a", "1"));
    add(Outcome.OK, 1, 2, 8, new Put("b", "1"));
    shows(Kind.DUPLICATE_REVISION);
  }

  @Test
  void what_began_later_has_no_earlier_revision() {
    ab().add(1, Range.ofKey("a", List.of(ROW_A))).shows(Kind.REAL_TIME);
  }

  @Test
  void what_failed_must_not_be_seen() {
    add(Outcome.FAIL, 0, 1, 2, new Put("a", "1"));
    add(Outcome.OK, 1, 3, 4, Range.ofKey("a", List.of(ROW_A))).shows(Kind.WRONG_READ);
  }

  @Test
  void an_unknown_write_takes_the_revision_that_a_read_reveals() {
    add(Outcome.INFO, 0, 1, 2, new Put("a", "1"), new Put("c", "1"));
    now = 2;
    add(2, new Put("b", "2")).add(2, Range.ofKey("a", List.of(ROW_A))).shows();
    add(2, Range.ofKey("c", List.of())).shows(Kind.WRONG_READ);
  }

  @Test
  void what_an_unknown_delete_may_have_taken_may_be_missing() {
    ab().add(Outcome.INFO, 0, 5, 6, new Delete("a"));
    now = 6;
    add(2, new Range("a", "c", List.of(ROW_B))).shows();
  }

  /** A store that runs one after the other, its clients at the same time. */
  private static List<RevisedTransaction> run(Random random, int count) {
    TreeMap<String, Row> state = new TreeMap<>();
    List<RevisedTransaction> all = new ArrayList<>();
    long revision = 0;
    for (int i = 0; i < count; i++) {
      List<Step> steps = new ArrayList<>();
      boolean writes = random.nextInt(3) != 0;
      long at = writes ? revision + 1 : revision;
      for (int step = random.nextInt(3); step >= 0; step--) {
        String key = "k" + random.nextInt(20);
        if (!writes || random.nextInt(3) == 0) {
          String to = "k" + random.nextInt(20);
          Map<String, Row> part = key.compareTo(to) < 0 ? state.subMap(key, to) : new TreeMap<>();
          steps.add(new Range(key, to, List.copyOf(part.values())));
        } else if (random.nextInt(4) == 0) {
          state.remove(key);
          steps.add(new Delete(key));
        } else {
          String value = i + "." + step;
          state.put(key, new Row(key, value, at));
          steps.add(new Put(key, value));
        }
      }
      boolean wrote = steps.stream().anyMatch(step -> !(step instanceof Range));
      if (!wrote && writes) {
        at = revision;
      }
      revision = at;
      long moment = 100L * i;
      all.add(
          new RevisedTransaction(
              "T" + i,
              Outcome.OK,
              at,
              moment - random.nextInt(500),
              moment + random.nextInt(500),
              steps));
    }
    Collections.shuffle(all, random);
    return all;
  }

  @Test
  void a_correct_store_is_never_called_wrong_and_a_changed_answer_always() {
    Seeds.of(100)
        .forEach(seed -> {
          Random random = new Random(seed);
          List<RevisedTransaction> all = run(random, 400);
          assertThat(RevisionReplay.check(all)).as(Seeds.rerun(getClass(), seed)).isEmpty();
          int changed = 0;
          for (int i = 0; i < all.size() && changed == 0; i++) {
            RevisedTransaction txn = all.get(i);
            if (txn.steps().getFirst() instanceof Range(String from, String to, List<Row> rows)
                && !rows.isEmpty()) {
              List<Step> steps = new ArrayList<>(txn.steps());
              steps.set(0, new Range(from, to, rows.subList(1, rows.size())));
              all.set(
                  i,
                  new RevisedTransaction(
                      txn.name(),
                      Outcome.OK,
                      txn.revision(),
                      txn.invoked(),
                      txn.completed(),
                      steps));
              changed++;
            }
          }
          assertThat(RevisionReplay.check(all).stream().map(Violation::kind))
              .as(Seeds.rerun(getClass(), seed))
              .containsExactly(Kind.PHANTOM);
        });
  }

  @Test
  void a_hundred_thousand_transactions_are_replayed_in_seconds() {
    List<RevisedTransaction> all = run(new Random(1), 100_000);
    long before = System.nanoTime();
    assertThat(RevisionReplay.check(all)).isEmpty();
    long millis = (System.nanoTime() - before) / 1_000_000;
    System.out.println("100,000 transactions replayed: " + millis + " ms");
    assertThat(millis).isLessThan(20_000);
  }
}
