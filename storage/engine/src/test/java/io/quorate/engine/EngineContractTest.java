package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.InvariantViolation;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every engine promises, whatever it is made of. */
abstract class EngineContractTest {
  private static final int STEPS = 400;

  @TempDir Path root;
  private Worlds.World world;
  private Engines engines;

  abstract Worlds.World world(Path root);

  /** How many random lives are affordable. */
  abstract int scripts();

  @BeforeEach
  void open() {
    world = world(root);
    engines = world.engines();
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void a_random_life_shows_what_the_model_shows_and_crashes_leave_prefixes() throws Exception {
    Long asked = EngineScript.seedAsked();
    long first = asked == null ? 20_260_101 : asked;
    int crashes = 0;
    int lost = 0;
    for (long seed = first; seed < first + (asked == null ? scripts() : 1); seed++) {
      try (Worlds.World fresh =
          world(java.nio.file.Files.createDirectories(root.resolve("s" + seed)))) {
        EngineScript script = new EngineScript(fresh, seed);
        script.run(STEPS);
        crashes += script.crashes();
        lost += script.lostBatches();
      } catch (Throwable e) {
        throw new AssertionError(
            "repeat with: mvn -o -pl storage/engine -am test -Dtest="
                + getClass().getSimpleName()
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dseed="
                + seed,
            e);
      }
    }
    if (asked == null) {
      assertThat(crashes).as("crashes met").isPositive();
      assertThat(lost).as("batches that crashes took").isPositive();
    }
  }

  @Test
  void nothing_is_durable_before_a_flush_and_everything_after_it() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(batch("a", "1"), 7);
      assertThat(engine.mark()).isEqualTo(7);
      assertThat(engine.flushedMark()).isZero();
      engine.flush();
      assertThat(engine.flushedMark()).isEqualTo(7);
      engine.write(batch("a", "2"), 9);
      assertThat(engine.flushedMark()).isEqualTo(7);
    }
  }

  @Test
  void an_abrupt_close_flushes_nothing() {
    Engine engine = engines.create("e/1", EngineOptions.plain());
    engine.write(batch("a", "1"), 1);
    engine.flush();
    engine.write(batch("a", "2"), 2);
    engine.closeAbruptly();
    try (Engine again = engines.open("e/1", EngineOptions.plain())) {
      assertThat(again.mark()).isEqualTo(1);
      assertThat(again.get(utf8("a"))).isEqualTo(utf8("1"));
    }
  }

  @Test
  void a_close_flushes_and_the_mark_comes_back() {
    Engine engine = engines.create("e/1", EngineOptions.plain());
    engine.write(batch("a", "1"), 5);
    engine.close();
    engine.close();
    try (Engine again = engines.open("e/1", EngineOptions.plain())) {
      assertThat(again.mark()).isEqualTo(5);
      assertThat(again.flushedMark()).isEqualTo(5);
    }
  }

  @Test
  void of_two_changes_to_a_row_in_one_batch_the_later_counts() {
    try (Engine engine = engines.create("e/1", EngineOptions.cached('a', 1))) {
      RowBatch batch = batch("a", "1");
      batch.put(utf8("a"), utf8("2"));
      batch.put(utf8("ab"), utf8("3"));
      batch.deleteRange(utf8("ab"), utf8("ac"));
      batch.put(utf8("ad"), utf8("4"));
      batch.delete(utf8("ad"));
      engine.write(batch, 1);
      assertThat(engine.get(utf8("a"))).isEqualTo(utf8("2"));
      assertThat(engine.get(utf8("ab"))).isNull();
      assertThat(engine.get(utf8("ad"))).isNull();
    }
  }

  @Test
  void scans_go_by_unsigned_bytes_and_do_not_show_the_mark() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      RowBatch batch = new RowBatch();
      batch.put(new byte[] {(byte) 0xff}, utf8("last"));
      batch.put(new byte[] {0x7f}, utf8("middle"));
      batch.put(new byte[] {0}, utf8("first"));
      batch.put(new byte[] {0, 0}, new byte[0]);
      engine.write(batch, 1);
      try (RowCursor cursor = engine.scan(new byte[0], null)) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(new byte[] {0});
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(new byte[] {0, 0});
        assertThat(cursor.value()).isEmpty();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(new byte[] {0x7f});
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.value()).isEqualTo(utf8("last"));
        assertThat(cursor.next()).isFalse();
      }
      try (RowCursor none = engine.scan(new byte[0], new byte[0])) {
        assertThat(none.next()).isFalse();
      }
    }
  }

  @Test
  void a_cursor_does_not_see_batches_that_came_after_it() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(batch("a", "1"), 1);
      try (RowCursor cursor = engine.scan(utf8("a"), null)) {
        engine.write(batch("b", "2"), 2);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.next()).isFalse();
      }
    }
  }

  @Test
  void views_and_cursors_end_with_their_engine_and_say_so() {
    Engine engine = engines.create("e/1", EngineOptions.plain());
    engine.write(batch("a", "1"), 1);
    RowView view = engine.view();
    RowCursor ofView = view.scan(utf8("a"), null);
    RowCursor ofEngine = engine.scan(utf8("a"), null);
    assertThat(ofView.next()).isTrue();
    engine.close();
    stopped(() -> view.get(utf8("a")));
    stopped(() -> view.scan(utf8("a"), null));
    stopped(ofView::next);
    stopped(ofView::key);
    stopped(ofEngine::next);
    stopped(() -> engine.get(utf8("a")));
    stopped(() -> engine.write(batch("a", "2"), 2));
    stopped(engine::view);
    stopped(engine::flush);
    stopped(engine::flushedMark);
    stopped(engine::statistics);
    stopped(() -> engine.purge(new RowBatch()));
    stopped(() -> engine.checkpoint("c"));
    ofView.close();
    ofEngine.close();
    view.close();
    view.close();
  }

  @Test
  void a_closed_view_ends_its_cursors() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(batch("a", "1"), 1);
      RowView view = engine.view();
      RowCursor cursor = view.scan(utf8("a"), null);
      view.close();
      stopped(cursor::next);
      cursor.close();
    }
  }

  @Test
  void an_engine_may_close_while_another_thread_reads_a_view() {
    Engine engine = engines.create("e/1", EngineOptions.plain());
    RowBatch batch = new RowBatch();
    for (int i = 0; i < 1_000; i++) {
      batch.put(utf8("row-" + i), new byte[100]);
    }
    engine.write(batch, 1);
    RowView view = engine.view();
    CompletableFuture<Void> started = new CompletableFuture<>();
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(() -> {
          while (true) {
            try (RowCursor cursor = view.scan(utf8("row"), null)) {
              while (cursor.next()) {
                started.complete(null);
                assertThat(cursor.value()).hasSize(100);
              }
            }
          }
        });
    started.join();
    engine.close();
    assertThatThrownBy(reader::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(QuorateException.Unavailable.class);
  }

  @Test
  void a_scan_over_the_border_of_the_ordered_rows_shows_one_moment() {
    for (int prefix : new int[] {0, 'b', 0xff}) {
      byte[][] rows = {{0, 1}, {'a'}, {'b'}, {'b', 0}, {'b', (byte) 0xff}, {'c'}, {(byte) 0xff}};
      try (Engine engine = engines.create("e/" + prefix, EngineOptions.plain().ordered(prefix))) {
        RowBatch batch = new RowBatch();
        for (byte[] row : rows) {
          batch.put(row, utf8("old"));
        }
        engine.write(batch, 1);
        try (RowView view = engine.view();
            RowCursor ofView = view.scan(new byte[0], null);
            RowCursor ofEngine = engine.scan(new byte[0], null)) {
          batch.clear();
          for (byte[] row : rows) {
            batch.delete(row);
            batch.put(new byte[] {row[0], 7, 7}, utf8("new"));
          }
          engine.write(batch, 2);
          for (RowCursor cursor : List.of(ofView, ofEngine)) {
            for (byte[] row : rows) {
              assertThat(cursor.next()).isTrue();
              assertThat(cursor.key()).isEqualTo(row);
              assertThat(cursor.value()).isEqualTo(utf8("old"));
            }
            assertThat(cursor.next()).isFalse();
          }
        }
      }
    }
  }

  @Test
  void a_mark_never_falls_or_repeats() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(batch("a", "1"), 3);
      assertThatThrownBy(() -> engine.write(batch("a", "2"), 3))
          .isInstanceOf(InvariantViolation.class);
      assertThat(engine.get(utf8("a"))).isEqualTo(utf8("1"));
    }
  }

  @Test
  void a_purge_keeps_note_of_its_progress_and_takes_no_ranges() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.purge(batch("a", "1"));
      assertThat(engine.get(Bytes.utf8("a").toArray())).isEqualTo(Bytes.utf8("1").toArray());
      RowBatch range = new RowBatch();
      range.deleteRange(Bytes.utf8("a").toArray(), Bytes.utf8("b").toArray());
      assertThatThrownBy(() -> engine.purge(range)).isInstanceOf(InvariantViolation.class);
    }
  }

  @Test
  void a_new_engine_wants_a_place_where_nothing_is() {
    engines.create("e/1", EngineOptions.plain()).close();
    assertThat(engines.exists("e/1")).isTrue();
    damaged("e/1", () -> engines.create("e/1", EngineOptions.plain()));
    engines.delete("e/1");
    assertThat(engines.exists("e/1")).isFalse();
    engines.delete("e/1");
    engines.create("e/1", EngineOptions.plain()).close();
  }

  @Test
  void an_engine_that_is_not_there_is_not_made_by_opening_it() {
    damaged("e/9", () -> engines.open("e/9", EngineOptions.plain()));
    damaged("e/9", () -> engines.read("e/9"));
    assertThat(engines.exists("e/9")).isFalse();
  }

  @Test
  void a_view_tells_the_mark_that_it_shows() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(batch("a", "1"), 3);
      try (RowView view = engine.view()) {
        engine.write(batch("a", "2"), 4);
        assertThat(view.mark()).isEqualTo(3);
        assertThat(view.get(utf8("a"))).isEqualTo(utf8("1"));
      }
    }
  }

  @Test
  void the_space_of_removed_rows_is_given_back_to_who_asks() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      RowBatch rows = new RowBatch();
      RowBatch removed = new RowBatch();
      for (int i = 0; i < 1_000; i++) {
        byte[] row = utf8("row " + i);
        rows.put(row, new byte[10_000]);
        removed.delete(row);
      }
      engine.write(rows, 1);
      engine.flush();
      assertThat(engine.statistics().stateBytes()).isGreaterThan(9_000_000);
      engine.write(removed, 2);
      engine.reclaim();
      engine.flush();
      assertThat(engine.statistics().stateBytes()).isLessThan(1_000_000);
      assertThat(engine.flushedMark()).isEqualTo(2);
    }
  }

  /** It ends early; who waited for it hears at most that the engine is closed. */
  @Test
  void an_engine_may_close_while_it_gives_back_space() throws Exception {
    for (int run = 0; run < 5; run++) {
      Engine engine = engines.create("e/" + run, EngineOptions.plain());
      RowBatch rows = new RowBatch();
      for (int i = 0; i < 1_000; i++) {
        rows.put(utf8("row " + i), new byte[10_000]);
      }
      engine.write(rows, 1);
      CompletableFuture<Void> cleaning = CompletableFuture.runAsync(engine::reclaim);
      engine.close();
      assertThat(cleaning.handle((_, failure) -> failure == null ? null : failure.getCause()).get())
          .matches(why -> why == null || ErrorCode.STOPPED.isOf(why), "closed, or nothing");
    }
  }

  @Test
  void the_weight_of_an_engine_follows_its_rows() {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      RowBatch batch = new RowBatch();
      for (int i = 0; i < 100; i++) {
        batch.put(utf8("row-" + i), new byte[1_000]);
      }
      engine.write(batch, 1);
      assertThat(engine.statistics().unflushedBytes()).isGreaterThan(100_000);
      engine.flush();
      EngineStatistics flushed = engine.statistics();
      assertThat(flushed.diskBytes()).isGreaterThan(100_000);
      assertThat(flushed.unflushedBytes()).isLessThan(20_000);
      assertThat(flushed.rowsEstimate()).isBetween(100L, 101L);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  static RowBatch batch(String row, String value) {
    RowBatch batch = new RowBatch();
    batch.put(utf8(row), utf8(value));
    return batch;
  }

  private static void stopped(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            QuorateException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STOPPED));
  }

  static void damaged(String names, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining(names);
  }
}
