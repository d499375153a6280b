package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
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

/**
 * What a person sees of transactions over databases, and may say about them. The keys are put here
 * as coordinators and recovery put them; that those read what the command writes, {@code
 * RecoveryTest} shows.
 */
@ParameterizedClass
@EnumSource(Store.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
class CliTransactionsTest extends CliCase {
  private static final String SHOP = "quorate/xa/shop/";
  private static final String TIME = "2023-11-14T22:13:20Z";
  private static final String MILLIS = "1700000000000";
  private static final String STRANGER = "0000000000000001/0000000000000009";
  private static final String DAMAGED = "0000000000000001/000000000000000a";
  private static final String OTHERWISE = "0000000000000001/000000000000000b";

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

  private void put(String key, String value) {
    var _ = client.kv().put(SHOP + key, value);
  }

  private List<KeyValue> keys(String folder) {
    return client.kv().range(Range.prefix(SHOP + folder)).kvs();
  }

  /** A coordinator that lives, and one that is over; gives the number of the first. */
  private String coordinators() {
    put("id", "1");
    long revision = client.kv().put(SHOP + "inc/0000000000000077", "host-1").header().revision();
    String number = "%016x".formatted(revision);
    put("life/" + number, "1\t0000000000000077\t0000000000000000\nchecking\nsavings");
    put("life/0000000000000002", "1\t0000000000000076\t0000000000000000\nsavings");
    for (String each : List.of(number, "0000000000000002")) {
      put("known/" + each + "/0000000000000000", "1");
    }
    return number;
  }

  private void records(String number) {
    put(
        "dec/" + number + "/0000000000000001",
        "1 COMMIT\t" + MILLIS + "\t3\nchecking\t0\t0\t\nsavings\t1\t0\t\nsavings\t2\t0\t\n");
    put("dec/" + number + "/0000000000000002", "1 ABORT\t" + MILLIS + "\t0\n");
    put("dec/" + DAMAGED, "1 COMM");
    put("heur/" + OTHERWISE + "/savings", "1\tCOMMIT\t" + MILLIS + "\n");
    put("ask/" + STRANGER + "/checking", "1\t" + MILLIS + "\n");
  }

  // ---- what there is ---------------------------------------------------------------------------

  @Test
  void list_shows_what_is_not_finished_and_writes_nothing() {
    String number = coordinators();
    records(number);
    long before = revision();
    assertThat(run("xa", "list").out().lines())
        .containsExactly(
            DAMAGED + ", UNREADABLE, , over, ",
            number + "/0000000000000001, COMMITTING, " + TIME + ", lives, checking,savings",
            number + "/0000000000000002, ABORTED, " + TIME + ", lives, ",
            OTHERWISE + ", HEURISTIC, " + TIME + ", over, savings",
            STRANGER + ", ASKS, " + TIME + ", over, checking");
    assertThat(run("xa", "list", "-w", "table").out())
        .contains("|    KIND    |")
        .contains("| COMMITTING | " + TIME + " |       lives | checking,savings |");
    assertThat(run("xa", "list", "-w", "json").out())
        .startsWith("{\"transactions\":[{\"id\":\"" + DAMAGED + "\",\"kind\":\"UNREADABLE\",")
        .endsWith(
            ",{\"id\":\""
                + STRANGER
                + "\",\"kind\":\"ASKS\",\"since\":\""
                + TIME
                + "\",\"coordinator_lives\":false,\"resources\":[\"checking\"]}]}\n");
    assertThat(revision()).isEqualTo(before);
  }

  @Test
  void list_reads_on_where_a_page_ends() {
    String number = coordinators();
    for (int i = 0; i < 1_001; i++) {
      put("dec/%s/%016x".formatted(number, i), "1 COMMIT\t" + MILLIS + "\t1\nsavings\t1\t0\t\n");
    }
    List<String> lines = run("xa", "list").out().lines().toList();
    assertThat(lines).hasSize(1_001).doesNotHaveDuplicates();
    assertThat(lines.get(1_000)).startsWith(number + "/00000000000003e8, COMMITTING, ");
  }

  @Test
  void coordinators_are_those_that_live_and_those_that_may_have_left_something() {
    String number = coordinators();
    assertThat(run("xa", "coordinators").out().lines())
        .containsExactly(
            "0000000000000002, over, , savings", number + ", lives, host-1, checking,savings");
    assertThat(run("xa", "coordinators", "-w", "table").out())
        .contains("|      NUMBER      | STATE | ABOUT  |     UNSWEPT      |");
    assertThat(run("xa", "coordinators", "-w", "json").out())
        .isEqualTo(
            "{\"coordinators\":[{\"number\":\"0000000000000002\",\"lives\":false,\"about\":\"\","
                + "\"unswept\":[\"savings\"]},{\"number\":\""
                + number
                + "\",\"lives\":true,\"about\":\"host-1\","
                + "\"unswept\":[\"checking\",\"savings\"]}]}\n");
  }

  @Test
  void show_tells_what_becomes_of_a_transaction_whether_it_is_listed_or_not() {
    String number = coordinators();
    records(number);
    assertThat(run("xa", "show", number + "/1").out())
        .startsWith(
            "id: "
                + number
                + "/0000000000000001\nfate: COMMITTED\ndecided: "
                + TIME
                + "\ncoordinator: LIVES\nabout: host-1\ncommitting: checking,savings,savings\n"
                + "name in PostgreSQL: 1364738353_")
        .containsPattern("\nname in MariaDB: 01[0-9a-f]{16}" + number + "0000000000000001\n$");
    assertThat(run("xa", "show", number + "/2").out())
        .contains("fate: ABORTED\ndecided: " + TIME + "\n");
    assertThat(run("xa", "show", number + "/3").out())
        .contains("fate: OPEN\ncoordinator: LIVES\nabout: host-1\nname");
    assertThat(run("xa", "show", "2/1").out())
        .contains("fate: ABORTED\ncoordinator: OVER\nname in");
    assertThat(run("xa", "show", OTHERWISE, "-w", "table").out())
        .containsPattern("\\| +contradicted \\| +savings \\|")
        .containsPattern("\\| +fate +\\| +UNKNOWN +\\|");
    assertThat(run("xa", "show", STRANGER, "-w", "json").out())
        .startsWith(
            "{\"id\":\""
                + STRANGER
                + "\",\"fate\":\"UNKNOWN\",\"decided\":\"\",\"coordinator\":\"FORGOTTEN\","
                + "\"about\":\"\",\"committing\":[],\"contradicted\":[],\"asking\":[\"checking\"],"
                + "\"postgresql_name\":\"1364738353_");
    assertThat(run("xa", "show", DAMAGED).out()).contains("fate: UNREADABLE\n");
  }

  // ---- what a person says ----------------------------------------------------------------------

  @Test
  void what_asks_is_answered_once_and_forgotten_when_it_is_done() {
    records(coordinators());
    for (String word : List.of("commit", "rollback")) {
      assertThat(run("xa", word, STRANGER).code()).isZero();
      assertThat(keys("dec/" + STRANGER))
          .singleElement()
          .satisfies(kv ->
              assertThat(kv.value().toUtf8())
                  .matches("1 " + (word.equals("commit") ? "COMMIT" : "ABORT") + "\t\\d+\t0\n"));
      Result again = run("xa", "commit", STRANGER);
      assertThat(again.code()).isEqualTo(1);
      assertThat(again.err())
          .isEqualTo(
              "Error: the transaction "
                  + STRANGER
                  + " was decided before: quorate xa show tells how\n");
      assertThat(run("xa", "forget", STRANGER, "-w", "json").out())
          .isEqualTo("{\"id\":\"" + STRANGER + "\",\"answer\":\"forgotten\"}\n");
      assertThat(keys("dec/" + STRANGER)).isEmpty();
      assertThat(keys("ask/")).isEmpty();
      put("ask/" + STRANGER + "/checking", "1\t" + MILLIS + "\n");
    }
  }

  @Test
  void a_heuristic_outcome_is_there_until_it_is_forgotten() {
    records(coordinators());
    assertThat(run("xa", "forget", OTHERWISE).out()).isEqualTo(OTHERWISE + " is forgotten\n");
    assertThat(keys("heur/")).isEmpty();
    Result again = run("xa", "forget", OTHERWISE);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("nothing is there of the transaction " + OTHERWISE);
  }

  @Test
  void what_finishes_by_itself_takes_no_answer_and_can_not_be_forgotten() {
    String number = coordinators();
    records(number);
    for (String each : List.of(number + "/1", number + "/2", DAMAGED)) {
      Result answered = run("xa", "commit", each);
      assertThat(answered.code()).as(each).isEqualTo(1);
      assertThat(answered.err()).contains("doesn't ask: only what quorate xa list shows as ASKS");
      Result forgotten = run("xa", "forget", each);
      assertThat(forgotten.code()).as(each).isEqualTo(1);
      assertThat(forgotten.err()).contains("can't be forgotten: its decision is still needed");
    }
    assertThat(keys("dec/")).hasSize(3);
  }

  // ---- whose they are --------------------------------------------------------------------------

  @Test
  void a_domain_is_named_where_there_is_more_than_one() {
    assertThat(run("xa", "list").out()).isEmpty();
    assertThat(run("xa", "list", "-w", "json").out()).isEqualTo("{\"transactions\":[]}\n");
    assertThat(run("xa", "show", STRANGER).err())
        .isEqualTo("Error: the store knows of no transactions over databases\n");
    records(coordinators());
    var _ = client.kv().put("quorate/xa/shop2/id", "1");
    Result unnamed = run("xa", "list");
    assertThat(unnamed.code()).isEqualTo(1);
    assertThat(unnamed.err())
        .isEqualTo(
            "Error: the store knows of more than one domain, so --domain has to name one of them:"
                + " shop, shop2\n");
    assertThat(run("xa", "list", "--domain=shop").out()).hasLineCount(5);
    assertThat(run("xa", "list", "--domain", "shop2").out()).isEmpty();
    assertThat(run("xa", "list", "--domain=shops").err())
        .isEqualTo("Error: the store knows of no domain shops: it has shop, shop2\n");
    client.kv().delete(Delete.prefix(SHOP));
    assertThat(run("xa", "list").code()).isZero();
  }

  @Test
  void what_can_not_be_meant_is_refused_before_anything_is_sent() {
    for (String line :
        List.of(
            "xa list all",
            "xa coordinators all",
            "xa show",
            "xa show 4711",
            "xa show 1/2/3",
            "xa show 1/0000000000000000f",
            "xa commit 1/2 3/4",
            "xa rollback x/1",
            "xa forget /")) {
      Result refused = run(line.split(" ", -1));
      assertThat(refused.code()).as(line + ": " + refused.err()).isEqualTo(128);
      assertThat(refused.err()).as(line).startsWith("Error: ").hasLineCount(1);
    }
    assertThat(run("xa", "list", "-w", "fields").code()).isEqualTo(4);
  }
}
