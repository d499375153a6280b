package io.quorate.testkit.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.client.codec.Codec;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import io.quorate.events.aggregate.Decider;
import io.quorate.events.aggregate.Evolver;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.codec.JsonEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What can't be kept is found: in what is given, and in what is drawn. */
class ReplaysTest {
  /** What happens to an account. */
  sealed interface AccountEvent {
    record Opened(String owner) implements AccountEvent {}

    record Deposited(long cents, String currency) implements AccountEvent {}
  }

  private static final Histories<AccountEvent> DEPOSITS =
      Histories.of(random -> new AccountEvent.Deposited(100L * random.nextInt(1_000), "EUR"));

  private static JsonEvents.Builder<AccountEvent> codec() {
    return JsonEvents.builder(AccountEvent.class).schema(AccountEvent.Deposited.class, 3);
  }

  private static NewEvent deposited(int schema, String json) {
    return NewEvent.of("Deposited", schema, Bytes.utf8(json));
  }

  /** Whole euros, as they were written at first. */
  private static NewEvent inEuros(AccountEvent event) {
    return deposited(1, "{\"euros\":%d}".formatted(((AccountEvent.Deposited) event).cents() / 100));
  }

  @Test
  void what_upcasters_tell_is_compared_with_what_it_is_today() {
    EventCodec<AccountEvent> codec =
        codec()
            .upcast("Deposited", 1, json -> json.put("cents", 100 * json.get("euros").asLong()))
            .upcast("Deposited", 2, json -> json.put("currency", "EUR"))
            .build();
    AccountEvent five = new AccountEvent.Deposited(500, "EUR");
    Replays.requireUpcast(codec, deposited(1, "{\"euros\":5}"), five);
    Replays.requireUpcast(codec, deposited(2, "{\"cents\":500}"), five);
    Replays.requireUpcast(codec, DEPOSITS, ReplaysTest::inEuros);
    Replays.requireReadable(codec, DEPOSITS);
    assertThatThrownBy(() -> Replays.requireUpcast(codec, deposited(1, "{\"euros\":6}"), five))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("was written as Deposited 1 {\"euros\":6}, and read as ")
        .hasMessageContaining("cents=600");
    assertThatThrownBy(() ->
            Replays.requireUpcast(
                codec, deposited(3, "{\"cents\":500,\"currency\":\"EUR\"}"), five))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("is written today");
  }

  @Test
  void an_upcaster_that_is_wrong_of_some_or_keeps_something_is_found() {
    EventCodec<AccountEvent> narrow =
        codec()
            .upcast(
                "Deposited", 1, json -> json.put("cents", 100 * json.get("euros").asInt() % 500))
            .upcast("Deposited", 2, json -> json.put("currency", "EUR"))
            .build();
    Replays.requireUpcast(
        narrow, deposited(1, "{\"euros\":4}"), new AccountEvent.Deposited(400, "EUR"));
    assertThatThrownBy(() -> Replays.requireUpcast(narrow, DEPOSITS, ReplaysTest::inEuros))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("and read as ")
        .hasMessageContaining("to draw it again: -Dquorate.testkit.seed=");
    AtomicInteger asked = new AtomicInteger();
    EventCodec<AccountEvent> keeps =
        codec()
            .upcast("Deposited", 1, json -> json.put("cents", 499 + asked.incrementAndGet()))
            .upcast("Deposited", 2, json -> json.put("currency", "EUR"))
            .build();
    assertThatThrownBy(() ->
            Replays.requireUpcast(
                keeps, deposited(1, "{}"), new AccountEvent.Deposited(500, "EUR")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("cents=501");
  }

  @Test
  void codecs_that_forget_are_found() {
    EventCodec<Integer> forgets =
        new EventCodec<>() {
          @Override
          public NewEvent encode(Integer event) {
            return NewEvent.of("Number", Bytes.utf8(Integer.toString(event % 10)));
          }

          @Override
          public Integer decode(RecordedEvent event) {
            return Integer.valueOf(event.payload().toUtf8());
          }
        };
    Replays.requireReadable(forgets, List.of(1, 9));
    assertThatThrownBy(() -> Replays.requireReadable(forgets, List.of(1, 10)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("read as 0");
    Evolver<List<Integer>, Integer> all =
        Evolver.of(
            List.of(),
            (numbers, next) -> {
              List<Integer> more = new ArrayList<>(numbers);
              more.add(next);
              return List.copyOf(more);
            });
    Codec<List<Integer>> keepsTwo =
        Codec.utf8()
            .map(
                numbers ->
                    String.join(
                        ",", numbers.stream().limit(2).map(number -> number.toString()).toList()),
                text ->
                    text.isEmpty()
                        ? List.of()
                        : List.of(text.split(",", -1)).stream().map(Integer::valueOf).toList());
    Replays.requireKeepable(all, keepsTwo, List.of(1, 2));
    assertThatThrownBy(() -> Replays.requireKeepable(all, keepsTwo, List.of(1, 2, 3)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("behind 3 events");
  }

  private static final Evolver<List<Integer>, Integer> ALL =
      Evolver.of(
          List.of(),
          (numbers, next) -> {
            List<Integer> more = new ArrayList<>(numbers);
            more.add(next);
            return List.copyOf(more);
          });

  /** Keeps so many of the numbers. */
  private static Codec<List<Integer>> keeps(int most) {
    return Codec.utf8()
        .map(
            numbers ->
                String.join(
                    ",", numbers.stream().limit(most).map(number -> number.toString()).toList()),
            text ->
                text.isEmpty()
                    ? List.of()
                    : List.of(text.split(",", -1)).stream().map(Integer::valueOf).toList());
  }

  @Test
  void a_state_that_can_not_be_kept_behind_some_event_is_found() {
    Replays.requireKeepable(ALL, keeps(2), List.of(1, 2));
    assertThatThrownBy(() -> Replays.requireKeepable(ALL, keeps(2), List.of(1, 2, 3)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("behind 3 events");
    Replays.requireKeepable(ALL, keeps(20), Histories.of(random -> random.nextInt()));
    Replays.requireKeepable(ALL, keeps(4), Histories.<Integer>of(random -> 7).lengthMax(4));
  }

  @Test
  void a_history_that_failed_is_drawn_again_by_its_seed() {
    Histories<Integer> histories = Histories.of(random -> random.nextInt(100));
    AssertionError found = failure(histories);
    Matcher seed =
        Pattern.compile("of the history (.*), which .* -Dquorate.testkit.seed=(\\d+)")
            .matcher(String.valueOf(found.getMessage()));
    assertThat(seed.find()).as(found.getMessage()).isTrue();
    System.setProperty("quorate.testkit.seed", seed.group(2));
    try {
      assertThat(failure(histories)).hasMessage(found.getMessage());
      System.setProperty("quorate.testkit.seed", "a dozen");
      assertThatThrownBy(() -> Replays.requireKeepable(ALL, keeps(20), histories))
          .hasMessageContaining("is no number: \"a dozen\"");
    } finally {
      System.clearProperty("quorate.testkit.seed");
    }
  }

  private static AssertionError failure(Histories<Integer> histories) {
    try {
      Replays.requireKeepable(ALL, keeps(4), histories);
    } catch (AssertionError e) {
      return e;
    }
    throw new IllegalStateException("no history was longer than four");
  }

  @Test
  void what_is_decided_is_drawn_as_it_can_happen() {
    Decider<Integer, Integer, Integer> upwards =
        Decider.of(
            0,
            (next, last) -> {
              if (next <= last) {
                throw new IllegalArgumentException(next + " isn't behind " + last);
              }
              return List.of(next);
            },
            (last, next) -> next);
    List<List<Integer>> all = new ArrayList<>();
    Histories.decided(upwards, random -> random.nextInt(100))
        .count(10)
        .lengthMax(50)
        .each((random, drawn) -> all.add(drawn.next()));
    assertThat(all).hasSize(10).allSatisfy(each -> assertThat(each).isSorted());
    assertThatThrownBy(() ->
            Replays.requireKeepable(
                upwards,
                Codec.utf8().map(last -> Integer.toString(last), Integer::valueOf),
                Histories.decided(upwards, random -> -1)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("nothing happened in 100 histories");
  }
}
