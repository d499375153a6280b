package io.quorate.checkers;

import static io.quorate.checkers.AnomalyType.*;
import static io.quorate.checkers.MicroOp.append;
import static io.quorate.checkers.MicroOp.read;
import static io.quorate.checkers.Scene.txn;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Each anomaly, somewhere in a history that is correct otherwise, is found and called by its name,
 * and nothing else is. A failure names its seed; to repeat it: {@code mvn test -pl testing/checkers
 * -Dtest=NamedAnomaliesTest -Dseed=N}.
 */
class NamedAnomaliesTest {
  private static final int SEEDS = 40;
  private static final long X = 1_000_001;
  private static final long Y = 1_000_002;

  /** A history that has exactly these anomalies, and the weakest levels that it breaks. */
  private record Case(String what, Set<AnomalyType> types, List<Level> broken, History history) {}

  private final List<Case> cases = new ArrayList<>();

  private void add(String what, Scene scene, AnomalyType... types) {
    Set<AnomalyType> set = EnumSet.copyOf(List.of(types));
    List<Level> broken =
        Level.weakestOf(set.stream().flatMap(type -> type.breaks().stream()).toList());
    cases.add(new Case(what, set, broken, scene.history()));
  }

  private void addReads() {
    add("garbage", new Scene().run(0, read(X, 9)), GARBAGE_READ);
    add("twice", new Scene().run(0, append(X, 1)).run(1, read(X, 1, 1)), DUPLICATE_ELEMENTS);
    add("own twice", new Scene().run(0, append(X, 1), read(X, 1, 1)), DUPLICATE_ELEMENTS);
    add("own future", new Scene().run(0, read(X, 1), append(X, 1)), FUTURE_READ);
    add(
        "two orders",
        new Scene()
            .together(txn(append(X, 1)), txn(append(X, 2)), txn(read(X, 1)), txn(read(X, 2))),
        INCOMPATIBLE_ORDER);
    add(
        "two longer orders",
        new Scene()
            .together(
                txn(append(X, 1)),
                txn(append(X, 2)),
                txn(append(X, 3)),
                txn(read(X, 1, 2, 3)),
                txn(read(X, 1, 3, 2))),
        INCOMPATIBLE_ORDER);
    add("aborted", new Scene().fails(0, append(X, 1)).run(1, read(X, 1)), G1A);
    add(
        "half of what was aborted",
        new Scene().fails(0, append(X, 1), append(Y, 1)).run(1, read(X, 1), seen(Y)),
        G1A);
    add(
        "intermediate",
        new Scene().together(txn(append(X, 1), append(X, 2)), txn(read(X, 1))),
        G1B);
    add(
        "intermediate, read to the end later",
        new Scene()
            .together(txn(append(X, 1), append(X, 2)), txn(read(X, 1)))
            .run(3, read(X, 1, 2)),
        G1B);
    add(
        "dirty update",
        new Scene().fails(0, append(X, 1)).run(1, append(X, 2)).run(2, read(X, 1, 2)),
        G1A,
        DIRTY_UPDATE);
    add("own write unseen", new Scene().run(0, append(X, 1), seen(X)), INTERNAL);
    add(
        "read twice, differently",
        new Scene().together(txn(append(X, 1)), txn(seen(X), read(X, 1))),
        INTERNAL);
    add(
        "lost update, unread",
        new Scene().together(txn(seen(X), append(X, 1)), txn(seen(X), append(X, 2))),
        LOST_UPDATE,
        G2_ITEM);
    add(
        "lost update, read",
        new Scene()
            .together(txn(seen(X), append(X, 1)), txn(seen(X), append(X, 2)))
            .run(2, read(X, 1, 2)),
        LOST_UPDATE,
        G_SINGLE);
  }

  private void addCycles() {
    add(
        "write cycle",
        new Scene()
            .together(txn(append(X, 1), append(Y, 1)), txn(append(X, 2), append(Y, 2)))
            .run(2, read(X, 1, 2), read(Y, 2, 1)),
        G0);
    add(
        "circular information flow",
        new Scene().together(txn(append(X, 1), read(Y, 1)), txn(append(Y, 1), read(X, 1))),
        G1C);
    add(
        "read skew",
        new Scene().together(txn(append(X, 1), append(Y, 1)), txn(seen(X), read(Y, 1))),
        G_SINGLE);
    add(
        "long fork",
        new Scene()
            .together(
                txn(append(X, 1)),
                txn(append(Y, 1)),
                txn(read(X, 1), seen(Y)),
                txn(seen(X), read(Y, 1))),
        G_NONADJACENT);
    add(
        "write skew",
        new Scene().together(txn(seen(X), append(Y, 1)), txn(seen(Y), append(X, 1))),
        G2_ITEM);
    add(
        "half an unknown transaction",
        new Scene().unknown(0, append(X, 1), append(Y, 1)).run(1, read(X, 1), seen(Y)),
        G_SINGLE);
  }

  private void addSessions() {
    add(
        "a session's writes in another order",
        new Scene().run(0, append(X, 1)).run(0, append(X, 2)).run(1, read(X, 2, 1)),
        G0_PROCESS);
    add("read before written", new Scene().run(0, read(X, 1)).run(0, append(X, 1)), G1C_PROCESS);
    add(
        "own write of before unseen",
        new Scene().run(0, append(X, 1)).run(0, seen(X)),
        G_SINGLE_PROCESS);
    add(
        "reads that go back",
        new Scene().together(txn(append(X, 1)), txn(read(X, 1))).run(1, seen(X)),
        G_SINGLE_PROCESS);
    add(
        "store buffers",
        new Scene()
            .together(txn(append(X, 1)), txn(append(Y, 1)))
            .together(txn(seen(Y)), txn(seen(X))),
        G_NONADJACENT_PROCESS);
    Scene scene = new Scene();
    int long1 = scene.invoke(1, txn(append(X, 1), read(Y)));
    scene.run(0, append(Y, 1)).run(0, seen(X)).ok(long1, txn(append(X, 1), seen(Y)));
    add("a reader's view of write skew", scene, G2_ITEM_PROCESS);
  }

  private void addRealTime() {
    add(
        "writes in another order than time's",
        new Scene().run(0, append(X, 1)).run(1, append(X, 2)).run(2, read(X, 2, 1)),
        G0_REALTIME);
    add(
        "an append that is gone, behind a later one",
        new Scene().run(0, append(X, 1)).run(1, append(X, 2)).run(2, read(X, 2)),
        G0_REALTIME);
    add("read before it began", new Scene().run(0, read(X, 1)).run(1, append(X, 1)), G1C_REALTIME);
    add("stale read", new Scene().run(0, append(X, 1)).run(1, seen(X)), G_SINGLE_REALTIME);
    Scene fork = new Scene();
    int writeX = fork.invoke(0, txn(append(X, 1)));
    int readBoth = fork.invoke(1, txn(read(Y), read(X)));
    int writeY = fork.invoke(2, txn(append(Y, 1)));
    fork.ok(writeX, txn(append(X, 1)))
        .run(3, seen(Y))
        .ok(writeY, txn(append(Y, 1)))
        .ok(readBoth, txn(read(Y, 1), seen(X)));
    add("a fork in time", fork, G_NONADJACENT_REALTIME);
    Scene skew = new Scene();
    int long1 = skew.invoke(1, txn(append(X, 1), read(Y)));
    skew.run(0, append(Y, 1)).run(2, seen(X)).ok(long1, txn(append(X, 1), seen(Y)));
    add("another reader's view of write skew", skew, G2_ITEM_REALTIME);
  }

  /** A read that saw nothing. */
  private static MicroOp seen(long key) {
    return new MicroOp.Read(key, Elements.NONE);
  }

  @Test
  void every_anomaly_is_found_and_called_by_its_name() {
    addReads();
    addCycles();
    addSessions();
    addRealTime();
    Set<AnomalyType> shown = EnumSet.noneOf(AnomalyType.class);
    for (Case one : cases) {
      shown.addAll(one.types());
      Seeds.of(SEEDS).forEach(seed -> check(one, seed));
    }
    assertThat(shown)
        .as("all types but those of registers and of a search that is cut short")
        .isEqualTo(
            EnumSet.complementOf(
                EnumSet.of(
                    CYCLIC_VERSIONS, CYCLIC_VERSIONS_PROCESS, CYCLIC_VERSIONS_REALTIME, CYCLE)));
  }

  private void check(Case one, long seed) {
    History background =
        SimulatedStore.run(seed, SimulatedStore.Weakness.NONE, 2 + (int) (seed % 7), 80);
    Random random = new Random(seed);
    History history = Scene.between(background, withOtherProcesses(one.history()), random);
    Verdict verdict = Checker.listAppend().check(history, Level.STRICT_SERIALIZABLE);
    String rerun = one.what() + ", " + Seeds.rerun(getClass(), seed) + "\n" + verdict;
    assertThat(verdict.validity()).as(rerun).isEqualTo(Verdict.Validity.INVALID);
    assertThat(verdict.types()).as(rerun).isEqualTo(one.types());
    assertThat(verdict.weakestBroken()).as(rerun).isEqualTo(one.broken());
    assertThat(verdict.complete()).as(rerun).isTrue();
  }

  private static History withOtherProcesses(History scene) {
    return new History(
        scene.transactions().stream()
            .map(it ->
                new Transaction(
                    it.id(),
                    it.process() + 1_000,
                    it.outcome(),
                    it.invoked(),
                    it.completed(),
                    it.began(),
                    it.ended(),
                    it.ops()))
            .toList());
  }
}
