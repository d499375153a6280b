package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    assertThat(conflict.code()).isEqualTo(1);
    assertThat(conflict.err()).contains("orders/42 has version 2, expected was version 1");
    assertThat(run("events", "append", "orders/7", "Placed", "cup").code()).isZero();

    String position = first.out().split(", ", -1)[2];
    assertThat(run("events", "read", "orders/42").out())
        .startsWith(position + ", orders/42, 1, Placed, c:7\ntea\n")
        .endsWith(", orders/42, 2, Paid, \n5\n");
    assertThat(run("events", "read", "orders/42", "--last", "1").out())
        .contains("orders/42, 2, Paid")
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
        .contains("| orders/42 |       1 | Placed |  c:7 |     tea |");
    assertThat(run("events", "streams").out()).isEqualTo("orders/42\norders/7\n");
    assertThat(run("events", "streams", "orders/", "--after", "orders/42").out())
        .isEqualTo("orders/7\n");
    assertThat(run("events", "streams", "--store", "others/").out()).isEmpty();
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
            List.of("read", "orders/42", "orders/43"),
            List.of("read", "--after", "there"),
            List.of("tail", "orders/42", "orders/43"),
            List.of("streams", "a", "b"),
            List.of("parked", "--retry-all"))) {
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
