package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * {@code quorate migrate} from a real etcd that is being written to, into one member of ours: the
 * content is the same at the end, whatever happens on the way.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
class MigrateTest {
  private static final Pattern RATE = Pattern.compile("copied at .*");
  private static final int KEYS = Figures.full() ? 1_000_000 : 30_000;
  private static final int WRITES_PER_SECOND = 500;

  private ProcessCluster etcd;
  private ProcessCluster quorate;
  private QuorateClient source;
  private QuorateClient target;
  private final List<Writer> writers = new ArrayList<>();
  private final List<RunningCommand> running = new ArrayList<>();

  @BeforeEach
  void start() {
    etcd = ProcessCluster.start(Program.ETCD, 1, "--quota-backend-bytes=8000000000");
    quorate = ProcessCluster.start(Program.quorate(), 1);
    source = etcd.client(0);
    target = quorate.client(0);
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Writer writer : writers) {
      writer.end();
    }
    running.forEach(RunningCommand::close);
    source.close();
    target.close();
    quorate.close();
    etcd.close();
  }

  @Test
  void a_cluster_under_writes_comes_over_equal_and_watchers_of_the_new_one_see_what_follows()
      throws Exception {
    fill(KEYS);
    Writer writer = writing(1);
    long begun = System.nanoTime();
    RunningCommand migrate = migrate();
    String copied = awaitLine(migrate, RATE);
    double seconds = (System.nanoTime() - begun) / 1e9;
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    try (Watcher _ = target.watch().start(WatchRequest.prefix("probe/"), into(seen))) {
      for (int i = 0; i < 20; i++) {
        source.kv().put("probe/" + i, "v" + i);
      }
      source.kv().delete(Delete.prefix("probe/1"));
      for (int i = 0; i < 20; i++) {
        assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("PUT probe/" + i + " v" + i);
      }
      for (int i = 0; i < 11; i++) {
        assertThat(seen.poll(60, TimeUnit.SECONDS)).startsWith("DELETE probe/1");
      }
      writer.end();
      int code = migrate.interrupt();
      List<String> rest = migrate.rest();
      assertThat(code).as(rest.toString()).isZero();
      assertThat(String.join("\n", rest)).contains("Equal at revision", "Hash of keys");
      target.kv().put("probe/after", "the switch");
      assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("PUT probe/after the switch");
      var _ = target.kv().delete(Delete.key("probe/after"));
      assertEqualContent();
      Figures.print(
          "migrate of %d keys of 100 bytes under %d writes/s (%d made): %.1f s until copied; %s; %s"
              .formatted(KEYS, WRITES_PER_SECOND, writer.count(), seconds, copied, rest));
    }
  }

  @Test
  void a_migration_that_is_killed_goes_on_and_writes_only_what_is_missing() throws Exception {
    fill(KEYS);
    Writer writer = writing(2);
    RunningCommand killed = migrate();
    awaitKeys(KEYS / 5);
    killed.close();
    RunningCommand goesOn = migrate();
    String copied = awaitLine(goesOn, RATE);
    Matcher written = Pattern.compile("source: ([\\d,]+) keys written").matcher(copied);
    assertThat(written.find()).isTrue();
    assertThat(Integer.parseInt(written.group(1).replace(",", ""))).isLessThan(KEYS * 9 / 10);
    writer.end();
    assertThat(goesOn.interrupt()).as(goesOn.rest().toString()).isZero();
    assertEqualContent();
  }

  @Test
  void a_migration_that_is_interrupted_while_it_copies_says_so_and_the_same_command_goes_on() {
    fill(10_000, 5_000); // much of which is not read yet when the first are there
    source.lease().grant(600, 77);
    source.kv().put(new Put(Bytes.utf8("a"), Bytes.utf8("1"), 77, false, false, false));
    RunningCommand interrupted = migrate("--once");
    awaitKeys(2); // the migration's own mark is the first
    assertThat(interrupted.interrupt()).isEqualTo(5);
    assertThat(interrupted.rest().toString()).contains("the same command goes on");
    RunningCommand goesOn = migrate("--once");
    assertThat(goesOn.awaitEnd()).as(goesOn.rest().toString()).isZero();
    assertEqualContent();
    RunningCommand complete = migrate("--once");
    assertThat(complete.awaitEnd()).isEqualTo(1);
    assertThat(complete.rest().toString())
        .contains("the destination has 10,001 keys", "a migration that ended well", "--replace");
    assertThat(migrate("--once", "--replace").awaitEnd()).isZero();
    assertEqualContent();
  }

  @Test
  void compaction_of_the_source_makes_it_compare_anew_and_nothing_is_lost() throws Exception {
    fill(10_000, 5_000); // several pages, most of which are not read yet when the first are there
    Writer writer = writing(3);
    RunningCommand migrate = migrate();
    awaitKeys(2); // the migration's own mark is the first
    source.kv().compact(source.kv().put("compacted", "here").header().revision(), false);
    String told = awaitLine(migrate, Pattern.compile("the revision that was read is compacted.*"));
    assertThat(told).endsWith("going on at a newer one");
    awaitLine(migrate, RATE);
    writer.end();
    assertThat(migrate.interrupt()).as(migrate.rest().toString()).isZero();
    assertEqualContent();
  }

  @Test
  void both_clusters_may_be_away_for_a_while() throws Exception {
    fill(2_000);
    RunningCommand migrate = migrate();
    awaitLine(migrate, RATE);
    quorate.member(0).kill();
    source.kv().put("while the destination", "is away");
    var _ = awaitLine(migrate, Pattern.compile("the destination: .*trying again.*"));
    quorate.restart(0);
    awaitKey("while the destination");
    etcd.member(0).kill();
    var _ = awaitLine(migrate, Pattern.compile("the source.*again.*"));
    etcd.restart(0);
    source.kv().put("after the source", "was away");
    awaitKey("after the source");
    assertThat(migrate.interrupt()).as(migrate.rest().toString()).isZero();
    assertEqualContent();
  }

  @Test
  void leases_come_with_their_ids_and_are_kept_until_the_source_ends_them() throws Exception {
    long lives = source.lease().grant(60, 77).id();
    long ends = source.lease().grant(60, 78).id();
    source.kv().put(new Put(Bytes.utf8("a"), Bytes.utf8("1"), lives, false, false, false));
    source.kv().put(new Put(Bytes.utf8("b"), Bytes.utf8("2"), ends, false, false, false));
    RunningCommand migrate = migrate();
    awaitLine(migrate, RATE);
    long later = source.lease().grant(3, 79).id(); // shorter than this test: somebody keeps it
    try (var _ = source.lease().keepAlive(later, (_, _) -> {})) {
      source.kv().put(new Put(Bytes.utf8("c"), Bytes.utf8("3"), later, false, false, false));
      awaitKey("c");
      source.lease().revoke(ends);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (target.lease().timeToLive(ends, false).ttlSeconds() >= 0) {
        assertThat(System.nanoTime() - deadline).isNegative();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
      assertThat(migrate.interrupt()).as(migrate.rest().toString()).isZero();
      assertEqualContent();
      assertThat(target.lease().timeToLive(lives, true).keys()).containsExactly(Bytes.utf8("a"));
      assertThat(target.lease().timeToLive(later, true).keys()).containsExactly(Bytes.utf8("c"));
      assertThat(target.lease().timeToLive(lives, false).grantedTtlSeconds()).isEqualTo(60);
    }
  }

  @Test
  void a_revision_with_more_changes_than_a_transaction_takes_comes_over() {
    List<Op> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(Put.of("many/" + i, "v"));
    }
    source.kv().txn(Txn.always(many.toArray(Op[]::new)));
    fill(1_000);
    RunningCommand migrate = migrate();
    awaitLine(migrate, RATE);
    source.kv().delete(Delete.prefix("key-"));
    source.kv().put("key-00000001", "again");
    awaitKey("key-00000001");
    assertThat(migrate.interrupt()).isZero();
    assertThat(String.join("\n", migrate.rest())).contains("1 revisions had more changes");
    assertEqualContent();
  }

  @Test
  void a_destination_with_keys_of_its_own_is_refused_unless_it_may_be_replaced() {
    source.kv().put("k", "new");
    target.kv().put("k", "old");
    target.kv().put("own", "x");
    RunningCommand refused = migrate("--once");
    assertThat(refused.awaitEnd()).isEqualTo(1);
    assertThat(refused.rest().toString()).contains("the destination has 2 keys", "--replace");
    assertThat(target.kv().get("own")).isPresent();
    assertThat(migrate("--once", "--replace").awaitEnd()).isZero();
    assertEqualContent();
    RunningCommand itself =
        running(RunningCommand.quorate(etcd.endpoint(0), "migrate", "--from", etcd.endpoint(0)));
    assertThat(itself.awaitEnd()).isEqualTo(128);
  }

  @Test
  void a_second_migration_takes_over_from_the_first_and_the_first_ends() {
    fill(1_000);
    RunningCommand first = migrate();
    awaitLine(first, RATE);
    RunningCommand second = migrate();
    awaitLine(second, RATE);
    source.kv().put("who", "writes?");
    assertThat(first.awaitEnd()).isEqualTo(1);
    assertThat(first.rest().toString()).contains("another migration has taken over");
    awaitKey("who");
    assertThat(second.interrupt()).isZero();
    assertEqualContent();
  }

  private RunningCommand migrate(String... more) {
    List<String> line = new ArrayList<>(List.of("migrate", "--from", etcd.endpoint(0)));
    line.addAll(List.of(more));
    return running(RunningCommand.quorate(quorate.endpoint(0), line.toArray(new String[0])));
  }

  private Writer writing(long seed) {
    Writer writer = new Writer(source, seed, KEYS);
    writers.add(writer);
    return writer;
  }

  private RunningCommand running(RunningCommand command) {
    running.add(command);
    return command;
  }

  private static String awaitLine(RunningCommand command, Pattern pattern) {
    List<String> before = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(Figures.full() ? 20 : 2);
    while (true) {
      assertThat(System.nanoTime() - deadline).as(before.toString()).isNegative();
      String line = command.next();
      before.add(line);
      if (pattern.matcher(line).matches()) {
        return line;
      }
      if (line.startsWith("Error")) {
        throw new AssertionError(before.toString());
      }
    }
  }

  private void awaitKeys(long count) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (target.kv().range(Range.prefix("").withCountOnly()).count() < count) {
      assertThat(System.nanoTime() - deadline).as(count + " keys").isNegative();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private void awaitKey(String key) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (target.kv().get(key).isEmpty()) {
      assertThat(System.nanoTime() - deadline).as(key).isNegative();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  /** By other means than the command's own comparison; page by page, since there may be many. */
  private void assertEqualContent() {
    Bytes from = Bytes.wrap(new byte[] {0});
    while (!from.isEmpty()) {
      List<KeyValue> there = page(source, from);
      List<KeyValue> here = page(target, from);
      assertThat(content(here)).isEqualTo(content(there));
      from = there.isEmpty() ? Bytes.EMPTY : Bytes.utf8(there.getLast().key().toUtf8() + "\0");
    }
  }

  private static List<KeyValue> page(QuorateClient client, Bytes from) {
    return client.kv().range(Range.from(from).limit(5_000)).kvs();
  }

  private static List<List<Object>> content(List<KeyValue> page) {
    return page.stream().map(kv -> List.<Object>of(kv.key(), kv.value(), kv.lease())).toList();
  }

  private void fill(int count) {
    fill(count, 100);
  }

  /** Many keys in a transaction, some transactions at a time. */
  private void fill(int count, int valueBytes) {
    String value = "%0" + valueBytes + "d";
    List<CompletableFuture<?>> underWay = new ArrayList<>();
    for (int from = 0; from < count; from += 100) {
      Op[] puts = new Op[Math.min(100, count - from)];
      for (int i = 0; i < puts.length; i++) {
        puts[i] = Put.of(key(from + i), value.formatted(from + i));
      }
      Txn txn = Txn.always(puts);
      underWay.add(
          source
              .kv()
              .txnAsync(txn)
              .exceptionallyCompose(_ -> source.kv().txnAsync(txn))); // it may be a busy machine
      if (underWay.size() == 4) {
        underWay.forEach(CompletableFuture::join);
        underWay.clear();
      }
    }
    underWay.forEach(CompletableFuture::join);
  }

  private static String key(int number) {
    return "key-%08d".formatted(number);
  }

  private static WatchListener into(BlockingQueue<String> seen) {
    return new WatchListener() {
      @Override
      public void events(WatchResponse response) {
        response
            .events()
            .forEach(event ->
                seen.add(
                    (event.kind() + " " + event.kv().key().toUtf8() + " ")
                        .concat(event.kv().value().toUtf8())
                        .trim()));
      }

      @Override
      public void ended(WatchEnd end) {
        seen.add("ended: " + end.reason());
      }
    };
  }

  /** Puts, deletions and transactions at a steady rate, all over the keys, from a seed. */
  private static final class Writer {
    private final QuorateClient client;
    private final Random random;
    private final Semaphore room = new Semaphore(64);
    private final int keys;
    private final Thread thread = new Thread(this::run, "writer");
    private volatile boolean over;
    private volatile long made;
    private volatile long failed;

    Writer(QuorateClient client, long seed, int keys) {
      this.client = client;
      this.keys = keys;
      random = new Random(seed);
      thread.start();
    }

    long count() {
      return made - failed;
    }

    private void run() {
      long begun = System.nanoTime();
      List<CompletableFuture<?>> all = new ArrayList<>();
      for (long n = 0; !over; n++) {
        long due = begun + n * TimeUnit.SECONDS.toNanos(1) / WRITES_PER_SECOND;
        for (long now = System.nanoTime(); now - due < 0; now = System.nanoTime()) {
          LockSupport.parkNanos(due - now);
        }
        room.acquireUninterruptibly();
        String key = key(random.nextInt(keys * 11 / 10));
        String value = "%0100d".formatted(n);
        CompletableFuture<?> write =
            switch (random.nextInt(4)) {
              case 0 -> client.kv().deleteAsync(Delete.key(key));
              case 1 ->
                  client
                      .kv()
                      .txnAsync(Txn.always(Put.of(key, value), Put.of("beside-" + key, value)));
              default -> client.kv().putAsync(Put.of(key, value));
            };
        all.add(write.whenComplete((_, _) -> room.release()));
        made = n + 1;
      }
      long without = 0;
      for (CompletableFuture<?> each : all) {
        without += each.handle((_, failure) -> failure == null ? 0 : 1).join();
      }
      failed = without;
    }

    void end() throws InterruptedException {
      over = true;
      thread.join();
    }
  }
}
