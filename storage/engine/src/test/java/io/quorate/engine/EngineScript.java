package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A random life of an engine beside a model that keeps every state it ever had: batches, gets,
 * scans, views on other threads, flushes, purges, checkpoints, closes and crashes. The same script
 * runs against every kind of engine. Which of the prefixes is the ordered one is the seed's choice:
 * the first, the cached one, the last, or that of the rows that are purged.
 */
final class EngineScript {
  private static final byte[] PREFIXES = {'m', 'n', 'o'};
  private static final byte CACHED = 'n';
  private static final byte PURGED = 'p';
  private static final byte[] ORDERED = {'m', CACHED, 'o', PURGED};

  /** A view beside what it must show. */
  private record Held(RowView view, NavigableMap<Bytes, byte[]> rows) {}

  /** A row that a batch wrote and a purge may have removed. */
  private static final class Purgeable {
    private final long writtenAt;
    private long purgedAfter = Long.MAX_VALUE;

    private Purgeable(long writtenAt) {
      this.writtenAt = writtenAt;
    }
  }

  private final Worlds.World world;
  private final Random random;
  private final EngineOptions options;
  private final RowBatch batch = new RowBatch();
  private final List<Held> held = new ArrayList<>();

  /** The rows after each mark that is still possible, but for those that are purged. */
  private final TreeMap<Long, TreeMap<Bytes, byte[]>> states = new TreeMap<>();

  private final TreeMap<Bytes, Purgeable> purgeable = new TreeMap<>();
  private String directory = "engine-1/1";
  private int generations = 1;
  private Engine engine;
  private int crashes;
  private int lostBatches;

  EngineScript(Worlds.World world, long seed) {
    this.world = world;
    this.random = new Random(seed);
    int ordered = ORDERED[Math.floorMod(seed, ORDERED.length)];
    this.options = new EngineOptions(CACHED, 8 * 1024, ordered, seed);
    this.engine = world.engines().create(directory, options);
    states.put(0L, new TreeMap<>());
  }

  /** Lives through so many steps, and ends with a close. */
  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      switch (random.nextInt(40)) {
        case 0 -> crash();
        case 1 -> reopen();
        case 2 -> engine.flush();
        case 3 -> engine.requestFlush();
        case 4 -> checkpoint();
        case 5 -> purge();
        case 6, 7 -> held.add(new Held(engine.view(), latest()));
        case 8, 9 -> checkView();
        case 10, 11, 12 -> scan(engine, latest());
        case 13, 14, 15, 16, 17, 18 -> get(engine, latest());
        default -> write();
      }
      assertThat(engine.flushedMark()).isBetween(0L, engine.mark());
    }
    same(engine, latest());
    engine.close();
  }

  int crashes() {
    return crashes;
  }

  int lostBatches() {
    return lostBatches;
  }

  private NavigableMap<Bytes, byte[]> latest() {
    return states.lastEntry().getValue();
  }

  private void write() {
    batch.clear();
    TreeMap<Bytes, byte[]> rows = new TreeMap<>(latest());
    long mark = engine.mark() + 1 + random.nextInt(3);
    int records = random.nextInt(30);
    for (int i = 0; i < records; i++) {
      int kind = random.nextInt(60);
      byte[] row = row();
      if (kind == 0) {
        byte[] to = row();
        if (Arrays.compareUnsigned(row, to) < 0) {
          batch.deleteRange(row, to);
          rows.subMap(Bytes.wrap(row), Bytes.wrap(to)).clear();
        }
      } else if (kind < 15) {
        batch.delete(row);
        rows.remove(Bytes.wrap(row));
      } else {
        byte[] value = new byte[random.nextInt(10) == 0 ? 0 : random.nextInt(3_000)];
        random.nextBytes(value);
        batch.put(row, value);
        rows.put(Bytes.wrap(row), value);
      }
    }
    byte[] once = Bytes.utf8("p" + mark).toArray();
    batch.put(once, new byte[] {1});
    purgeable.put(Bytes.wrap(once), new Purgeable(mark));
    engine.write(batch, mark);
    assertThat(engine.mark()).isEqualTo(mark);
    states.put(mark, rows);
  }

  private void purge() {
    RowBatch deletes = new RowBatch();
    for (var row : purgeable.entrySet()) {
      if (random.nextInt(3) == 0) {
        deletes.delete(row.getKey().array());
        row.getValue().purgedAfter = Math.min(row.getValue().purgedAfter, engine.mark());
      }
    }
    CompletableFuture.runAsync(() -> engine.purge(deletes)).join();
    for (int i = 0; i < deletes.records(); i++) {
      assertThat(engine.get(deletes.key(i))).isNull();
    }
  }

  private void checkpoint() {
    String target = "checkpoint-" + ++generations;
    long before = engine.mark();
    Checkpoint checkpoint = CompletableFuture.supplyAsync(() -> engine.checkpoint(target)).join();
    assertThat(checkpoint.mark()).isEqualTo(before);
    assertThat(checkpoint.files()).isNotEmpty();
    try (RowView copy = world.engines().read(target)) {
      assertThat(copy.mark()).isEqualTo(before);
      same(copy, latest());
    }
    if (random.nextBoolean()) {
      // A checkpoint is an engine's directory like any other: go on in it.
      engine.close();
      held.clear();
      directory = target;
      engine = world.engines().open(directory, options);
    } else {
      world.engines().delete(target);
    }
  }

  private void reopen() {
    boolean orderly = random.nextBoolean();
    long flushed = engine.flushedMark();
    long last = engine.mark();
    if (orderly) {
      engine.close();
    } else {
      engine.closeAbruptly();
    }
    held.forEach(h -> h.view.close());
    held.clear();
    engine = world.engines().open(directory, options);
    if (orderly) {
      assertThat(engine.mark()).isEqualTo(last);
    }
    recovered(flushed, last);
  }

  private void crash() {
    long flushed = engine.flushedMark();
    long last = engine.mark();
    held.clear();
    directory = world.crash(engine, directory, "engine-1/" + ++generations);
    engine = world.engines().open(directory, options);
    crashes++;
    recovered(flushed, last);
  }

  private void recovered(long flushed, long last) {
    long mark = engine.mark();
    assertThat(mark).isBetween(flushed, last);
    assertThat(engine.flushedMark()).isEqualTo(mark);
    assertThat(states).containsKey(mark);
    lostBatches += states.tailMap(mark, false).size();
    states.tailMap(mark, false).clear();
    purgeable.values().removeIf(row -> row.writtenAt > mark);
    for (var row : purgeable.entrySet()) {
      if (row.getValue().purgedAfter > mark) {
        // Purged later than the crash left us, or never.
        assertThat(engine.get(row.getKey().array())).isNotNull();
        row.getValue().purgedAfter = Long.MAX_VALUE;
      }
    }
    same(engine, latest());
  }

  private void checkView() {
    if (held.isEmpty()) {
      return;
    }
    Held one = held.remove(random.nextInt(held.size()));
    CompletableFuture.runAsync(
            () -> {
              get(one.view, one.rows);
              scan(one.view, one.rows);
              one.view.close();
            })
        .join();
  }

  private void get(Rows rows, NavigableMap<Bytes, byte[]> model) {
    for (int i = 0; i < 20; i++) {
      byte[] row = row();
      assertThat(rows.get(row)).isEqualTo(model.get(Bytes.wrap(row)));
    }
  }

  private void scan(Rows rows, NavigableMap<Bytes, byte[]> model) {
    byte[] from = row();
    byte[] to = random.nextInt(8) == 0 ? new byte[] {PURGED} : row();
    if (Arrays.compareUnsigned(from, to) > 0) {
      try (RowCursor none = rows.scan(from, to)) {
        assertThat(none.next()).isFalse();
      }
      return;
    }
    expect(rows.scan(from, to), new TreeMap<>(model.subMap(Bytes.wrap(from), Bytes.wrap(to))));
  }

  private void same(Rows rows, NavigableMap<Bytes, byte[]> model) {
    expect(rows.scan(new byte[0], new byte[] {PURGED}), model);
  }

  private void expect(RowCursor cursor, NavigableMap<Bytes, byte[]> model) {
    try (cursor) {
      for (var row : model.entrySet()) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(row.getKey().array());
        assertThat(cursor.value()).isEqualTo(row.getValue());
      }
      assertThat(cursor.next()).isFalse();
      assertThat(cursor.next()).isFalse();
    }
  }

  private byte[] row() {
    byte[] row = new byte[2 + random.nextInt(2)];
    row[0] = PREFIXES[random.nextInt(PREFIXES.length)];
    for (int i = 1; i < row.length; i++) {
      row[i] = (byte) (random.nextInt(16) * 17);
    }
    return row;
  }

  static @Nullable Long seedAsked() {
    return Long.getLong("seed");
  }
}
