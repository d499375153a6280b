package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.client.CampaignResponse;
import io.quorate.client.Delete;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.LeaderKey;
import io.quorate.client.LockResponse;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands that last: ours and etcdctl's stand side by side at one server, print the same, and wait
 * for each other where they take turns.
 */
@ParameterizedClass
@ValueSource(strings = {"etcd", "quorate"})
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
class CliStreamsTest extends CliCase {
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

  @ParameterizedTest
  @ValueSource(strings = {"simple", "json", "fields"})
  void a_watch_prints_what_etcdctls_prints(String format) {
    String from = "--rev=" + (revision() + 1);
    String[] line = {"watch", "w", "--prefix", "--prev-kv", from, "-w", format};
    client.kv().put("w1", "a");
    client.kv().put("other", "x");
    client.kv().put("w1", "é \"b\"");
    RunningCommand theirs = etcdctl(line);
    RunningCommand ours = quorate(line);
    int past = format.equals("json") ? 1 : format.equals("fields") ? 24 : 8;
    List<String> expected = new ArrayList<>(theirs.next(past));
    assertThat(ours.next(past)).isEqualTo(expected);
    client.kv().delete(Delete.prefix("w"));
    int live = format.equals("json") ? 1 : format.equals("fields") ? 17 : 5;
    expected = theirs.next(live);
    assertThat(ours.next(live)).isEqualTo(expected);
    assertThat(expected.toString()).contains(format.equals("json") ? "\"type\":1" : "DELETE");
  }

  @Test
  void a_watchs_command_runs_for_each_event_with_the_same_variables() {
    String[] line = {
      "watch", "x", "--rev=" + (revision() + 1), "--", "sh", "-c", "env | grep ETCD_WATCH | sort"
    };
    client.kv().put("x", "a \"q\" é");
    client.kv().delete(Delete.key("x"));
    List<String> expected = etcdctl(line).next(14);
    assertThat(quorate(line).next(14)).isEqualTo(expected);
    assertThat(expected).contains("ETCD_WATCH_VALUE=\"a \\\"q\\\" é\"");
    RunningCommand failing = quorate("watch", "x", line[2], "--", "false");
    assertThat(failing.next(7)).contains("command [\"false\"] error (exit status 1)");
    assertThat(failing.awaitEnd()).isEqualTo(1);
  }

  @Test
  void an_interactive_watch_understands_what_etcdctls_does() {
    List<RunningCommand> both = List.of(etcdctl("watch", "-i"), quorate("watch", "-i"));
    for (RunningCommand one : both) {
      one.type("bogus");
      one.type("");
      one.type("watch");
      one.type("watch a b --prefix");
      one.type("watch -- echo no key");
      one.type("watch i --prefix --rev=" + (revision() + 1));
    }
    client.kv().put("i1", "1");
    List<String> expected = both.get(0).next(8);
    assertThat(both.get(1).next(8)).isEqualTo(expected);
    assertThat(expected).contains("PUT", "Invalid command bogus (only support watch)");
    for (RunningCommand one : both) {
      one.type("progress");
      assertThat(one.next()).isEqualTo("progress notify: " + revision());
      one.type("watch j --rev=" + (revision() + 1) + " -- echo hello");
    }
    client.kv().put("j", "1");
    for (RunningCommand one : both) {
      assertThat(one.next(4)).containsExactly("PUT", "j", "1", "hello");
      assertThat(one.awaitEnd()).isEqualTo(3);
      assertThat(one.rest()).containsExactly("Error: Error reading watch request line: EOF");
    }
  }

  @Test
  void a_watch_of_what_is_compacted_ends_as_etcdctls_does() {
    client.kv().put("c", "1");
    client.kv().compact(client.kv().put("c", "2").header().revision(), false);
    RunningCommand theirs = etcdctl("watch", "c", "--rev=1");
    RunningCommand ours = quorate("watch", "c", "--rev=1");
    assertThat(ours.awaitEnd()).isEqualTo(theirs.awaitEnd()).isEqualTo(5);
    assertThat(ours.rest()).isEqualTo(theirs.rest()).hasSize(2);
  }

  @Test
  void a_lock_is_one_lock_for_both_whoever_holds_it() {
    RunningCommand first = etcdctl("lock", "shared");
    String firstKey = first.next();
    RunningCommand second = quorate("lock", "shared");
    awaitKeys("shared/", 2);
    RunningCommand third = etcdctl("lock", "shared");
    awaitKeys("shared/", 3);
    assertThat(second.rest()).isEmpty();
    assertThat(firstKey).matches("shared/[0-9a-f]+");
    first.interrupt();
    String secondKey = second.next();
    assertThat(secondKey).matches("shared/[0-9a-f]+").isNotEqualTo(firstKey);
    assertThat(third.rest()).isEmpty();
    assertThat(second.interrupt()).isEqualTo(0);
    assertThat(third.next()).matches("shared/[0-9a-f]+").isNotEqualTo(secondKey);
  }

  /** The members' lock service and clients that build the lock themselves are in one queue. */
  @Test
  void a_lock_of_the_service_is_the_lock_of_etcdctl() throws Exception {
    Bytes name = Bytes.utf8("served");
    Duration minute = Duration.ofMinutes(1);
    long lease = client.lease().grant(60).id();
    LockResponse first = client.lock().lock(name, lease, minute);
    assertThat(first.key().toUtf8()).isEqualTo("served/" + Long.toHexString(lease));
    RunningCommand second = etcdctl("lock", "served");
    awaitKeys("served/", 2);
    CompletableFuture<LockResponse> third =
        client.lock().lockAsync(name, client.lease().grant(60).id(), minute);
    awaitKeys("served/", 3);
    CompletableFuture<LockResponse> fourth =
        client.lock().lockAsync(name, client.lease().grant(60).id(), Duration.ofMillis(200));
    assertThat(fourth).failsWithin(minute);
    awaitKeys("served/", 3);
    assertThat(second.rest()).isEmpty();
    client.lock().unlock(first.key());
    assertThat(second.next()).matches("served/[0-9a-f]+");
    assertThat(third).isNotDone();
    assertThat(second.interrupt()).isEqualTo(0);
    client.lock().unlock(third.get(60, TimeUnit.SECONDS).key());
    assertThat(client.kv().range(Range.prefix("served/")).count()).isZero();
  }

  @Test
  void an_election_of_the_service_is_the_election_of_etcdctl() throws Exception {
    Bytes name = Bytes.utf8("chair");
    Duration minute = Duration.ofMinutes(1);
    BlockingQueue<String> observed = new LinkedBlockingQueue<>();
    CompletableFuture<Void> observer =
        client
            .election()
            .observe(name, leader -> observed.add(leader.kv().value().toUtf8()), Runnable::run);
    RunningCommand listening = etcdctl("elect", "-l", "chair");
    LeaderKey first =
        client
            .election()
            .campaign(name, client.lease().grant(60).id(), Bytes.utf8("one"), minute)
            .leader();
    assertThat(listening.next(2)).containsExactly(first.key().toUtf8(), "one");
    assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("one");
    RunningCommand second = etcdctl("elect", "chair", "two");
    awaitKeys("chair/", 2);
    client.election().proclaim(first, Bytes.utf8("uno"));
    assertThat(listening.next(2)).containsExactly(first.key().toUtf8(), "uno");
    assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("uno");
    CompletableFuture<CampaignResponse> third =
        client
            .election()
            .campaignAsync(name, client.lease().grant(60).id(), Bytes.utf8("three"), minute);
    awaitKeys("chair/", 3);
    client.election().resign(first);
    assertThat(second.next(2)).contains("two");
    assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("two");
    assertThat(client.election().leader(name).kv().value().toUtf8()).isEqualTo("two");
    assertThat(second.interrupt()).isEqualTo(0);
    third.get(60, TimeUnit.SECONDS);
    assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("three");
    assertThatThrownBy(() -> client.election().proclaim(first, Bytes.utf8("late")))
        .hasMessageContaining("election: not leader");
    observer.cancel(true);
  }

  @Test
  void a_command_under_a_lock_knows_its_key_and_its_exit_code_is_passed_on() {
    RunningCommand held =
        quorate("lock", "job", "--ttl=5", "--", "sh", "-c", "env | grep ETCD_LOCK | sort; exit 7");
    assertThat(held.next()).matches("ETCD_LOCK_KEY=job/[0-9a-f]+");
    assertThat(held.next()).matches("ETCD_LOCK_REV=\\d+");
    assertThat(held.awaitEnd()).isEqualTo(7);
    assertThat(client.kv().range(Range.prefix("job/")).kvs()).isEmpty();
  }

  @Test
  void an_election_is_one_election_for_both() {
    RunningCommand theirs = etcdctl("elect", "-l", "master");
    RunningCommand ours = quorate("elect", "-l", "master");
    RunningCommand first = quorate("elect", "master", "host-1");
    List<String> won = first.next(2);
    assertThat(won.get(0)).matches("master/[0-9a-f]+");
    assertThat(won.get(1)).isEqualTo("host-1");
    assertThat(theirs.next(2)).isEqualTo(won);
    assertThat(ours.next(2)).isEqualTo(won);
    RunningCommand second = etcdctl("elect", "master", "host-2");
    awaitKeys("master/", 2);
    RunningCommand late = quorate("elect", "-l", "master"); // the next leader waits already
    assertThat(late.next(2)).isEqualTo(won);
    client.kv().put(new Put(Bytes.utf8(won.get(0)), Bytes.utf8("said"), 0, false, false, true));
    assertThat(theirs.next(2)).containsExactly(won.get(0), "said");
    assertThat(ours.next(2)).containsExactly(won.get(0), "said");
    String said = won.get(0);
    assertThat(first.interrupt()).isEqualTo(0);
    won = second.next(2);
    assertThat(theirs.next(2)).isEqualTo(won);
    assertThat(ours.next(2)).isEqualTo(won);
    assertThat(late.next(2)).containsExactly(said, "said");
    assertThat(late.next(2)).isEqualTo(won);
    assertThat(ours.interrupt()).isEqualTo(0);
  }

  @Test
  void a_lease_is_kept_alive_until_it_is_revoked() {
    long id = client.lease().grant(2).id();
    String hex = String.format("%016x", id);
    String kept = "lease " + hex + " keepalived with TTL(2)";
    RunningCommand ours = quorate("lease", "keep-alive", hex);
    try (var _ = client.lease().keepAlive(id, (_, _) -> {})) {
      assertThat(ours.next()).isEqualTo(kept); // however long it takes to start
    }
    assertThat(ours.next(4)).containsOnly(kept); // beyond its time
    client.lease().revoke(id);
    String next = ours.next();
    while (next.contains("keepalived")) {
      next = ours.next();
    }
    assertThat(next).isEqualTo("lease " + hex + " expired or revoked.");
    assertThat(ours.awaitEnd()).isEqualTo(0);
  }

  /** Against etcd alone: Quorate's file is of another format. */
  @Test
  void a_saved_snapshot_is_one_that_etcdctl_can_read() throws Exception {
    Path file = folder.resolve("saved.db");
    try (ProcessCluster etcd = ProcessCluster.start(Program.ETCD, 1);
        QuorateClient writer = QuorateClient.connect(etcd.endpoint(0))) {
      long revision = writer.kv().put("s", "x".repeat(100_000)).header().revision();
      RunningCommand ours =
          RunningCommand.quorate(etcd.endpoint(0), "snapshot", "save", file.toString());
      running.add(ours);
      assertThat(ours.awaitEnd()).isEqualTo(0);
      assertThat(ours.rest()).containsExactly("Snapshot saved at " + file);
      assertThat(Files.size(file) % 512).isEqualTo(32);
      try (var files = Files.list(folder)) {
        assertThat(files).containsExactly(file);
      }
      RunningCommand status = etcdctl("snapshot", "status", file.toString());
      assertThat(status.awaitEnd()).isEqualTo(0);
      assertThat(status.next()).contains(", " + revision + ", ");
    }
  }

  @Test
  void a_mirror_has_what_there_was_and_what_comes() throws Exception {
    for (int i = 0; i < 20; i++) {
      client.kv().put("m/" + i, "v" + i);
    }
    client.kv().put("n", "not mirrored");
    try (ProcessCluster other = ProcessCluster.start(Program.ETCD, 1);
        QuorateClient there = QuorateClient.connect(other.endpoint(0))) {
      quorate("make-mirror", "--prefix=m/", "--dest-prefix=copy/", other.endpoint(0));
      awaitKeys(there, "copy/", 20);
      client.kv().put("m/20", "late");
      client.kv().delete(Delete.key("m/0"));
      client.kv().put("m/end", "");
      awaitKeys(there, "copy/end", 1);
      assertThat(there.kv().get("copy/0")).isEmpty();
      assertThat(there.kv().get("copy/20").orElseThrow().value().toUtf8()).isEqualTo("late");
      assertThat(there.kv().range(Range.prefix("")).kvs()).hasSize(21);
    }
  }

  @Test
  void a_check_of_the_data_scale_tells_what_memory_it_took_and_leaves_no_keys() {
    RunningCommand check = quorate("check", "datascale", "--command-timeout=60s");
    assertThat(check.next())
        .isEqualTo(
            "Start data scale check for work load [10000 key-value pairs, 1024 bytes per key-value,"
                + " 50 concurrent clients].");
    assertThat(check.next()).matches("PASS: Approximate system memory used : -?[0-9.]+ MB\\.");
    assertThat(check.awaitEnd()).isZero();
    assertThat(client.kv().range(Range.prefix("")).count()).isZero();
    client.kv().put("/etcdctl-check-perf/k", "left over");
    for (RunningCommand one : List.of(etcdctl("check", "perf"), quorate("check", "perf"))) {
      assertThat(one.awaitEnd()).isEqualTo(3);
      assertThat(one.rest().toString()).contains("prefix \"/etcdctl-check-perf/\" has keys");
    }
  }

  /** Etcdctl ends at these; who has other watches under way is better served by going on. */
  @Test
  void an_interactive_watch_goes_on_after_any_line_that_is_wrong() {
    RunningCommand watch = quorate("watch", "-i");
    for (String wrong :
        List.of(
            "watch a --",
            "watch a b c",
            "watch --bogus a",
            "watch a --rev=x",
            "watch a --rev",
            "watch a --prev-kv=maybe",
            "watch -h")) {
      watch.type(wrong);
      assertThat(watch.next()).startsWith("Invalid command " + wrong + " (");
    }
    watch.type("watch i --rev=" + (revision() + 1));
    client.kv().put("i", "1");
    assertThat(watch.next(3)).containsExactly("PUT", "i", "1");
    assertThat(watch.awaitEnd()).isEqualTo(3);
  }

  @Test
  void a_mirror_renames_keys_as_etcdctls_does() {
    for (int i = 0; i < 3; i++) {
      client.kv().put("m/m/" + i, "v" + i);
    }
    try (ProcessCluster other = ProcessCluster.start(Program.ETCD, 1);
        QuorateClient there = QuorateClient.connect(other.endpoint(0))) {
      for (List<String> flags :
          List.of(
              List.<String>of(),
              List.of("--prefix=m/"),
              List.of("--prefix=m/", "--dest-prefix=copy/"),
              List.of("--prefix=m/", "--no-dest-prefix"),
              List.of("--dest-prefix=all/"))) {
        List<String> line = new ArrayList<>(List.of("make-mirror", other.endpoint(0)));
        line.addAll(flags);
        String[] arguments = line.toArray(String[]::new);
        List<String> expected = mirrored(there, etcdctl(arguments));
        assertThat(mirrored(there, quorate(arguments))).as(flags.toString()).isEqualTo(expected);
      }
    }
  }

  /** The keys there, when all have come; leaves none. */
  private static List<String> mirrored(QuorateClient there, RunningCommand mirror) {
    awaitKeys(there, "", 3);
    mirror.close();
    var _ = mirror.awaitEnd();
    List<String> keys =
        there.kv().range(Range.prefix("")).kvs().stream().map(kv -> kv.key().toUtf8()).toList();
    there.kv().delete(Delete.prefix(""));
    return keys;
  }

  @Test
  void a_mirror_begins_at_a_revision_and_sends_no_more_at_once_than_is_asked_for() {
    client.kv().put("before", "0");
    Op[] puts = new Op[5];
    for (int i = 0; i < puts.length; i++) {
      puts[i] = Put.of("t" + i, "v");
    }
    long revision = client.kv().txn(Txn.always(puts)).header().revision();
    try (ProcessCluster other = ProcessCluster.start(Program.ETCD, 1);
        QuorateClient there = QuorateClient.connect(other.endpoint(0))) {
      quorate("make-mirror", "--rev=" + revision, "--max-txn-ops=2", other.endpoint(0));
      awaitKeys(there, "", 5);
      assertThat(there.kv().range(Range.prefix("")).kvs().stream().map(KeyValue::modRevision))
          .containsExactly(2L, 2L, 3L, 3L, 4L);
      assertThat(there.kv().get("before")).isEmpty();
    }
  }

  private void awaitKeys(String prefix, int count) {
    awaitKeys(client, prefix, count);
  }

  private static void awaitKeys(QuorateClient client, String prefix, int count) {
    Semaphore changes = new Semaphore(0);
    WatchListener listener =
        new WatchListener() {
          @Override
          public void created(Header header) {
            changes.release();
          }

          @Override
          public void events(WatchResponse response) {
            changes.release();
          }

          @Override
          public void ended(WatchEnd end) {
            throw new AssertionError(end);
          }
        };
    try (Watcher _ = client.watch().start(WatchRequest.prefix(prefix), listener)) {
      do {
        changes.acquireUninterruptibly();
      } while (client.kv().range(Range.prefix(prefix)).count() < count);
    }
  }
}
