package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Semaphore;
import io.quorate.recipes.ids.IdParts;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What our command has for locks, elections and ids that etcdctl hasn't, on etcd and on Quorate.
 * What both have, {@code CliStreamsTest} compares.
 */
@ParameterizedClass
@ValueSource(strings = {"etcd", "quorate"})
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
class CliLocksTest extends CliCase {
  private static ProcessCluster cluster;
  private static String endpoint;

  @Parameter String server;

  @BeforeParameterizedClassInvocation
  static void start(String server) {
    cluster = ProcessCluster.start(server.equals("etcd") ? Program.ETCD : Program.quorate(), 1);
    endpoint = cluster.endpoint(0);
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    cluster.close();
  }

  @Override
  String endpoint() {
    return endpoint;
  }

  // ---- lock ------------------------------------------------------------------------------------

  @Test
  void who_waits_for_so_long_only_is_told_who_holds_the_lock_and_leaves_no_key() {
    RunningCommand holder = quorate("lock", "busy", "--owner=host-1");
    assertThat(holder.next()).matches("busy/[0-9a-f]+");
    assertThat(holder.next()).isEqualTo("host-1");
    for (String flag : List.of("--no-wait", "--wait=0", "--wait=50ms")) {
      Result tried = run("lock", "busy", flag, "--", "false");
      assertThat(tried.code()).as(flag).isEqualTo(4);
      assertThat(tried.err())
          .matches("Error: the lock busy is held by host-1, under the lease [0-9a-f]{16}\n");
      assertThat(keys("busy/")).hasSize(1);
    }
    assertThat(holder.interrupt()).isZero();
    for (String flag : List.of("--no-wait", "--wait=30s")) {
      assertThat(run("lock", "busy", flag, "--", "true").code()).as(flag).isZero();
      assertThat(keys("busy/")).isEmpty();
    }
  }

  @Test
  void a_command_knows_its_fencing_token_and_the_key_that_guards_what_it_writes() {
    RunningCommand held = quorate("lock", "job", "--", "sh", "-c", "env | grep _LOCK_ | sort");
    List<String> variables = held.next(6);
    assertThat(held.awaitEnd()).isZero();
    assertThat(variables.get(0)).matches("ETCD_LOCK_KEY=job/[0-9a-f]+");
    String key = variables.get(0).substring("ETCD_LOCK_KEY=".length());
    assertThat(variables.get(1)).matches("ETCD_LOCK_REV=\\d+");
    long revision = Long.parseLong(variables.get(1).substring("ETCD_LOCK_REV=".length()));
    assertThat(variables.subList(2, 6))
        .containsExactly(
            "QUORATE_LOCK_KEY=" + key,
            "QUORATE_LOCK_LEASE=" + key.substring("job/".length()),
            "QUORATE_LOCK_REVISION=" + revision,
            "QUORATE_LOCK_TOKEN=%016x.%016x.%016x".formatted(0, revision, 0));
  }

  /** A shell that ends leaves what it waits for running, and that would write on. */
  @Test
  void a_command_that_loses_its_lock_is_told_and_so_is_what_it_has_started() {
    RunningCommand held =
        quorate("lock", "lost", "--", "sh", "-c", "trap 'exit 0' TERM; sleep 300 & echo $!; wait");
    long started = Long.parseLong(held.next());
    revoke("lost/");
    assertThat(held.next()).startsWith("Error: the lock lost is lost: its key was deleted");
    assertThat(held.awaitEnd()).as("never 0 after a loss").isEqualTo(1);
    ProcessHandle.of(started).ifPresent(handle -> handle.onExit().join());
  }

  /** Who comes next would write beside it. */
  @Test
  void a_lock_is_kept_until_all_that_its_command_has_started_has_ended() throws Exception {
    Path gate = folder.resolve("gate");
    RunningCommand held =
        quorate(
            "lock",
            "kept",
            "--",
            "sh",
            "-c",
            "(trap '' TERM; until [ -e '" + gate + "' ]; do sleep 0.02; done) & echo $$; wait");
    long shell = Long.parseLong(held.next());
    held.terminate();
    ProcessHandle.of(shell).ifPresent(handle -> handle.onExit().join());
    assertThat(run("lock", "kept", "--no-wait", "--", "true").code()).isEqualTo(4);
    assertThat(run("lock", "kept", "--no-wait", "--held-code=75", "--", "true").code())
        .isEqualTo(75);
    Files.createFile(gate);
    assertThat(held.awaitEnd()).isEqualTo(143);
    assertThat(run("lock", "kept", "--no-wait", "--", "true").code()).isZero();
  }

  @Test
  void a_signal_ends_a_command_that_goes_on_without_its_lock() {
    RunningCommand held =
        quorate(
            "lock",
            "went on",
            "--on-loss=none",
            "--",
            "sh",
            "-c",
            "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done");
    assertThat(held.next()).isEqualTo("ready");
    revoke("went on/");
    assertThat(held.next()).startsWith("Error: the lock went on is lost");
    assertThat(held.interrupt()).isEqualTo(9);
  }

  @Test
  void a_command_is_told_nothing_of_a_loss_if_that_is_asked_for() throws Exception {
    Path goesOn = folder.resolve("goes on");
    RunningCommand held =
        quorate(
            "lock",
            "kept",
            "--on-loss=none",
            "--",
            "sh",
            "-c",
            "echo up; until [ -e '" + goesOn + "' ]; do sleep 0.02; done; echo done");
    assertThat(held.next()).isEqualTo("up");
    revoke("kept/");
    assertThat(held.next()).startsWith("Error: the lock kept is lost: ");
    Files.createFile(goesOn);
    assertThat(held.next()).isEqualTo("done");
    assertThat(held.awaitEnd()).isEqualTo(1);
  }

  @Test
  void an_interrupt_ends_the_command_and_its_exit_code_is_passed_on_and_no_key_is_left() {
    RunningCommand held =
        quorate(
            "lock",
            "stopped",
            "--",
            "sh",
            "-c",
            "trap 'echo told; exit 3' TERM; echo up; sleep 300 & wait");
    assertThat(held.next()).isEqualTo("up");
    assertThat(held.interrupt()).isEqualTo(3);
    assertThat(held.rest()).containsExactly("told", "Error: exit status 3");
    assertThat(keys("stopped/")).isEmpty();
  }

  @Test
  void a_command_that_does_not_listen_is_killed_if_that_is_asked_for() {
    RunningCommand held =
        quorate(
            "lock",
            "deaf",
            "--kill-after=100ms",
            "--",
            "sh",
            "-c",
            "trap '' TERM; echo up; while :; do sleep 1; done");
    assertThat(held.next()).isEqualTo("up");
    assertThat(held.interrupt()).isEqualTo(137);
    assertThat(keys("deaf/")).isEmpty();
  }

  @Test
  void a_waiter_that_is_interrupted_or_whose_lease_is_gone_fails_and_leaves_no_key() {
    RunningCommand holder = etcdctl("lock", "queue");
    String first = holder.next();
    RunningCommand interrupted = quorate("lock", "queue");
    awaitKeys("queue/", 2);
    assertThat(interrupted.interrupt()).isEqualTo(1);
    assertThat(interrupted.rest()).containsExactly("Error: interrupted");
    assertThat(keys("queue/")).hasSize(1);
    RunningCommand dies = quorate("lock", "queue");
    awaitKeys("queue/", 2);
    for (KeyValue kv : keys("queue/")) {
      if (!kv.key().toUtf8().equals(first)) {
        client.lease().revoke(kv.lease());
      }
    }
    assertThat(dies.next()).startsWith("Error: ");
    assertThat(dies.awaitEnd()).isEqualTo(1);
    assertThat(keys("queue/")).hasSize(1);
  }

  @Test
  void a_lock_that_is_lost_while_nothing_runs_under_it_is_told() {
    RunningCommand held = quorate("lock", "idle");
    assertThat(held.next(2).get(0)).matches("idle/[0-9a-f]+");
    revoke("idle/");
    assertThat(held.next()).startsWith("Error: the lock idle is lost: ");
    assertThat(held.awaitEnd()).isEqualTo(1);
  }

  // ---- elect -----------------------------------------------------------------------------------

  @Test
  void a_candidate_that_does_not_wait_is_told_who_leads_and_a_leader_that_it_leads_no_more() {
    RunningCommand leader = quorate("elect", "chair", "host-1", "--ttl=5");
    assertThat(leader.next(2)).contains("host-1");
    for (String flag : List.of("--no-wait", "--wait=50ms")) {
      Result tried = run("elect", "chair", "host-2", flag);
      assertThat(tried.code()).as(flag).isEqualTo(4);
      assertThat(tried.err()).startsWith("Error: the election chair is held by host-1, under");
      assertThat(keys("chair/")).hasSize(1);
    }
    revoke("chair/");
    assertThat(leader.next()).startsWith("Error: elect: the leadership is lost: ");
    assertThat(leader.awaitEnd()).isEqualTo(1);
    RunningCommand next = quorate("elect", "chair", "host-2", "--no-wait");
    assertThat(next.next(2)).contains("host-2");
    assertThat(next.interrupt()).isZero();
    assertThat(keys("chair/")).isEmpty();
  }

  // ---- locks -----------------------------------------------------------------------------------

  @Test
  void locks_shows_who_holds_and_who_waits_in_their_order_and_writes_nothing() {
    RunningCommand first = etcdctl("lock", "show/lock");
    String lease = first.next().substring("show/lock/".length());
    RunningCommand waits = quorate("lock", "show/lock", "--owner=é-host");
    awaitKeys("show/lock/", 2);
    try (Session session = client.session(Duration.ofSeconds(60));
        LockHandle permit = Semaphore.of(session, "show/pool", 3, "alice").acquire()) {
      String token = "0{16}\\.[0-9a-f]{16}\\.0{16}";
      long before = revision();
      Result simple = run("locks", "show/");
      assertThat(revision()).isEqualTo(before);
      assertThat(simple.code()).isZero();
      String[] lines = QuorateCommand.text(simple).split("\n", -1);
      assertThat(lines).hasSize(4);
      assertThat(lines[0])
          .matches("show/lock, exclusive, holds, , " + lease + ", \\d+s, \\d+, " + token);
      assertThat(lines[1]).matches("show/lock, exclusive, waits, é-host, [0-9a-f]+, \\d+s, \\d+, ");
      assertThat(lines[2])
          .matches(
              "show/pool, permit of 3, holds, alice, "
                  + Long.toHexString(session.lease())
                  + ", \\d+s, \\d+, "
                  + Pattern.quote(permit.token().toText()));
      assertThat(QuorateCommand.text(run("locks", "show/", "-w", "json")))
          .startsWith(
              "{\"revision\":" + before + ",\"epoch\":0,\"locks\":[{\"name\":\"show/lock\",")
          .contains("\"kind\":\"exclusive\",\"permits\":1,\"queue\":[{\"role\":\"exclusive\",")
          .contains("\"owner\":\"é-host\",")
          .contains("\"lease\":\"" + lease + "\",\"ttl\":")
          .contains("\"name\":\"show/pool\",\"kind\":\"semaphore\",\"permits\":3,");
      assertThat(QuorateCommand.text(run("locks", "show/", "-w", "table")))
          .contains("|   NAME    |    KIND     | STATE | OWNER  |")
          .contains("| show/lock |   exclusive | waits | é-host |")
          .contains("permit of 3");
    }
    assertThat(run("locks", "show/p").out()).isEmpty();
    assertThat(waits.rest()).isEmpty();
    assertThat(run("locks", "-w", "fields").code()).isEqualTo(4);
    assertThat(run("locks", "a", "b").code()).isEqualTo(128);
  }

  // ---- ids -------------------------------------------------------------------------------------

  @Test
  void ids_rise_and_the_worker_is_given_back_with_the_time_that_was_not_used() {
    String[] first = run("id", "next", "orders", "--count=5000").out().split("\n", -1);
    assertThat(first).hasSize(5_001);
    for (int i = 1; i < 5_000; i++) {
      assertThat(Long.parseLong(first[i])).isGreaterThan(Long.parseLong(first[i - 1]));
    }
    IdParts last = SnowflakeLayout.TWITTER.decode(Long.parseLong(first[4_999]));
    assertThat(keys("quorate/ids/orders/w/")).isEmpty();
    assertThat(keys("quorate/ids/orders/hw/"))
        .singleElement()
        .satisfies(kv -> {
          assertThat(kv.key().toUtf8()).endsWith("/0-" + last.worker());
          assertThat(kv.value().toUtf8()).isEqualTo(Long.toString(last.time().toEpochMilli()));
        });
    assertThat(run("id", "decode", first[4_999]).out())
        .isEqualTo(
            "%s, %s, 0, %d, %d\n"
                .formatted(first[4_999], last.time(), last.worker(), last.sequence()));
    assertThat(run("id", "next", "orders", "--layout=53-bit", "--datacenter=0", "-w=json").out())
        .matches("\\{\"ids\":\\[\"\\d{13,16}\"]}\n");
    assertThat(run("id", "next", "orders", "--count=2", "-w", "table").out())
        .contains("|         ID          |")
        .contains("| DATACENTER | WORKER | SEQUENCE |");
  }

  @Test
  void a_worker_is_held_for_a_program_until_the_interrupt_and_its_time_goes_on() {
    RunningCommand held = quorate("id", "lease", "orders", "--window=200ms", "--datacenter=2");
    List<String> lines = held.next(4);
    long until = 0;
    for (String line : lines) {
      String[] parts = line.split(", ", -1);
      assertThat(parts).hasSize(4);
      assertThat(parts[1]).isEqualTo("2");
      assertThat(keys("quorate/ids/orders/w/"))
          .singleElement()
          .satisfies(kv -> assertThat(kv.key().toUtf8()).endsWith("/2-" + parts[0]));
      assertThat(Long.parseLong(parts[3])).isGreaterThanOrEqualTo(until);
      until = Long.parseLong(parts[3]);
    }
    assertThat(held.interrupt()).isZero();
    assertThat(keys("quorate/ids/orders/w/")).isEmpty();
    long last = Long.parseLong(keys("quorate/ids/orders/hw/").get(0).value().toUtf8());
    assertThat(last).as("nobody else may use what was told").isGreaterThanOrEqualTo(until);
    RunningCommand other = quorate("id", "lease", "orders", "--window=200ms", "-w=json");
    assertThat(other.next())
        .matches(
            "\\{\"name\":\"orders\",\"worker\":\\d+,\"datacenter\":0,\"from_millis\":\\d+,"
                + "\"until_millis\":\\d+,\"layout\":\"41/5/5/12\",\"epoch_millis\":1288834974657}");
    revoke("quorate/ids/orders/w/");
    String line = other.next();
    while (!line.startsWith("Error: ")) {
      line = other.next();
    }
    assertThat(line).matches("Error: worker 0-\\d+ is another generator's by now");
    assertThat(other.awaitEnd()).isEqualTo(2);
  }

  // ---- what can't be meant ---------------------------------------------------------------------

  @Test
  void what_can_not_be_meant_is_refused_before_anything_is_sent() {
    long before = revision();
    for (String line :
        List.of(
            "lock a/",
            "lock a --ttl=0",
            "lock a --wait=soon",
            "lock a --wait=-1s",
            "lock a --wait=1s --no-wait",
            "lock a --on-loss=hup",
            "lock a --kill-after=0",
            "elect a/ b",
            "elect a b --ttl=0",
            "id next a b",
            "id next a/",
            "id next --count=0",
            "id next --count=100001",
            "id next --datacenter=32",
            "id next --layout=wide",
            "id next --layout=41/5/5",
            "id next --layout=41/5/5/x",
            "id next --layout=41/22/22/12",
            "id next --layout=10/5/5/12",
            "id next --epoch=yesterday",
            "id next --epoch=2990-01-01",
            "id next --epoch=2024-01-01T00:00:00.0001Z",
            "id decode 1 --epoch=+999999999-12-31",
            "id lease --window=1ms",
            "id lease --ttl=0",
            "id decode",
            "id decode x",
            "id decode -- -5",
            "id decode 9223372036854775807 --layout=53-bit")) {
      Result refused = run(line.split(" ", -1));
      assertThat(refused.code()).as(line + ": " + refused.err()).isEqualTo(128);
      assertThat(refused.err()).as(line).startsWith("Error: ").hasLineCount(1);
      assertThat(refused.out()).as(line).isEmpty();
    }
    assertThat(revision()).isEqualTo(before);
    assertThat(run("id", "decode", "0x10", "--epoch=2024-01-01", "--hex").out())
        .isEqualTo("0x10, 2024-01-01T00:00:00Z, 0, 0, 16\n");
    assertThat(run("id", "decode", "1", "--layout=41/0/0/1", "--epoch=1000", "-w=json").out())
        .isEqualTo(
            "{\"ids\":[{\"id\":\"1\",\"time\":\"1970-01-01T00:00:01Z\",\"time_millis\":1000,"
                + "\"datacenter\":0,\"worker\":0,\"sequence\":1}]}\n");
  }

  // ----------------------------------------------------------------------------------------------

  private static Result run(String... arguments) {
    return QuorateCommand.run(endpoint, Step.of(arguments));
  }

  private List<KeyValue> keys(String prefix) {
    return client.kv().range(Range.prefix(prefix)).kvs();
  }

  private void awaitKeys(String prefix, int count) {
    while (keys(prefix).size() != count) {
      Thread.onSpinWait();
    }
  }

  /** The lease of the first key there ends. */
  private void revoke(String prefix) {
    client.lease().revoke(keys(prefix).get(0).lease());
  }
}
