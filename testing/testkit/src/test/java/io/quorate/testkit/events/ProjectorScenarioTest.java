package io.quorate.testkit.events;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.events.EventId;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.group.Projection;
import io.quorate.events.group.Projector;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A projector that makes something else of the same events when it is asked anew is found. */
class ProjectorScenarioTest {
  /** Events that say nothing but what happened. */
  private static final EventCodec<String> WORDS =
      new EventCodec<>() {
        @Override
        public NewEvent encode(String event) {
          return NewEvent.of(event, Bytes.EMPTY);
        }

        @Override
        public String decode(RecordedEvent event) {
          return event.type();
        }
      };

  private static final Histories<String> HISTORIES =
      Histories.of(random -> List.of("up", "down", "gone").get(random.nextInt(3)));

  /** The last word of each stream; none once it is gone. */
  private static List<Op> last(RecordedEvent event) {
    String key = "last/" + event.stream();
    return List.of(event.type().equals("gone") ? Delete.key(key) : Put.of(key, event.type()));
  }

  private static ProjectorScenario<String> of(Supplier<Projector> projector) {
    return ProjectorScenario.of(projector, WORDS);
  }

  private static ProjectorScenario<String> ofFold(Projection.Fold fold) {
    return ProjectorScenario.ofFold(() -> fold, WORDS);
  }

  private static void requireFound(ProjectorScenario<String> scenario, String message) {
    assertThatThrownBy(() -> scenario.requireSame("s/", HISTORIES))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(message)
        .hasMessageContaining("to draw it again: -Dquorate.testkit.seed=");
  }

  @Test
  void keys_are_what_events_add_up_to() {
    ProjectorScenario<String> two =
        of(() -> ProjectorScenarioTest::last).given("a", "up", "gone").given("b", "up", "down");
    two.thenKeys(Map.of("last/b", "down"));
    two.given("b", "gone").thenKeys(Map.of());
    assertThatThrownBy(() -> two.thenKeys(Map.of("last/b", "up")))
        .isInstanceOf(AssertionError.class)
        .hasMessage("expected keys: {last/b=up}, but there are {last/b=down}");
    of(() -> ProjectorScenarioTest::last).requireSame("s/", HISTORIES);
  }

  @Test
  void a_projector_that_remembers_is_found() {
    requireFound(
        of(() -> {
          int[] count = {0};
          return event -> List.of(Put.of(event.stream(), Integer.toString(++count[0])));
        }),
        "by a process that is started again behind each event");
    requireFound(
        of(() -> {
          Set<EventId> seen = new HashSet<>();
          return event -> seen.add(event.id()) ? last(event) : List.of();
        }),
        "with each event asked for twice");
  }

  @Test
  void what_depends_on_the_order_of_streams_is_found_unless_they_have_one() {
    ProjectorScenario<String> lastOfAll =
        of(() -> event -> List.of(Put.of("last", event.stream() + event.type())));
    requireFound(lastOfAll, "stream by stream");
    lastOfAll.inOnePartition().requireSame("s/", HISTORIES);
  }

  @Test
  void what_a_fold_writes_is_told_without_what_its_keys_begin_with() {
    ofFold((event, keys) -> List.of(Put.of(keys + event.stream(), event.type())))
        .given("a", "up")
        .thenKeys(Map.of("a", "up"));
    for (Op outside :
        List.of(
            Put.of("elsewhere", ""),
            Delete.key("elsewhere"),
            Delete.prefix(""),
            Delete.between(Bytes.utf8("live/"), Bytes.utf8("z")))) {
      assertThatThrownBy(
              () -> ofFold((event, keys) -> List.of(outside)).given("a", "up").thenKeys(Map.of()))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("up, event 1 of a: a key is written that doesn't begin");
    }
    ofFold((event, keys) -> List.of(Delete.prefix(keys))).given("a", "up").thenKeys(Map.of());
    requireFound(
        ofFold((event, keys) -> List.of(Put.of(keys + event.stream(), keys))), "projected live");
  }

  @Test
  void transactions_within_are_done_by_what_was_there_before() {
    Bytes first = Bytes.utf8("first");
    of(() ->
            event ->
                List.of(
                    Put.of("last", event.type()),
                    Txn.when(Compare.absent(first), Compare.version(first).is(0))
                        .then(Put.of(first, Bytes.utf8(event.type())))
                        .otherwise(
                            Txn.when(Compare.value(first).isNot(Bytes.utf8("up")))
                                .then(Delete.between(first, Bytes.utf8("g"))))))
        .inOnePartition()
        .given("a", "down")
        .given("b", "up")
        .given("a", "gone")
        .thenKeys(Map.of("first", "gone", "last", "gone"));
    of(() ->
            event ->
                List.of(
                    Txn.when(Compare.value("x/").is("").forPrefix())
                        .then(Put.of("x/" + event.version(), event.type()))))
        .given("a", "up", "down")
        .thenKeys(Map.of("x/1", "up"));
  }

  @Test
  void what_the_store_would_refuse_or_can_not_mean_is_refused() {
    Op write = Put.of("a", "");
    for (Map.Entry<List<Op>, String> each :
        Map.of(
                List.of(write, write),
                "a key is written twice",
                List.of(Delete.prefix("a"), write),
                "a key is written twice",
                List.<Op>of(Range.key("a")),
                "nobody hears what is read",
                List.<Op>of(Put.of("a", "").keepValue()),
                "there is nothing to keep",
                List.<Op>of(Txn.when(Compare.modRevision("a").greaterThan(7))),
                "revisions are others when it is made anew",
                Collections.nCopies(101, write),
                "up, event 1 of s is projected to 101 writes, and a step has at most 100")
            .entrySet()) {
      assertThatThrownBy(
              () -> of(() -> event -> each.getKey()).given("s", "up").thenKeys(Map.of("a", "")))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining(each.getValue());
    }
    assertThatThrownBy(() ->
            of(() ->
                    event -> {
                      throw new IllegalStateException("not now");
                    })
                .given("s", "up")
                .thenKeys(Map.of()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("can't be projected: java.lang.IllegalStateException: not now");
  }
}
