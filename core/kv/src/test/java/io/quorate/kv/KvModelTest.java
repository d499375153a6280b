package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random requests against {@link Model}. Each failure names its seed; to repeat it: {@code mvn test
 * -pl core/kv -Dtest=KvModelTest -Dseed=N}.
 */
class KvModelTest {
  private static final int RUNS = 12;
  private static final int REQUESTS = 3_000;

  @Test
  void the_store_answers_as_the_model_does_whatever_is_asked() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? RUNS : only); seed++) {
      run(seed);
    }
  }

  private void run(long seed) {
    String rerun = "repeat with: mvn test -pl core/kv -Dtest=KvModelTest -Dseed=" + seed;
    Random random = new Random(seed);
    Requests requests = new Requests(seed, 8 + random.nextInt(40));
    Model model = new Model();
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    Listener heard = new Listener();
    store.observe(heard);
    CompactionJob job = null;
    int applied = 0;
    for (int i = 0; i < REQUESTS; i++) {
      KvRequest request = requests.next(model.revision());
      if (KvValidator.validate(request, Limits.TXN_OPS_DEFAULT) != null) {
        continue;
      }
      String what = rerun + ", request " + i + ": " + request;
      assertThat(store.apply(request, Principal.NOBODY, true))
          .as(what)
          .isEqualTo(model.apply(request));
      applied++;
      assertThat(store.revision()).as(what).isEqualTo(model.revision());
      if (random.nextInt(6) != 0) {
        continue;
      }
      store.finish(rows);
      if (random.nextInt(10) == 0) {
        assertThat(store.recomputedStateHash()).as(what).isEqualTo(store.stateHash());
        long hash = store.stateHash();
        store = KvStore.open(rows);
        store.observe(heard);
        assertThat(store.stateHash()).as(what).isEqualTo(hash);
        assertThat(store.leases()).as(what).containsExactlyElementsOf(model.leases());
        assertThat(store.alarms()).as(what).containsExactlyInAnyOrderElementsOf(model.alarms());
      }
      assertThat(heard.events).as(what).isEqualTo(model.events);
      assertThat(heard.leases)
          .as(what)
          .containsExactlyElementsOf(model.leases().stream().map(Lease::id).toList());
      if (random.nextInt(10) == 0) {
        compareHistory(store.reader(rows), model, what);
      }
      job = release(store, rows, job, random);
      for (int reads = 0; reads < 4; reads++) {
        RangeRequest range = requests.range(model.revision());
        assertThat(store.reader(rows).range(range))
            .as(rerun + ", read after request " + i + ": " + range)
            .isEqualTo(expected(model, range));
        assertThat(inParts(store.reader(rows), range, random))
            .as(rerun + ", read in parts after request " + i + ": " + range)
            .isEqualTo(expected(model, range));
      }
    }
    assertThat(applied).as(rerun).isGreaterThan(REQUESTS / 2);
    finish(store, rows, model, rerun);
  }

  /** What was heard is what is read again later, as far as compaction has left it. */
  private static void compareHistory(KvReader reader, Model model, String what) {
    long from = Math.max(2, model.compacted());
    List<List<Event>> read = new ArrayList<>();
    try (History history = reader.history(from)) {
      while (history.next()) {
        assertThat(history.revision()).as(what).isEqualTo(from + read.size());
        read.add(history.events(_ -> true));
      }
    }
    List<List<Event>> expected = new ArrayList<>();
    for (long revision = from; revision <= model.revision(); revision++) {
      List<Event> events = model.events.get((int) revision - 2);
      expected.add(
          revision > model.compacted()
              ? events
              : events.stream().map(each -> new Event(each.delete(), each.kv(), null)).toList());
    }
    assertThat(read).as(what).isEqualTo(expected);
  }

  /** Keeps all that a store tells. */
  private static final class Listener implements StoreObserver {
    final List<List<Event>> events = new ArrayList<>();
    final TreeSet<Long> leases = new TreeSet<>();

    @Override
    public boolean wantsEvents() {
      return true;
    }

    @Override
    public void changed(long revision, List<Event> made) {
      assertThat(revision).isEqualTo(events.size() + 2);
      events.add(made);
    }

    @Override
    public void leaseGranted(Lease lease) {
      assertThat(leases.add(lease.id())).isTrue();
    }

    @Override
    public void leaseEnded(long id) {
      assertThat(leases.remove(id)).isTrue();
    }
  }

  /** A range that is read part by part, as one answer. */
  private static KvResult inParts(KvReader reader, RangeRequest range, Random random) {
    RangeParts parts = new RangeParts(range, 1 + random.nextInt(200), 1 + random.nextInt(3));
    List<KeyValue> kvs = new ArrayList<>();
    while (true) {
      KvResult result = parts.next(reader);
      if (!(result instanceof RangeResponse part)) {
        return result;
      }
      kvs.addAll(part.kvs());
      if (parts.ended()) {
        return new RangeResponse(part.revision(), kvs, part.more(), part.count());
      }
      assertThat(part.more() || part.count() != 0).as("the last part's business").isFalse();
    }
  }

  private static KvResult expected(Model model, RangeRequest range) {
    try {
      return model.range(range);
    } catch (Model.Refused refused) {
      return new KvFailure(refused.error);
    }
  }

  /**
   * Now and then a step of the present compaction, over rows as they were when it began; sometimes
   * one that a crash loses, sometimes abandoned for a newer job.
   */
  private static @Nullable CompactionJob release(
      KvStore store, MemoryRows rows, @Nullable CompactionJob job, Random random) {
    if (random.nextInt(3) != 0) {
      return job;
    }
    if (job == null || job.done() || random.nextInt(10) == 0) {
      return store.compaction(rows.view());
    }
    int step = 1 + random.nextInt(20);
    if (random.nextInt(10) == 0) {
      MemoryRows.stepInVain(job, step);
      return null;
    }
    rows.step(job, step);
    return job;
  }

  /** At the end: everything is released, and exactly what must stay is there. */
  private static void finish(KvStore store, MemoryRows rows, Model model, String rerun) {
    store.finish(rows);
    CompactionJob job = store.compaction(rows);
    while (job != null && !rows.step(job, 7)) {}
    assertThat(store.compaction(rows)).isNull();
    assertThat(store.recomputedStateHash()).as(rerun).isEqualTo(store.stateHash());
    assertThat(rows.count(RowFormat.GENERATION))
        .as(rerun)
        .isEqualTo(
            (int)
                model.changes.stream()
                    .filter(change -> change.deletion() && change.revision() > model.compacted())
                    .count());
    assertThat(rows.count(RowFormat.CHANGE))
        .as(rerun)
        .isEqualTo(
            (int)
                model.changes.stream()
                    .filter(change -> change.revision() >= model.compacted())
                    .count());
  }

  @Test
  void batches_and_unanswered_requests_leave_the_same_rows_to_the_byte() {
    for (long seed = 100; seed < 106; seed++) {
      List<KvRequest> script = script(seed);
      List<String> oneByOne = rowsAfter(script, seed, 1, true);
      assertThat(rowsAfter(script, seed, 7, true)).as("seed " + seed).isEqualTo(oneByOne);
      assertThat(rowsAfter(script, seed, 64, false)).as("seed " + seed).isEqualTo(oneByOne);
      assertThat(rowsAfter(script, seed, script.size(), true))
          .as("seed " + seed)
          .isEqualTo(oneByOne);
    }
  }

  private static List<KvRequest> script(long seed) {
    Requests requests = new Requests(seed, 30);
    Model model = new Model();
    List<KvRequest> script = new ArrayList<>();
    while (script.size() < 1_000) {
      KvRequest request = requests.next(model.revision());
      if (KvValidator.validate(request, Limits.TXN_OPS_DEFAULT) == null) {
        script.add(request);
        model.apply(request);
      }
    }
    return script;
  }

  /** The rows, the released mark apart, and the hash. */
  private static List<String> rowsAfter(
      List<KvRequest> script, long seed, int batchMax, boolean answered) {
    Random random = new Random(seed);
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    int left = 0;
    for (KvRequest request : script) {
      store.apply(request, Principal.NOBODY, answered);
      if (--left <= 0) {
        store.finish(rows);
        left = batchMax == 1 ? 1 : random.nextInt(batchMax) + 1;
      }
    }
    store.finish(rows);
    List<String> dump = rows.dump();
    dump.add("hash " + store.stateHash());
    return dump;
  }

  @Test
  void compaction_in_any_steps_and_stages_ends_in_the_same_rows() {
    for (long seed = 200; seed < 203; seed++) {
      List<KvRequest> script = script(seed);
      script.removeIf(each -> each instanceof CompactRequest || each instanceof AlarmRequest);
      List<String> once = compacted(script, 1_000, false);
      assertThat(compacted(script, 1, false)).as("seed " + seed).isEqualTo(once);
      assertThat(compacted(script, 13, true)).as("seed " + seed).isEqualTo(once);
      assertThat(compacted(script, 1, true)).as("seed " + seed).isEqualTo(once);
    }
  }

  /** Even if a single request deleted it, and the compaction goes no further than that. */
  @Test
  void nothing_is_left_of_values_that_are_deleted_and_compacted() {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    Bytes value = Bytes.wrap(new byte[10_000]);
    for (int i = 0; i < 100; i++) {
      store.apply(PutRequest.of(Bytes.utf8("k" + i % 50), value), Principal.NOBODY, false);
    }
    Bytes all = Bytes.wrap(new byte[1]);
    store.apply(new DeleteRangeRequest(all, all, false), Principal.NOBODY, false);
    store.apply(new CompactRequest(store.revision(), false), Principal.NOBODY, false);
    store.finish(rows);
    CompactionJob job = store.compaction(rows);
    assertThat(job).isNotNull();
    while (job != null && !rows.step(job, 7)) {}
    assertThat(rows.dump().stream().mapToInt(String::length).sum()).isLessThan(20_000);
    assertThat(store.recomputedStateHash()).isEqualTo(store.stateHash());
  }

  /** The rows after a compaction to the middle, reached at once or by way of three others. */
  private static List<String> compacted(List<KvRequest> script, int step, boolean inStages) {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    for (KvRequest request : script) {
      store.apply(request, Principal.NOBODY, false);
    }
    store.finish(rows);
    long end = store.revision() / 2;
    for (long to = inStages ? end - 30 : end; to <= end; to += 10) {
      assertThat(store.apply(new CompactRequest(to, false), Principal.NOBODY, true))
          .isInstanceOf(CompactResponse.class);
      store.finish(rows);
      long hash = store.stateHash();
      CompactionJob job = store.compaction(rows);
      assertThat(job).isNotNull();
      if (job != null) {
        do {
          assertThat(store.recomputedStateHash()).isEqualTo(hash);
          // A job that stops half-way leaves the rest to the next.
        } while (!rows.step(job, step) && !(inStages && to < end));
      }
    }
    List<String> dump = rows.dump();
    dump.add("hash " + store.stateHash());
    return dump;
  }
}
