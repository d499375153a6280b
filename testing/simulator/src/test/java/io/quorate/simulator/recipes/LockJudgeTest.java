package io.quorate.simulator.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.recipes.FencingToken;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What must not be is seen. */
class LockJudgeTest {
  private static final Bytes GUARDED = Bytes.utf8("guarded");

  private final List<String> violations = new ArrayList<>();
  private final LockJudge judge =
      new LockJudge(Bytes.utf8("lock/"), GUARDED, (one, other) -> true, true, violations::add);

  /** Those who hold it believe so, but for these. */
  private final Set<String> doubting = new HashSet<>();

  private LockJudge.Grant grant(String who, long revision) {
    Held held =
        new Held(
            new FencingToken(0, revision, 0),
            () -> !doubting.contains(who),
            txn -> CompletableFuture.failedFuture(new AssertionError()),
            () -> CompletableFuture.failedFuture(new AssertionError()));
    LockJudge.Grant grant = new LockJudge.Grant(who, true, held);
    judge.granted(grant);
    return grant;
  }

  private static Event put(Bytes key, long created, long at, String value) {
    return new Event(false, new KeyValue(key, created, at, 1, Bytes.utf8(value), 1), null);
  }

  private static Event place(String name, long at) {
    return put(Bytes.utf8("lock/" + name), at, at, name);
  }

  private static Event gone(String name, long at) {
    return new Event(
        true, new KeyValue(Bytes.utf8("lock/" + name), 0, at, 0, Bytes.EMPTY, 0), null);
  }

  private static Event write(String value, long at) {
    return put(GUARDED, 1, at, value);
  }

  private void wrote(LockJudge.Grant grant, String value, LockJudge.Told told) {
    judge.writes(Bytes.utf8(value), grant);
    judge.wrote(Bytes.utf8(value), told);
  }

  @Test
  void one_after_the_other_is_fine() {
    wrote(grant("a", 2), "a 1", LockJudge.Told.DONE);
    judge.left("a");
    wrote(grant("b", 3), "b 1", LockJudge.Told.UNKNOWN);
    judge.judge(
        List.of(place("a", 2), place("b", 3), write("a 1", 4), gone("a", 5), write("b 1", 6)));
    assertThat(violations).isEmpty();
  }

  @Test
  void two_that_believe_to_hold_it_at_a_time_are_seen() {
    grant("a", 2);
    doubting.add("a");
    grant("b", 3);
    assertThat(violations).isEmpty();
    grant("c", 4);
    assertThat(violations).singleElement().asString().contains("all of these hold it: b");
  }

  @Test
  void a_token_that_is_given_twice_is_seen() {
    grant("a", 2);
    judge.left("a");
    grant("b", 2);
    assertThat(violations).singleElement().asString().contains("as another had");
  }

  @Test
  void a_write_without_its_place_or_before_its_turn_is_seen() {
    LockJudge.Grant first = grant("a", 2);
    wrote(first, "a 1", LockJudge.Told.DONE);
    judge.left("a");
    wrote(grant("b", 3), "b 1", LockJudge.Told.DONE);
    judge.judge(
        List.of(place("a", 2), place("b", 3), write("b 1", 4), gone("a", 5), write("a 1", 6)));
    assertThat(violations)
        .anyMatch(each -> each.contains("whose turn it was not"))
        .anyMatch(each -> each.contains("whose key was gone"))
        .anyMatch(each -> each.contains("after"));
  }

  @Test
  void a_writer_that_was_told_another_thing_than_happened_is_seen() {
    LockJudge.Grant held = grant("a", 2);
    wrote(held, "a 1", LockJudge.Told.DONE);
    wrote(held, "a 2", LockJudge.Told.NOT_DONE);
    judge.judge(List.of(place("a", 2), write("a 2", 3)));
    assertThat(violations)
        .hasSize(2)
        .anyMatch(each -> each.contains("was told that it wrote a 1"))
        .anyMatch(each -> each.contains("wrote nothing"));
  }
}
