package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.events.Append;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.GroupOptions;
import io.quorate.events.group.ParkedEvent;
import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What a person sees of streams of events from the shell, and what is refused. */
@ParameterizedClass
@EnumSource(Store.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
class CliEventsTest extends CliCase {
  private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z";
  private static ProcessCluster cluster;

  @Parameter Store store;

  @BeforeParameterizedClassInvocation
  static void start(Store store) {
    cluster = store.start(1);
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    cluster.close();
  }

  @Override
  String endpoint() {
    return cluster.endpoint(0);
  }

  private static Result run(String... arguments) {
    return QuorateCommand.run(cluster.endpoint(0), Step.of(arguments));
  }

  @Test
  void what_is_appended_is_read_by_stream_and_by_position() {
    String id = "01890000-0000-7000-8000-000000000001";
    Result first =
        run(
            "events",
            "append",
            "orders/42",
            "Placed",
            "tea",
            "--expect",
            "none",
            "--tag",
            "c:7",
            "--id",
            id);
    assertThat(first.out()).matches("orders/42, 1, [0-9a-f]{16}\\.00000000, appended\n");
    assertThat(
            run("events", "append", "orders/42", "Placed", "tea", "--expect", "none", "--id", id)
                .out())
        .isEqualTo(first.out().replace("appended", "was appended before"));
    assertThat(run("events", "append", "orders/42", "Paid", "5", "--expect", "1").out())
        .startsWith("orders/42, 2, ");
    Result conflict = run("events", "append", "orders/42", "Paid", "5", "--expect", "1");
    assertThat(conflict.code()).isEqualTo(4);
    assertThat(conflict.out()).isEmpty();
    assertThat(conflict.err()).contains("orders/42 has version 2, expected was version 1");
    Result inJson =
        run("events", "append", "orders/42", "Paid", "5", "--expect", "1", "-w", "json");
    assertThat(inJson.code()).isEqualTo(4);
    assertThat(inJson.err()).isEqualTo(conflict.err());
    assertThat(inJson.out())
        .startsWith(
            "{\"conflicts\":[{\"stream\":\"orders/42\",\"version\":2,\"events\":[{\"position\":")
        .contains("\"version\":2,\"id\":", "\"type\":\"Paid\"", "\"payload\":\"NQ==\"")
        .endsWith("}]}]}\n");
    assertThat(run("events", "append", "orders/7", "Placed", "cup").code()).isZero();

    String position = first.out().split(", ", -1)[2];
    String quoted = Pattern.quote(position);
    assertThat(run("events", "read", "orders/42").out())
        .containsPattern("^" + quoted + ", orders/42, 1, " + TIME + ", Placed, c:7\ntea\n")
        .containsPattern(", orders/42, 2, " + TIME + ", Paid, \n5\n$");
    assertThat(run("events", "read", "orders/42", "--last", "1").out())
        .containsPattern("orders/42, 2, " + TIME + ", Paid")
        .doesNotContain("Placed");
    assertThat(run("events", "read", "orders/42", "--from", "2").out().lines()).hasSize(2);
    assertThat(run("events", "read", "--category", "orders/", "--after", position).out().lines())
        .hasSize(4);
    assertThat(run("events", "read", "--tag", "c:7").out().lines()).hasSize(2);
    assertThat(run("events", "read", "orders/42", "-w", "json", "--limit", "1").out())
        .startsWith("{\"events\":[{\"position\":\"" + position + "\",\"stream\":\"orders/42\",")
        .contains("\"id\":\"" + id + ":0\"", "\"tags\":[\"c:7\"]", "\"payload\":\"dGVh\"")
        .endsWith("}]}\n");
    assertThat(run("events", "read", "orders/42", "-w", "table").out())
        .containsPattern("\\| orders/42 \\| +1 \\| +" + TIME + " \\| Placed \\| +c:7 \\| +tea \\|");
    assertThat(run("events", "streams").out()).isEqualTo("orders/42\norders/7\n");
    assertThat(run("events", "streams", "orders/", "--after", "orders/42").out())
        .isEqualTo("orders/7\n");
    assertThat(run("events", "streams", "--store", "others/").out()).isEmpty();
  }

  @Test
  void more_events_than_a_page_has_are_printed_as_one_list() {
    List<NewEvent> some = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      some.add(NewEvent.of("E", Bytes.EMPTY));
    }
    EventStore store = EventStore.of(client, "events/");
    store.append(Append.to("long", ExpectedVersion.none(), some));
    store.append(Append.to("long", ExpectedVersion.exactly(600), some));
    assertThat(versions("long")).isEqualTo(range(1, 1_200));
    assertThat(versions("long", "--from", "590")).isEqualTo(range(590, 1_200));
    assertThat(versions("long", "--from", "5", "--limit", "501")).isEqualTo(range(5, 505));
    assertThat(versions("long", "--last", "700").reversed()).isEqualTo(range(501, 1_200));
    assertThat(versions("long", "--last", "9000").reversed()).isEqualTo(range(1, 1_200));
    assertThat(versions("--category", "lo")).isEqualTo(range(1, 1_200));
    assertThat(versions("--category", "lo", "--limit", "900")).isEqualTo(range(1, 900));
  }

  /** By their lines; in one object of JSON there are as many. */
  private static List<Long> versions(String... arguments) {
    List<String> words = new ArrayList<>(List.of("events", "read"));
    words.addAll(List.of(arguments));
    List<Long> versions = new ArrayList<>();
    for (String line : run(words.toArray(String[]::new)).out().split("\n", -1)) {
      if (!line.isEmpty()) {
        versions.add(Long.parseLong(line.split(", ", -1)[2]));
      }
    }
    words.addAll(List.of("-w", "json"));
    String json = run(words.toArray(String[]::new)).out();
    assertThat(json).startsWith("{\"events\":[{").endsWith("}]}\n").doesNotContain("}{", ",,");
    assertThat(json.split("\\},\\{\"position\"", -1)).hasSameSizeAs(versions);
    return versions;
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void the_payload_is_standard_input_if_none_is_given() {
    Step append = Step.withInput("tea\nand more", "events", "append", "orders/42", "Placed");
    assertThat(QuorateCommand.run(endpoint(), append).code()).isZero();
    assertThat(run("events", "append", "orders/42", "Paid").code()).isZero(); // of nothing
    assertThat(run("events", "read", "orders/42").out())
        .containsPattern(", orders/42, 1, " + TIME + ", Placed, \ntea\nand more\n")
        .containsPattern(", orders/42, 2, " + TIME + ", Paid, \n\n$");
  }

  @Test
  void what_is_told_of_an_event_beside_its_payload_is_kept() {
    List<String> append =
        List.of(
            "events append orders/8 Placed tea --correlation talk --causation click:7"
                .split(" ", -1));
    List<String> words = new ArrayList<>(append);
    words.addAll(List.of("--header", "by=Ada", "--header", "note=a=b", "--header", "empty="));
    assertThat(run(words.toArray(String[]::new)).code()).isZero();
    assertThat(run("events", "read", "orders/8", "-w", "json").out())
        .contains("\"correlation\":\"talk\",\"causation\":\"click:7\"")
        .contains("\"headers\":{\"by\":\"Ada\",\"empty\":\"\",\"note\":\"a=b\"}");
  }

  @Test
  void a_tail_tells_what_is_appended_from_where_it_is_told_to_begin() throws Exception {
    EventStore store = EventStore.of(client, "tail/");
    var _ = append(store, "orders/42", "Placed");
    var _ = append(store, "users/7", "Named");
    RunningCommand all = tail("--category", "orders/", "--after", Position.START.toText());
    assertThat(all.next()).matches(".*, orders/42, 1, " + TIME + ", Placed, ");
    assertThat(all.next()).isEqualTo("");

    RunningCommand fresh = tail("orders/42", "-w", "json");
    CompletableFuture<String> first = CompletableFuture.supplyAsync(fresh::next);
    int paid = 0;
    while (!first.isDone()) { // it begins behind what is there when it has started
      var _ = append(store, "orders/43", "Seen");
      var _ = append(store, "orders/42", "Paid");
      paid++;
    }
    assertThat(first.get())
        .contains("\"stream\":\"orders/42\"", "\"type\":\"Paid\"")
        .doesNotContain("Placed");
    for (int i = 0; i < paid; i++) {
      assertThat(all.next(2).get(0))
          .contains(", orders/43, " + (i + 1) + ", ")
          .endsWith(", Seen, ");
      assertThat(all.next(2).get(0))
          .contains(", orders/42, " + (i + 2) + ", ")
          .endsWith(", Paid, ");
    }
    assertThat(fresh.interrupt()).isEqualTo(143);
    assertThat(fresh.rest()).allMatch(each -> each.contains("\"stream\":\"orders/42\""));

    client.kv().put("tail/s/orders/44#0000000000000001", "no append");
    String last = all.next();
    assertThat(last).startsWith("Error: ").contains("tail/s/orders/44#0000000000000001");
    assertThat(all.awaitEnd()).isEqualTo(1);
  }

  private RunningCommand tail(String... arguments) {
    List<String> all = new ArrayList<>(List.of("events", "tail", "--store", "tail/"));
    all.addAll(List.of(arguments));
    return quorate(all.toArray(String[]::new));
  }

  private static Position append(EventStore store, String stream, String type) {
    return store.append(stream, ExpectedVersion.any(), NewEvent.of(type, Bytes.EMPTY)).orThrow();
  }

  @Test
  void groups_are_shown_with_what_they_have_parked_which_is_tried_again_on_demand() {
    EventStore store = EventStore.of(client, "billed/");
    GroupOptions options = GroupOptions.DEFAULT.partitions(2).attempts(1, Duration.ZERO);
    ConsumerGroup billing = ConsumerGroup.of(store, "billing", Query.category("orders/"), options);
    AtomicBoolean refuses = new AtomicBoolean(true);
    List<Position> positions = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      positions.add(append(store, "orders/42", "Paid"));
    }
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        Consumer consumer =
            billing.atLeastOnce(
                event -> {
                  if (refuses.get()) {
                    throw new IllegalStateException("not now");
                  }
                },
                executor)) {
      await(() -> billing.parked().size() == 3);
      await(() -> billed("subscriptions").out().contains(positions.get(2).toText()));
      assertThat(billed("subscriptions", "billing").out().lines())
          .hasSize(2)
          .allMatch(each -> each.matches("billing, [01], " + consumer.name() + ", [0-9a-f.]{25}"));
      assertThat(billed("subscriptions", "-w", "json").out())
          .startsWith("{\"groups\":[{\"group\":\"billing\",\"partitions\":[{\"partition\":0,")
          .contains("\"owner\":\"" + consumer.name() + "\"");
      assertThat(billed("subscriptions", "-w", "table").out()).contains("| billing |");

      String second = positions.get(1).toText();
      assertThat(billed("parked").out().lines())
          .hasSize(3)
          .contains(
              "billing, " + second + ", orders/42#2, 1, java.lang.IllegalStateException: not now");
      assertThat(billed("parked", "billing", "-w", "json").out())
          .startsWith("{\"parked\":[{\"group\":\"billing\",")
          .contains("\"position\":\"" + second + "\",\"stream\":\"orders/42\",\"version\":2,");

      Result nowhere = billed("parked", "billing", "--retry", "0000000000000001.00000000");
      assertThat(nowhere.code()).isEqualTo(1);
      assertThat(nowhere.err()).contains("billing has parked nothing at 0000000000000001");
      refuses.set(false);
      assertThat(billed("parked", "billing", "--retry", second).out().lines()).hasSize(1);
      await(() -> billing.parked().size() == 2);
      assertThat(billing.parked())
          .extracting(ParkedEvent::position)
          .containsExactly(positions.get(0), positions.get(2));
      String first = positions.get(0).toText();
      assertThat(billed("parked", "billing", "--discard", first).out().lines()).hasSize(1);
      assertThat(billing.parked())
          .extracting(ParkedEvent::position)
          .containsExactly(positions.get(2));
      assertThat(billed("parked", "billing", "--retry-all").out().lines()).hasSize(1);
      await(() -> billing.parked().isEmpty());
      assertThat(billed("parked", "billing").out()).isEmpty();
    }
    assertThat(billed("subscriptions", "billing").out().lines())
        .allMatch(each -> each.contains(", nobody, "));
  }

  private static Result billed(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of("events", command, "--store", "billed/"));
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new));
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void groups_that_there_are_not_have_nothing_to_show() {
    assertThat(run("events", "subscriptions", "--store", "none/").out()).isEmpty();
    assertThat(run("events", "parked", "--store", "none/").out()).isEmpty();
    Result unknown = run("events", "parked", "billing", "--store", "none/");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("there is no group billing: the store has none");
  }

  @Test
  void what_makes_no_sense_is_refused_before_anything_is_sent() {
    long before = revision();
    for (List<String> each :
        List.of(
            List.of("append", "orders/42"),
            List.of("append", "orders/42", "Placed", "tea", "--expect", "soon"),
            List.of("append", "orders#42", "Placed", "tea"),
            List.of("append", "orders/42", "Placed", "tea", "--id", "7"),
            List.of("append", "orders/42", "Placed", "tea", "--store", "nowhere"),
            List.of("append", "orders/42", "Placed", "tea", "--header", "by"),
            List.of("append", "orders/42", "Placed", "tea", "--header", "=Ada"),
            List.of("read", "orders/42", "orders/43"),
            List.of("read", "--after", "there"),
            List.of("read", "orders/42", "--from", "2", "--last", "1"),
            List.of("read", "orders/42", "--from", "-1"),
            List.of("read", "orders/42", "--last", "-1"),
            List.of("read", "--category", "orders/", "--last", "1"),
            List.of("read", "--tag", "c:7", "--from", "2"),
            List.of("tail", "orders/42", "orders/43"),
            List.of("streams", "a", "b"),
            List.of("parked", "--retry-all"),
            List.of("parked", "--discard", "0000000000000001.00000000"),
            List.of("parked", "billing", "--discard", "0000000000000001.00000000", "--retry-all"),
            List.of("parked", "billing", "--retry", "0000000000000001.00000000", "--retry-all"))) {
      String[] arguments = new String[each.size() + 1];
      arguments[0] = "events";
      for (int i = 0; i < each.size(); i++) {
        arguments[i + 1] = each.get(i);
      }
      Result refused = run(arguments);
      assertThat(refused.code()).as("%s", each).isEqualTo(128);
      assertThat(refused.err()).as("%s", each).isNotEmpty();
    }
    assertThat(revision()).isEqualTo(before);
  }
}
