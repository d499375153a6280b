package io.quorate.checkers;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.checkers.SimulatedStore.Weakness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Correct histories in which one thing is changed afterwards. Each change is noticed, by the name
 * that it has. A failure names its seed; to repeat it: {@code mvn test -pl testing/checkers
 * -Dtest=MutatedHistoriesTest -Dseed=N}.
 */
class MutatedHistoriesTest {
  private static final int SEEDS = 150;

  private enum Mutation {
    STALE_READ,
    SWAPPED_ELEMENTS(AnomalyType.INCOMPATIBLE_ORDER),
    FAILED_WRITER(AnomalyType.G1A),
    ELEMENT_TWICE(AnomalyType.DUPLICATE_ELEMENTS),
    UNWRITTEN_ELEMENT(AnomalyType.GARBAGE_READ),
    LOST_APPEND,
    INTERMEDIATE(AnomalyType.G1B),
    OWN_APPEND_UNSEEN(AnomalyType.INTERNAL),
    ANOTHER_ORDER_EVERYWHERE;

    @SuppressWarnings("ImmutableEnumChecker") // List.of never changes
    final List<AnomalyType> shows;

    Mutation(AnomalyType... shows) {
      this.shows = List.of(shows);
    }
  }

  /** A read of what others appended to the key, the reader itself nothing. */
  private record Place(Transaction reader, int op, long key, Elements seen) {}

  @Test
  void every_change_of_a_correct_history_is_noticed() {
    Map<Mutation, Integer> tried = new EnumMap<>(Mutation.class);
    Seeds.of(SEEDS)
        .forEach(seed -> {
          History correct = SimulatedStore.run(seed, Weakness.NONE, 2 + (int) (seed % 9), 200);
          for (Mutation mutation : Mutation.values()) {
            mutate(correct, mutation, new Random(seed))
                .ifPresent(history -> {
                  tried.merge(mutation, 1, Integer::sum);
                  Verdict verdict = Checker.listAppend().check(history, Level.STRICT_SERIALIZABLE);
                  String rerun =
                      "%s, %s%n%s".formatted(mutation, Seeds.rerun(getClass(), seed), verdict);
                  assertThat(verdict.validity()).as(rerun).isEqualTo(Verdict.Validity.INVALID);
                  assertThat(verdict.types()).as(rerun).containsAll(mutation.shows);
                  if (mutation == Mutation.STALE_READ) {
                    assertThat(verdict.types()).as(rerun).doesNotContain(AnomalyType.G1C);
                  }
                });
          }
        });
    if (Long.getLong("seed") == null) {
      assertThat(tried).hasSize(Mutation.values().length);
      assertThat(tried.values()).as("" + tried).allMatch(count -> count > SEEDS / 2);
    }
  }

  private static Optional<History> mutate(History history, Mutation mutation, Random random) {
    List<Place> places = places(history);
    Collections.shuffle(places, random);
    for (Place place : places) {
      Elements seen = place.seen();
      int size = seen.size();
      Transaction last = writer(history, place.key(), seen.last());
      boolean lastWasBefore = last.completed() < place.reader().invoked();
      Optional<History> changed =
          switch (mutation) {
            case STALE_READ -> {
              int kept = size;
              while (kept > 0
                  && writer(history, place.key(), seen.get(kept - 1)).id() == last.id()) {
                kept--;
              }
              yield lastWasBefore
                  ? Optional.of(withRead(history, place, seen.prefix(kept)))
                  : Optional.empty();
            }
            case SWAPPED_ELEMENTS ->
                size >= 2
                        && places.stream()
                            .anyMatch(it ->
                                it.key() == place.key()
                                    && it.reader().id() != place.reader().id()
                                    && it.seen().size() >= size)
                    ? Optional.of(withRead(history, place, swapped(seen, size - 2)))
                    : Optional.empty();
            case FAILED_WRITER ->
                last.outcome() == Outcome.OK
                    ? Optional.of(failed(history, last))
                    : Optional.empty();
            case ELEMENT_TWICE -> Optional.of(withRead(history, place, seen.with(seen.get(0))));
            case UNWRITTEN_ELEMENT -> Optional.of(withRead(history, place, seen.with(1 << 30)));
            case LOST_APPEND ->
                last.outcome() == Outcome.OK && lastWasBefore
                    ? Optional.of(everywhere(history, place.key(), seen.last(), -1))
                    : Optional.empty();
            case INTERMEDIATE ->
                size >= 2 && writer(history, place.key(), seen.get(size - 2)).id() == last.id()
                    ? Optional.of(withRead(history, place, seen.prefix(size - 1)))
                    : Optional.empty();
            case OWN_APPEND_UNSEEN -> ownAppendUnseen(history, place.reader());
            case ANOTHER_ORDER_EVERYWHERE ->
                size >= 2
                        && last.outcome() == Outcome.OK
                        && writer(history, place.key(), seen.get(size - 2)).completed()
                            < last.invoked()
                    ? Optional.of(everywhere(history, place.key(), seen.get(size - 2), seen.last()))
                    : Optional.empty();
          };
      if (changed.isPresent()) {
        return changed;
      }
    }
    return Optional.empty();
  }

  private static List<Place> places(History history) {
    List<Place> places = new ArrayList<>();
    for (Transaction txn : history.transactions()) {
      for (int i = 0; i < txn.ops().size(); i++) {
        MicroOp op = txn.ops().get(i);
        if (txn.outcome() == Outcome.OK
            && op instanceof MicroOp.Read(long key, Elements seen)
            && seen != null
            && !seen.isEmpty()
            && txn.ops().stream().filter(it -> it.key() == key).count() == 1) {
          places.add(new Place(txn, i, key, seen));
        }
      }
    }
    return places;
  }

  private static Transaction writer(History history, long key, long value) {
    return history.transactions().stream()
        .filter(txn -> txn.ops().contains(MicroOp.append(key, value)))
        .findFirst()
        .orElseThrow();
  }

  private static History withRead(History history, Place place, Elements seen) {
    List<MicroOp> ops = new ArrayList<>(place.reader().ops());
    ops.set(place.op(), new MicroOp.Read(place.key(), seen));
    return history.with(place.reader().id(), ops);
  }

  private static Elements swapped(Elements seen, int at) {
    long[] values = seen.toArray();
    long value = values[at];
    values[at] = values[at + 1];
    values[at + 1] = value;
    return Elements.of(values);
  }

  private static History failed(History history, Transaction writer) {
    List<Transaction> changed = new ArrayList<>(history.transactions());
    changed.set(
        writer.id(),
        new Transaction(
            writer.id(),
            writer.process(),
            Outcome.FAIL,
            writer.invoked(),
            writer.completed(),
            writer.began(),
            writer.ended(),
            writer.ops()));
    return new History(changed);
  }

  /** In all reads of the key without {@code value}, or with the two in each other's place. */
  private static History everywhere(History history, long key, long value, long other) {
    List<Transaction> changed = new ArrayList<>();
    for (Transaction txn : history.transactions()) {
      List<MicroOp> ops = new ArrayList<>();
      for (MicroOp op : txn.ops()) {
        boolean own = txn.ops().contains(MicroOp.append(key, value));
        ops.add(
            op instanceof MicroOp.Read(long of, Elements seen) && seen != null && of == key && !own
                ? new MicroOp.Read(key, replaced(seen, value, other))
                : op);
      }
      changed.add(txn.withOps(ops));
    }
    return new History(changed);
  }

  private static Elements replaced(Elements seen, long value, long other) {
    long[] values = seen.toArray();
    if (other < 0) {
      return Elements.of(Arrays.stream(values).filter(it -> it != value).toArray());
    }
    return Elements.of(
        Arrays.stream(values).map(it -> it == value ? other : it == other ? value : it).toArray());
  }

  private static Optional<History> ownAppendUnseen(History history, Transaction from) {
    for (int id = from.id(); id < history.size(); id++) {
      Transaction txn = history.get(id);
      for (int i = 1; i < txn.ops().size(); i++) {
        if (txn.outcome() == Outcome.OK
            && txn.ops().get(i) instanceof MicroOp.Read(long key, Elements seen)
            && seen != null
            && txn.ops().subList(0, i).stream()
                .anyMatch(op -> op instanceof MicroOp.Append && op.key() == key)) {
          List<MicroOp> ops = new ArrayList<>(txn.ops());
          ops.set(i, new MicroOp.Read(key, seen.prefix(seen.size() - 1)));
          return Optional.of(history.with(id, ops));
        }
      }
    }
    return Optional.empty();
  }
}
