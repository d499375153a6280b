package io.quorate.engine;

import static io.quorate.engine.EngineContractTest.batch;
import static io.quorate.engine.EngineContractTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDBException;

/** Ordered rows in files of their own: what that is for, and that it never shows. */
class RocksFamiliesTest {
  private static final EngineOptions ORDERED = EngineOptions.plain().ordered('o');

  /** Files that cleaning must have moved before a test believes that it moves them all. */
  private static final int MOVED_FILES = 30;

  private static final int FLUSHES_MAX = 1_000;

  @TempDir Path root;

  /** Either family's memtable may be the one that fills; a crash comes while both are flushed. */
  @Test
  void a_crash_leaves_the_same_batches_in_both_families() {
    long seed = Long.getLong("seed", 1);
    Random random = new Random(seed);
    long lost = 0;
    try (Worlds.World world = Worlds.rocks(root)) {
      String directory = "e/0";
      Engine engine = world.engines().create(directory, ORDERED);
      for (int life = 1; life <= 20; life++) {
        int mainBytes = random.nextBoolean() ? 10 : 2_000;
        int batches = random.nextInt(600);
        for (int i = 0; i < batches; i++) {
          long mark = engine.mark() + 1;
          RowBatch batch = new RowBatch();
          batch.put(row('m', mark), new byte[mainBytes]);
          batch.put(row('o', mark), new byte[2_010 - mainBytes]);
          engine.write(batch, mark);
        }
        long last = engine.mark();
        long flushed = engine.flushedMark();
        directory = world.crash(engine, directory, "e/" + life);
        engine = world.engines().open(directory, ORDERED);
        String repeat = "repeat with: -Dtest=RocksFamiliesTest -Dseed=" + seed + ", life " + life;
        assertThat(engine.mark()).as(repeat).isBetween(flushed, last);
        assertThat(marks(engine, 'm')).as(repeat).isEqualTo(upTo(engine.mark()));
        assertThat(marks(engine, 'o')).as(repeat).isEqualTo(upTo(engine.mark()));
        lost += last - engine.mark();
      }
      engine.close();
    }
    assertThat(lost).as("batches that crashes took").isPositive();
  }

  /**
   * RocksDB itself comes back too early when a flush of both families is under way, and the next
   * has something of one only.
   */
  @Test
  void a_flush_or_checkpoint_behind_another_flush_takes_all_that_was_written_before_it() {
    try (RocksEngines engines = rocks();
        Engine engine = engines.create("e", ORDERED)) {
      for (int i = 0; i < 100; i++) {
        engine.write(batch("m", "1"), engine.mark() + 1);
        engine.flush();
        RowBatch both = new RowBatch();
        both.put(row('m', i), new byte[10_000]);
        both.put(row('o', i), new byte[10_000]);
        engine.write(both, engine.mark() + 1);
        engine.requestFlush();
        engine.write(batch("m", "2"), engine.mark() + 1);
        long mark = engine.mark();
        if (i % 2 == 0) {
          engine.flush();
          assertThat(engine.flushedMark()).as("round %d", i).isEqualTo(mark);
        } else {
          assertThat(engine.checkpoint("c").mark()).as("round %d", i).isEqualTo(mark);
          engines.delete("c");
        }
      }
    }
  }

  /** What is written again costs processor and disk; what is moved keeps its name. */
  @Test
  void ordered_files_are_moved_and_never_written_again() {
    Random random = new Random(1);
    Set<String> known = new TreeSet<>();
    Set<String> moved = new TreeSet<>();
    int flushes = 0;
    try (RocksEngines engines = rocks();
        RocksEngine engine = (RocksEngine) engines.create("e", ORDERED)) {
      while (moved.size() < MOVED_FILES) {
        assertThat(flushes)
            .as("flushes, with %d files moved", moved.size())
            .isLessThan(FLUSHES_MAX);
        RowBatch batch = new RowBatch();
        for (int i = 0; i < 100; i++) {
          batch.put(row('m', random.nextInt(1_000)), new byte[100]);
          batch.put(row('o', flushes * 100L + i), new byte[100]);
        }
        engine.write(batch, ++flushes);
        engine.flush();
        Set<String> present = new TreeSet<>();
        for (LiveFileMetaData file : engine.families().db().getLiveFilesMetaData()) {
          if (new String(file.columnFamilyName(), java.nio.charset.StandardCharsets.UTF_8)
              .equals("ordered-6f")) {
            present.add(file.fileName());
            if (file.level() > 0) {
              moved.add(file.fileName());
            }
          }
        }
        known.addAll(present);
        assertThat(present).as("files after %d flushes", flushes).isEqualTo(known);
        assertThat(known).hasSize(flushes);
      }
    }
  }

  @Test
  void a_checkpoint_holds_both_families() {
    try (RocksEngines engines = rocks();
        Engine engine = engines.create("e", ORDERED)) {
      write(engine, 1);
      assertThat(engine.checkpoint("c").mark()).isEqualTo(1);
      try (RowView copy = engines.read("c")) {
        holds(copy, 1);
      }
      try (RocksEngine copy = (RocksEngine) engines.open("c", ORDERED)) {
        assertThat(copy.families().orderedPrefix()).isEqualTo('o');
        holds(copy, 1);
        write(copy, 2);
        holds(copy, 2);
      }
      holds(engine, 1);
    }
  }

  @Test
  void a_directory_says_itself_which_rows_have_a_family() {
    try (RocksEngines engines = rocks()) {
      long mark = 1;
      try (Engine engine = engines.create("e", ORDERED)) {
        write(engine, mark);
      }
      for (EngineOptions asked :
          List.of(EngineOptions.plain(), EngineOptions.plain().ordered('m'), ORDERED)) {
        try (RocksEngine engine = (RocksEngine) engines.open("e", asked)) {
          assertThat(engine.families().orderedPrefix()).isEqualTo('o');
          holds(engine, mark);
          write(engine, ++mark);
          holds(engine, mark);
        }
        try (RowView view = engines.read("e")) {
          holds(view, mark);
        }
      }
    }
  }

  @Test
  void a_directory_that_was_made_without_the_family_goes_on_without_it() {
    try (RocksEngines engines = rocks()) {
      try (Engine engine = engines.create("e", EngineOptions.plain())) {
        write(engine, 1);
      }
      try (RocksEngine engine = (RocksEngine) engines.open("e", ORDERED)) {
        assertThat(engine.families().ordered()).isNull();
        holds(engine, 1);
        write(engine, 2);
        holds(engine, 2);
      }
      try (RowView view = engines.read("e")) {
        holds(view, 2);
      }
    }
  }

  /** RocksDB makes the directory first and then the family. */
  @Test
  void the_family_that_a_crash_in_the_middle_of_a_creation_left_out_is_made_at_the_next_open() {
    try (RocksEngines engines = rocks()) {
      engines.create("e", EngineOptions.plain()).closeAbruptly();
      try (RowView view = engines.read("e")) {
        assertThat(view.mark()).isZero();
      }
      try (RocksEngine engine = (RocksEngine) engines.open("e", ORDERED)) {
        assertThat(engine.families().orderedPrefix()).isEqualTo('o');
        write(engine, 1);
      }
      try (RocksEngine engine = (RocksEngine) engines.open("e", ORDERED)) {
        assertThat(engine.families().orderedPrefix()).isEqualTo('o');
        holds(engine, 1);
      }
    }
  }

  @Test
  void a_family_that_nobody_knows_is_not_passed_over() throws RocksDBException {
    try (RocksEngines engines = rocks()) {
      try (RocksEngine engine = (RocksEngine) engines.create("e", ORDERED)) {
        engine
            .families()
            .db()
            .createColumnFamily(new ColumnFamilyDescriptor(utf8("of-a-later-release")))
            .close();
      }
      EngineContractTest.damaged("of-a-later-release", () -> engines.open("e", ORDERED));
      EngineContractTest.damaged("of-a-later-release", () -> engines.read("e"));
    }
  }

  /** A quota of a few pages has room for it. */
  @Test
  void a_state_of_one_row_weighs_little() {
    try (RocksEngines engines = rocks();
        Engine engine = engines.create("e", ORDERED)) {
      assertThat(engine.statistics().unflushedBytes()).isZero();
      engine.write(batch("m", "1"), 1);
      assertThat(engine.statistics().stateBytes()).isBetween(1L, 30_000L);
    }
  }

  @Test
  void the_weight_of_an_engine_counts_both_families() {
    try (RocksEngines engines = rocks();
        Engine engine = engines.create("e", ORDERED)) {
      RowBatch batch = new RowBatch();
      for (int i = 0; i < 100; i++) {
        batch.put(row('m', i), new byte[1_000]);
        batch.put(row('o', i), new byte[1_000]);
      }
      engine.write(batch, 1);
      assertThat(engine.statistics().unflushedBytes()).isGreaterThan(200_000);
      engine.flush();
      EngineStatistics flushed = engine.statistics();
      assertThat(flushed.diskBytes()).isGreaterThan(200_000);
      assertThat(flushed.liveBytes()).isGreaterThan(200_000);
      assertThat(flushed.rowsEstimate()).as("of the default family").isBetween(100L, 101L);
      assertThat(flushed.filesAtTop()).isEqualTo(1);
      engine.write(batch("m", "1"), 2);
      engine.flush();
      assertThat(engine.statistics().filesAtTop()).isEqualTo(2);
    }
  }

  private RocksEngines rocks() {
    return new RocksEngines(root, RocksSettings.small());
  }

  /** One row below the ordered ones, two of them, and one above. */
  private static void write(Engine engine, long mark) {
    RowBatch batch = batch("m", "m" + mark);
    batch.put(utf8("o"), utf8("o" + mark));
    batch.put(utf8("o-" + mark), utf8("o" + mark));
    batch.put(utf8("p"), utf8("p" + mark));
    engine.write(batch, mark);
  }

  /** That the rows are those of so many of the writes above. */
  private static void holds(Rows rows, long mark) {
    assertThat(rows.get(utf8("m"))).isEqualTo(utf8("m" + mark));
    assertThat(rows.get(utf8("o"))).isEqualTo(utf8("o" + mark));
    assertThat(rows.get(utf8("o-" + mark))).isEqualTo(utf8("o" + mark));
    assertThat(rows.get(utf8("p"))).isEqualTo(utf8("p" + mark));
    try (RowCursor cursor = rows.scan(new byte[0], null)) {
      expect(cursor, "m", mark);
      expect(cursor, "o", mark);
      for (long i = 1; i <= mark; i++) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(utf8("o-" + i));
      }
      expect(cursor, "p", mark);
      assertThat(cursor.next()).isFalse();
    }
  }

  private static void expect(RowCursor cursor, String row, long mark) {
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.key()).isEqualTo(utf8(row));
    assertThat(cursor.value()).isEqualTo(utf8(row + mark));
  }

  private static List<Long> marks(Rows rows, char prefix) {
    Stream.Builder<Long> marks = Stream.builder();
    try (RowCursor cursor = rows.scan(row(prefix, 0), row(prefix, Long.MAX_VALUE))) {
      while (cursor.next()) {
        marks.add(ByteBuffer.wrap(cursor.key()).getLong(1));
      }
    }
    return marks.build().toList();
  }

  private static List<Long> upTo(long mark) {
    return Stream.iterate(1L, i -> i <= mark, i -> i + 1).toList();
  }

  private static byte[] row(char prefix, long number) {
    return ByteBuffer.allocate(1 + Long.BYTES).put((byte) prefix).putLong(number).array();
  }
}
