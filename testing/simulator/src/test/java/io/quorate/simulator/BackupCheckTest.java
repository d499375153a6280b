package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineOptions;
import io.quorate.engine.MemoryEngines;
import io.quorate.engine.RowBatch;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvStore;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupLength;
import io.quorate.snapshot.BackupWriter;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The judge of backups, judged: a right one passes, and whatever is wrong with one is noticed. */
class BackupCheckTest {
  private static final List<KvRequest> REQUESTS =
      List.of(
          put("a", "1", 0),
          put("b", "1", 0),
          new LeaseGrantRequest(7, 5),
          new LeaseGrantRequest(8, 6),
          put("a", "2", 7),
          put("c", "1", 8),
          new LeaseRevokeRequest(8),
          DeleteRangeRequest.one(Bytes.utf8("b")),
          put("b", "3", 0),
          new CompactRequest(3, false),
          put("d", "1", 0));

  private final TreeMap<Bytes, byte[]> rows = new TreeMap<>();
  private Truth truth = new Truth();

  private static PutRequest put(String key, String value, long lease) {
    return new PutRequest(Bytes.utf8(key), Bytes.utf8(value), lease, false, false, false);
  }

  /** A store and its truth after so many requests, and what a backup of it says of itself. */
  private BackupHeader store(int requests) {
    rows.clear();
    truth = new Truth();
    SimulatedDisk disk = new SimulatedDisk(new Chance(1), 512, Long.MAX_VALUE);
    try (MemoryEngines engines = new MemoryEngines(disk, Long.MAX_VALUE);
        Engine engine = engines.create("state", EngineOptions.plain())) {
      KvStore store = KvStore.open(engine);
      for (int index = 1; index <= requests; index++) {
        store.apply(REQUESTS.get(index - 1), Principal.MEMBER, false);
        truth.apply(index, REQUESTS.get(index - 1), 1);
        RowBatch batch = new RowBatch();
        store.finish(batch);
        engine.write(batch, index);
      }
      try (RowCursor scan = engine.scan(KvStore.firstRow(), null)) {
        while (scan.next()) {
          rows.put(Bytes.wrap(scan.key()), scan.value());
        }
      }
      return new BackupHeader(
          7, 1, requests, 1, store.revision(), store.compactedRevision(), "a test");
    }
  }

  private byte[] backup(BackupHeader header) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BackupWriter writer = new BackupWriter(header, new Rows(rows))) {
      for (Bytes part = writer.next(); part != null; part = writer.next()) {
        out.writeBytes(part.toArray());
      }
    }
    return out.toByteArray();
  }

  private String wrong(BackupHeader header) {
    BackupLength length = new BackupLength(header, new Rows(rows));
    assertThat(length.step(Long.MAX_VALUE)).isTrue();
    return BackupCheck.wrong(backup(header), length.bytes(), truth);
  }

  @Test
  void a_right_one_passes_whenever_it_is_made() {
    for (int requests = 0; requests <= REQUESTS.size(); requests++) {
      BackupCheckTest other = new BackupCheckTest();
      assertThat(other.wrong(other.store(requests))).as("after " + requests).isEmpty();
    }
  }

  @Test
  void a_row_that_is_missing_is_noticed() {
    BackupHeader header = store(REQUESTS.size() - 2); // what is compacted nobody misses
    for (var each : new TreeMap<>(rows).entrySet()) {
      Bytes row = each.getKey();
      rows.remove(row);
      assertThat(wrong(header)).as("without " + row).isNotEmpty();
      rows.put(row, each.getValue());
    }
    assertThat(wrong(header)).isEmpty();
  }

  @Test
  void a_row_of_another_value_is_noticed() {
    BackupHeader header = store(REQUESTS.size() - 2);
    for (var each : new TreeMap<>(rows).entrySet()) {
      Bytes row = each.getKey();
      if (row.at(0) == 'K') {
        continue; // that a key is attached to a lease is said by the row, whatever it holds
      }
      byte[] value = each.getValue();
      byte[] other = value.clone();
      other[other.length - 1] ^= 1;
      rows.put(row, other);
      assertThat(wrong(header)).as("with another " + row).isNotEmpty();
      rows.put(row, value);
    }
  }

  /** Rows that fit together, and are those of another moment than the backup says. */
  @Test
  void a_state_of_another_moment_is_noticed() {
    for (int requests = 0; requests < REQUESTS.size(); requests++) {
      BackupCheckTest later = new BackupCheckTest();
      BackupHeader header = later.store(requests);
      TreeMap<Bytes, byte[]> before = new TreeMap<>(later.rows);
      later.store(requests + 1);
      assertThat(later.wrong(header)).as("after " + requests).isNotEmpty();
      later.rows.clear();
      later.rows.putAll(before);
      assertThat(later.wrong(header)).as("after " + requests).isEmpty();
      BackupHeader wrong =
          new BackupHeader(
              7, 1, requests + 1, 1, header.revision(), header.compactedRevision(), "");
      assertThat(later.wrong(wrong)).as("one later than after " + requests).isNotEmpty();
    }
  }

  @Test
  void another_length_than_was_foretold_is_noticed() {
    byte[] backup = backup(store(5));
    assertThat(BackupCheck.wrong(backup, backup.length, truth)).isEmpty();
    assertThat(BackupCheck.wrong(backup, backup.length + 512, truth)).contains("foretold");
  }

  @Test
  void damage_is_what_a_reader_is_told_of() {
    byte[] backup = backup(store(REQUESTS.size()));
    Chance chance = new Chance(3);
    assertThat(BackupCheck.isFoundDamaged(backup)).isFalse();
    for (int i = 0; i < 500; i++) {
      byte[] damaged = BackupCheck.damaged(backup, chance);
      assertThat(damaged).isNotEqualTo(backup);
      assertThat(BackupCheck.isFoundDamaged(damaged)).as("damage " + i).isTrue();
      assertThat(BackupCheck.wrong(damaged, backup.length, truth)).isNotEmpty();
    }
  }

  /** Rows in memory. */
  private static final class Rows implements RowCursor {
    private final List<Map.Entry<Bytes, byte[]>> rows;
    private int at = -1;

    Rows(Map<Bytes, byte[]> rows) {
      this.rows = List.copyOf(rows.entrySet());
    }

    @Override
    public boolean next() {
      return ++at < rows.size();
    }

    @Override
    public byte[] key() {
      return rows.get(at).getKey().toArray();
    }

    @Override
    public byte[] value() {
      return rows.get(at).getValue();
    }

    @Override
    public void close() {}
  }
}
