package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quorate.base.Bytes;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a log does, told one behaviour at a time. The disk is {@link MemoryDisk}. */
class WalTest {
  /** Where the first record is of a log that was begun: behind the header and the states, twice. */
  private static final int FIRST = 4 * Format.BLOCK + Format.BATCH_HEADER;

  private final MemoryDisk disk = new MemoryDisk(1);
  private final WalSettings settings = WalSettings.of(7, 1, 42).withSegmentBytes(48 * 1024);

  private Wal open(Model.Collector found) {
    return Wal.open(disk, "wal", settings, found);
  }

  private Wal open() {
    return open(new Model.Collector());
  }

  private static Bytes payload(int size) {
    return Bytes.wrap(new byte[size]);
  }

  /** Appends entries of term 1 and returns the last one's hash. */
  private static void append(Wal wal, Model model, long group, int count, int size) {
    for (int i = 0; i < count; i++) {
      long index = model.group(group).last() + 1;
      Model.Entry entry = model.append(group, index, 1, (byte) 0, payload(size));
      wal.append(group, index, 1, (byte) 0, entry.payload(), entry.hash());
    }
  }

  private static QuorateException refusal(Runnable call) {
    return catchThrowableOfType(QuorateException.class, call::run);
  }

  @Test
  void one_batch_and_one_sync_serve_all_groups_that_wait() {
    Wal wal = open();
    Model model = new Model();
    long syncs = wal.statistics().syncs();
    for (long group = 1; group <= 10; group++) {
      append(wal, model, group, 3, 20);
    }
    wal.sync();
    assertThat(wal.statistics().syncs()).isEqualTo(syncs + 1);
    assertThat(wal.statistics().batches()).isEqualTo(1);
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void an_entry_at_or_below_the_last_index_overrides_it_and_all_above() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 5, 10);
    wal.sync();
    Model.Entry entry = model.append(1, 3, 2, (byte) 1, payload(7));
    wal.append(1, 3, 2, (byte) 1, entry.payload(), entry.hash());
    wal.sync();
    assertThat(wal.lastIndex(1)).isEqualTo(3);
    assertThat(wal.term(1, 3)).isEqualTo(2);
    assertThat(wal.term(1, 4)).isEqualTo(-1);
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void nothing_can_be_read_before_it_is_synced() {
    Wal wal = open();
    append(wal, new Model(), 1, 1, 10);
    assertThat(wal.lastIndex(1)).isZero();
    wal.sync();
    assertThat(wal.lastIndex(1)).isEqualTo(1);
  }

  @Test
  void reads_stop_at_their_bound_but_give_one_entry_whatever_its_length() {
    Wal wal = open();
    append(wal, new Model(), 1, 5, 1000);
    wal.sync();
    List<Long> read = new ArrayList<>();
    assertThat(wal.read(1, 1, 6, 10, (at, term, kind, payload, hash) -> read.add(at))).isEqualTo(2);
    assertThat(wal.read(1, 2, 6, 2500, (at, term, kind, payload, hash) -> read.add(at)))
        .isEqualTo(4);
    assertThat(wal.read(1, 6, 9, 2500, (at, term, kind, payload, hash) -> read.add(at)))
        .isEqualTo(6);
    assertThat(read).containsExactly(1L, 2L, 3L);
  }

  @Test
  void an_entry_longer_than_a_batch_is_refused_when_it_is_offered_not_by_every_later_leader() {
    Wal wal = open();
    Bytes longest = payload(wal.payloadBytesMax());
    Bytes tooLong = payload(wal.payloadBytesMax() + 1);
    assertThat(refusal(() -> wal.append(1, 1, 1, (byte) 0, tooLong, 0)).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
    wal.append(1, 1, 1, (byte) 0, longest, LogHash.next(0, 1, (byte) 0, longest));
    wal.sync();
    assertThat(wal.lastIndex(1)).isEqualTo(1);
  }

  @Test
  void a_second_user_of_the_directory_is_refused_by_name_until_the_first_lets_go() {
    Wal first = open();
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            QuorateException.class,
            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DIRECTORY_IN_USE))
        .hasMessageContaining("directory wal is in use");
    first.close();
    open().close();
  }

  @Test
  void a_directory_of_another_cluster_or_member_is_refused() {
    open().close();
    for (WalSettings other : List.of(WalSettings.of(8, 1, 1), WalSettings.of(7, 2, 1))) {
      QuorateException refused = refusal(() -> Wal.open(disk, "wal", other, new Model.Collector()));
      assertThat(refused.code()).isEqualTo(ErrorCode.WRONG_IDENTITY);
      assertThat(refused).hasMessageContaining("belongs to cluster 7, member 1");
    }
    open().close();
  }

  @Test
  void a_recycled_segment_never_shows_the_well_formed_batches_that_it_held_before() {
    Wal wal = open();
    Model model = new Model();
    for (int i = 0; i < 60; i++) {
      append(wal, model, 1, 1, 100);
      wal.sync();
      wal.trim(1, i + 1);
      model.trim(1, i + 1);
      wal.sync();
      wal.maintain();
    }
    assertThat(wal.statistics().recycled()).isGreaterThan(5);
    assertThat(wal.statistics().segments() + wal.statistics().spares()).isLessThanOrEqualTo(4);
    append(wal, model, 1, 1, 100);
    wal.sync();
    disk.crash();
    Model.Collector found = new Model.Collector();
    Wal again = open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
    assertThat(found.holes).isEmpty();
    assertThat(again.segments().getLast().endBytes()).isLessThan(32 * 1024);
  }

  @Test
  void a_slow_group_cannot_pin_the_disk() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 9, 3, 50);
    wal.sync();
    for (int i = 0; i < 200; i++) {
      append(wal, model, 1, 1, 1000);
      wal.sync();
      wal.trim(1, i + 1);
      model.trim(1, i + 1);
      wal.sync();
      wal.maintain();
    }
    assertThat(wal.statistics().segments()).isLessThan(8);
    assertThat(wal.statistics().rewrittenEntries()).isGreaterThan(3);
    List<Long> read = new ArrayList<>();
    wal.read(9, 1, 4, 1 << 20, (at, term, kind, payload, hash) -> read.add(at));
    assertThat(read).containsExactly(1L, 2L, 3L);
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void rewritten_entries_truncate_nothing_and_lose_to_what_has_overridden_them() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 9, 6, 50);
    wal.sync();
    for (int i = 0; i < 100; i++) {
      append(wal, model, 1, 1, 1000);
      wal.sync();
      wal.trim(1, i + 1);
      model.trim(1, i + 1);
      wal.sync();
      if (i == 30) {
        Model.Entry entry = model.append(9, 5, 4, (byte) 0, payload(60));
        wal.append(9, 5, 4, (byte) 0, entry.payload(), entry.hash());
        wal.sync();
      }
      wal.maintain();
    }
    assertThat(wal.statistics().rewrittenEntries()).isGreaterThan(4);
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void a_rewrite_that_was_cut_short_brings_no_removed_group_back() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 9, 3, 50);
    append(wal, model, 1, 3, 50);
    wal.sync();
    wal.removeGroup(9);
    model.groups.remove(9L);
    for (int i = 0; i < 60; i++) {
      append(wal, model, 1, 1, 1000);
      wal.sync();
      wal.maintain();
    }
    disk.crash();
    Model.Collector found = new Model.Collector();
    Wal again = open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
    assertThat(again.recovered()).hasSize(1);
  }

  @Test
  void a_snapshot_mark_is_a_barrier_that_nothing_from_before_crosses() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 5, 10);
    wal.sync();
    wal.snapshotMark(1, 100, 7, 1234, Bytes.utf8("members"), 3);
    model.mark(1, 100, 7, 1234, Bytes.utf8("members"), 3);
    Model.Entry entry = model.append(1, 101, 7, (byte) 0, payload(3));
    wal.append(1, 101, 7, (byte) 0, entry.payload(), entry.hash());
    wal.sync();
    assertThat(wal.baseIndex(1)).isEqualTo(100);
    assertThat(refusal(() -> wal.read(1, 5, 6, 10, (at, term, kind, payload, hash) -> {})).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void a_torn_last_batch_is_a_hole_of_unknown_fate_that_outlives_restarts_until_it_is_settled() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 2, 10);
    wal.sync();
    Model before = model.copy();
    long end = wal.segments().getLast().endBytes();
    append(wal, model, 1, 3, 10);
    wal.sync();
    disk.crash();
    // The payload of the batch's second record.
    int second =
        (int) end
            + Format.BATCH_HEADER
            + Format.recordBytes(0)
            + Format.recordBytes(10)
            + Format.RECORD_HEADER;
    disk.flip("wal/" + Segment.name(1), second, 1);

    for (int restart = 0; restart < 3; restart++) {
      Model.Collector found = new Model.Collector();
      open(found);
      assertThat(found.missing).containsExactly(Map.entry(1L, List.of(4L)));
      assertThat(found.holes).containsEntry(1L, new Hole(4, 5, false, false, 0, 0));
      disk.crash();
    }
    MemoryDisk other = disk.copy(1);
    Wal filling = open();
    model.restore(filling);
    filling.resolveHole(1);
    filling.sync();
    disk.crash();
    Model.Collector filled = new Model.Collector();
    open(filled);
    assertThat(filled.holes).isEmpty();
    assertThat(filled.model.text()).isEqualTo(model.text());

    Wal cutting = Wal.open(other, "wal", settings, new Model.Collector());
    cutting.mending().cut(1, 4);
    cutting.resolveHole(1);
    cutting.sync();
    other.crash();
    Model.Collector left = new Model.Collector();
    Wal.open(other, "wal", settings, left);
    before.append(1, 3, 1, (byte) 0, payload(10));
    assertThat(left.holes).isEmpty();
    assertThat(left.model.text()).isEqualTo(before.text());
  }

  @Test
  void a_hole_knows_the_term_and_the_vote_whose_header_is_intact() {
    Wal wal = open();
    append(wal, new Model(), 1, 2, 10);
    wal.hardState(1, 4, 2, Bytes.utf8("before"));
    wal.sync();
    int end = (int) wal.segments().getLast().endBytes();
    wal.hardState(1, 6, 3, Bytes.utf8("damaged"));
    wal.sync();
    disk.crash();
    int said = States.recordBytes("before".length(), 0) - 16; // there is no hole
    int blob = end + Format.BATCH_HEADER + said + Format.RECORD_HEADER;
    disk.flip("wal/" + Segment.name(1), blob, 1);
    MemoryDisk copy = disk.copy(1);
    Model.Collector told = new Model.Collector();
    Wal.open(copy, "wal", settings, told);
    assertThat(copy.sizes()).as("it goes on elsewhere").hasSize(2);
    assertThat(told.model.group(1).term).as("its echo tells").isEqualTo(6);
    assertThat(told.holes).isEmpty();

    disk.flip("wal/" + Segment.name(1), end + Format.BLOCK, 1);
    for (int restart = 0; restart < 3; restart++) {
      Model.Collector found = new Model.Collector();
      open(found);
      assertThat(found.model.group(1).term).isEqualTo(4);
      assertThat(found.holes).containsEntry(1L, new Hole(3, 2, false, true, 6, 3));
      disk.crash();
    }
  }

  @Test
  void a_batch_whose_outline_is_gone_may_have_held_anything_of_any_group() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 2, 10);
    append(wal, model, 2, 2, 10);
    wal.sync();
    int end = (int) wal.segments().getLast().endBytes();
    append(wal, model, 1, 1, 3000);
    append(wal, model, 1, 1, 10);
    wal.sync();
    disk.crash();
    for (int i = 0; i < MemoryDisk.SECTOR; i++) {
      disk.flip("wal/" + Segment.name(1), end + i, 0xA5);
    }
    MemoryDisk copy = disk.copy(1);
    Model.Collector told = new Model.Collector();
    model.restore(Wal.open(copy, "wal", settings, told));
    assertThat(told.missing).as("its echo tells").containsExactly(Map.entry(1L, List.of(3L)));
    assertThat(told.holes).containsOnlyKeys(1L);

    disk.flip("wal/" + Segment.name(1), end + Format.BLOCK, 1);
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.holes)
        .containsEntry(1L, new Hole(3, 4, true, true, 1, 0))
        .containsEntry(2L, new Hole(3, 2, true, true, 0, 0));
  }

  @Test
  void a_closed_log_knows_that_all_of_it_was_durable_so_that_damage_at_its_end_is_damage() {
    Wal wal = open();
    append(wal, new Model(), 1, 2, 10);
    wal.close();
    disk.flip("wal/" + Segment.name(1), FIRST + Format.RECORD_HEADER, 1);
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.damage)
        .isEqualTo(new Damage("wal/" + Segment.name(1), FIRST, 1, 1, "the payload is damaged"));
    assertThat(found.missing).containsExactly(Map.entry(1L, List.of(1L)));
    assertThat(found.holes).isEmpty();
  }

  @Test
  void a_segment_that_is_missing_at_the_front_in_the_middle_or_at_the_end_is_missed() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 120, 1000);
    wal.close();
    int segments = wal.segments().size();
    assertThat(segments).isGreaterThan(3);
    for (int gone : new int[] {1, 2, segments}) {
      MemoryDisk copy = disk.copy(1);
      copy.remove("wal/" + Segment.name(gone));
      if (gone == segments) {
        QuorateException refused =
            refusal(() -> Wal.open(copy, "wal", settings, new Model.Collector()));
        assertThat(refused.code()).isEqualTo(ErrorCode.DATA_DAMAGED);
      } else {
        Wal lacking = Wal.open(copy, "wal", settings, new Model.Collector());
        assertThat(lacking.mending().missing(1)).isPositive();
        model.restore(lacking);
        lacking.close();
        Model.Collector found = new Model.Collector();
        Wal.open(copy, "wal", settings, found);
        assertThat(found.model.text()).isEqualTo(model.text());
      }
    }
  }

  @Test
  void damage_that_is_found_while_reading_is_named_and_never_served() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 2, 10);
    wal.sync();
    disk.flip("wal/" + Segment.name(1), FIRST + Format.RECORD_HEADER, 1);
    List<Long> read = new ArrayList<>();
    QuorateException refused =
        refusal(() -> wal.read(1, 1, 3, 1000, (at, term, kind, bytes, hash) -> read.add(at)));
    assertThat(refused).hasMessageContaining("group 1, index 1");
    assertThat(read).isEmpty();
    wal.mending().lose(1, 1);
    assertThat(wal.mending().missing(1)).isEqualTo(1);
    model.restore(wal);
    assertThat(wal.mending().missing(1)).isZero();
    wal.read(1, 1, 3, 1000, (at, term, kind, bytes, hash) -> read.add(at));
    assertThat(read).containsExactly(1L, 2L);
  }

  /** Of what is lost the echo tells the last entry only: what is known below may be overridden. */
  @Test
  void what_was_overridden_within_a_lost_sector_is_not_taken_for_what_was_there() {
    long[] hashes = overrideWithinALostSector();
    Wal wal = open();
    assertThat(wal.mending().missing(1)).isEqualTo(4);
    assertThat(wal.mending().knownBelow(1, 4)).isEqualTo(3);
    assertThat(wal.term(1, 3)).as("the one that was overridden").isEqualTo(2);
    wal.mending().pin(1, 3, 3, hashes[3]);
    wal.mending().cut(1, 4);
    wal.sync();
    wal.close();
    Wal again = open();
    assertThat(again.mending().missing(1)).isEqualTo(3);
    assertThat(again.hash(1, 3)).isEqualTo(hashes[3]);
    LogEntry third = new LogEntry(3, 3, (byte) 0, payload(3), hashes[3]);
    assertThat(again.mending().restore(1, hashes[2], List.of(third))).isEqualTo(1);
    again.close();
    Wal whole = open();
    assertThat(whole.mending().missing(1)).isZero();
    assertThat(whole.term(1, 3)).isEqualTo(3);
  }

  @Test
  void a_restored_entry_counts_against_what_it_had_overridden_after_a_crash_in_between() {
    long[] hashes = overrideWithinALostSector();
    Wal wal = open();
    LogEntry fourth = new LogEntry(4, 3, (byte) 0, payload(4), hashes[4]);
    assertThat(wal.mending().restore(1, hashes[3], List.of(fourth))).isEqualTo(1);
    wal.sync();
    assertThat(wal.mending().missing(1)).isEqualTo(3);
    wal.close();
    Wal again = open();
    assertThat(again.mending().missing(1)).isEqualTo(3);
    LogEntry third = new LogEntry(3, 3, (byte) 0, payload(3), hashes[3]);
    assertThat(again.mending().restore(1, hashes[2], List.of(third))).isEqualTo(1);
    again.sync();
    assertThat(again.mending().missing(1)).isZero();
  }

  /** Where it comes from, the entry before it may be missing, too, and nothing tell its hash. */
  @Test
  void an_entry_is_restored_though_nobody_knows_what_was_before_it() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 3, 10);
    wal.sync();
    List<Model.Entry> had = model.group(1).entries;
    wal.mending().lose(1, 2);
    wal.mending().lose(1, 3);
    LogEntry third = new LogEntry(3, 1, (byte) 0, payload(10), had.get(2).hash());
    LogEntry another = new LogEntry(3, 1, (byte) 0, payload(11), had.get(2).hash() + 1);
    assertThat(wal.mending().restore(1, 0, List.of(another))).isZero();
    assertThat(wal.mending().restore(1, 0, List.of(third))).isEqualTo(1);
    wal.sync();
    assertThat(wal.mending().missing(1)).isEqualTo(2);
    model.restore(wal);
    assertThat(wal.mending().missing(1)).isZero();
    wal.close();
    List<Long> read = new ArrayList<>();
    open().read(1, 1, 4, 1000, (at, term, kind, bytes, hash) -> read.add(hash));
    assertThat(read).isEqualTo(had.stream().map(Model.Entry::hash).toList());
  }

  @Test
  void what_a_restored_entry_does_not_follow_from_was_overridden() {
    long[] hashes = overrideWithinALostSector();
    Wal wal = open();
    LogEntry fourth = new LogEntry(4, 3, (byte) 0, payload(4), hashes[4]);
    assertThat(wal.mending().restore(1, 0, List.of(fourth))).isEqualTo(1);
    wal.sync();
    assertThat(wal.mending().missing(1)).isEqualTo(3);
    LogEntry third = new LogEntry(3, 3, (byte) 0, payload(3), hashes[3]);
    assertThat(wal.mending().restore(1, hashes[2], List.of(third))).isEqualTo(1);
    wal.sync();
    assertThat(wal.mending().missing(1)).isZero();
  }

  /**
   * Entries 1 to 3, the last of term 2; then 3 and 4 of term 3 in one batch, whose sector is lost.
   */
  private long[] overrideWithinALostSector() {
    Wal wal = open();
    long[] hashes = new long[5];
    hashes[0] = LogHash.EMPTY;
    for (int i = 1; i <= 3; i++) {
      long hash = LogHash.next(hashes[i - 1], i < 3 ? 1 : 2, (byte) 0, payload(10 * i));
      wal.append(1, i, i < 3 ? 1 : 2, (byte) 0, payload(10 * i), hash);
      wal.sync();
      hashes[i] = hash;
    }
    for (int i = 3; i <= 4; i++) {
      hashes[i] = LogHash.next(hashes[i - 1], 3, (byte) 0, payload(i));
      wal.append(1, i, 3, (byte) 0, payload(i), hashes[i]);
    }
    wal.close();
    int lost = FIRST - Format.BATCH_HEADER + 3 * Format.BLOCK;
    for (int at = lost; at < lost + 512; at += 4) {
      disk.flip("wal/" + Segment.name(1), at, 1);
    }
    return hashes;
  }

  @Test
  void after_a_sync_fails_once_nothing_is_acknowledged_any_more_though_the_disk_recovers() {
    Wal wal = open();
    append(wal, new Model(), 1, 1, 10);
    disk.hook =
        (call, path) -> {
          if (call.equals("sync")) {
            disk.hook = (later, on) -> {};
            throw new IOException("EIO");
          }
        };
    assertThat(refusal(wal::sync).code()).isEqualTo(ErrorCode.LOG_FAILED);
    assertThat(refusal(wal::sync).code()).isEqualTo(ErrorCode.LOG_FAILED);
    assertThat(refusal(() -> wal.hardState(1, 1, 1, Bytes.EMPTY)))
        .hasMessageContaining("Syncing a batch at offset 16384")
        .hasMessageContaining("EIO");
    assertThat(disk.exists("wal/FAILED")).isTrue();
    wal.close();
    Wal again = open();
    assertThat(disk.exists("wal/FAILED")).isFalse();
    assertThat(again.segments().getLast().sequence()).isEqualTo(2);
    assertThat(again.segments().getFirst().liveEntries()).isZero();
  }

  /** A turn that broke off has used up the spare, and left its batch staged. */
  @Test
  void closing_makes_the_segment_that_staged_records_need() {
    Wal wal = open();
    Model model = new Model();
    while (wal.segments().getLast().sequence() == 1 && wal.wantsNextSegment()) {
      append(wal, model, 1, 1, 1000);
      wal.sync();
    }
    append(wal, model, 1, 12, 1000);
    disk.hook =
        (call, path) -> {
          if (call.equals("open") && path.contains("spare-")) {
            disk.hook = (later, on) -> {};
            throw new AssertionError("in the midst of a turn");
          }
        };
    assertThatThrownBy(
            () -> {
              while (true) {
                append(wal, model, 1, 1, 1000);
                wal.sync();
              }
            })
        .hasMessage("in the midst of a turn");
    wal.close();
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void
      on_a_full_disk_entries_are_refused_before_anything_is_lost_and_hard_state_finds_the_reserve() {
    Wal wal = open();
    Model model = new Model();
    disk.hook =
        (call, path) -> {
          if (call.equals("create")) {
            throw new DiskFullException("no space for " + path);
          }
        };
    QuorateException refused = null;
    while (refused == null) {
      Model.Entry entry =
          model.copy().append(1, model.group(1).last() + 1, 1, (byte) 0, payload(100));
      refused =
          refusal(() -> wal.append(1, entry.index(), 1, (byte) 0, entry.payload(), entry.hash()));
      if (refused == null) {
        model.append(1, entry.index(), 1, (byte) 0, entry.payload());
        wal.sync();
      }
    }
    assertThat(refused.code()).isEqualTo(ErrorCode.DISK_FULL);
    wal.hardState(1, 5, 1, Bytes.EMPTY);
    wal.sync();
    disk.hook = (call, path) -> {};
    append(wal, model, 1, 1, 100);
    wal.sync();
    disk.crash();
    model.group(1).term = 5;
    model.group(1).vote = 1;
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void a_full_disk_gets_room_by_trimming() {
    Wal wal = open();
    Model model = new Model();
    append(wal, model, 1, 40, 1000);
    wal.sync();
    disk.hook =
        (call, path) -> {
          if (call.equals("create")) {
            throw new DiskFullException("no space for " + path);
          }
        };
    while (refusal(() -> append(wal, model, 1, 1, 1000)) == null) {
      wal.sync();
    }
    model.group(1).entries.removeLast();
    wal.trim(1, 30);
    model.trim(1, 30);
    wal.sync();
    wal.maintain();
    append(wal, model, 1, 5, 1000);
    wal.sync();
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void a_prepared_segment_spares_the_writer_the_filling() {
    Wal wal = open();
    Model model = new Model();
    for (int i = 0; i < 60; i++) {
      if (wal.wantsNextSegment()) {
        var _ = wal.prepareNextSegment(Integer.MAX_VALUE);
      }
      append(wal, model, 1, 1, 2000);
      wal.sync();
    }
    assertThat(wal.statistics().segments()).isGreaterThan(3);
    assertThat(wal.statistics().preparedInline()).isZero();
  }

  @Test
  void a_segment_that_is_filled_in_parts_is_finished_by_a_writer_who_needs_it() {
    Wal wal = open();
    Model model = new Model();
    for (int i = 0; i < 60; i++) {
      if (wal.wantsNextSegment()) {
        var _ = wal.prepareNextSegment(100);
      }
      append(wal, model, 1, 1, 2000);
      wal.sync();
    }
    assertThat(wal.statistics().preparedInline()).isPositive();
    while (wal.prepareNextSegment(100) != Wal.NextSegment.READY) {
      assertThat(wal.wantsNextSegment()).isTrue();
    }
    assertThat(wal.wantsNextSegment()).isFalse();
    disk.crash();
    Model.Collector found = new Model.Collector();
    open(found);
    assertThat(found.model.text()).isEqualTo(model.text());
  }

  @Test
  void an_unfinished_segment_is_gone_after_a_restart() throws IOException {
    Wal wal = open();
    assertThat(wal.prepareNextSegment(1_000)).isNotEqualTo(Wal.NextSegment.READY);
    assertThat(disk.list("wal")).anyMatch(name -> name.startsWith("new-"));
    wal.close();
    assertThat(wal.prepareNextSegment(1_000))
        .as("a closed log needs none")
        .isEqualTo(Wal.NextSegment.READY);
    open();
    assertThat(disk.list("wal")).noneMatch(name -> name.startsWith("new-"));
  }

  @Test
  void a_part_that_finds_no_room_leaves_no_file_and_the_next_begins_anew() throws IOException {
    Wal wal = open();
    assertThat(wal.prepareNextSegment(1_000)).isNotEqualTo(Wal.NextSegment.READY);
    disk.hook =
        (call, path) -> {
          if (call.equals("write") && path.contains("new-")) {
            throw new DiskFullException("no space for " + path);
          }
        };
    assertThat(refusal(() -> wal.prepareNextSegment(1_000)).code()).isEqualTo(ErrorCode.DISK_FULL);
    assertThat(disk.list("wal")).noneMatch(name -> name.startsWith("new-"));
    disk.hook = (call, path) -> {};
    while (wal.prepareNextSegment(1_000) != Wal.NextSegment.READY) {
      assertThat(wal.wantsNextSegment()).isTrue();
    }
    String spare =
        disk.list("wal").stream().filter(name -> name.startsWith("spare-")).findAny().orElseThrow();
    byte[] whole = disk.bytes("wal/" + spare);
    assertThat(whole).hasSize(settings.segmentBytes()).containsOnly(0);
  }
}
