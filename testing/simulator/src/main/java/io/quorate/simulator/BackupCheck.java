package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineOptions;
import io.quorate.engine.MemoryEngines;
import io.quorate.engine.RowBatch;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStore;
import io.quorate.kv.Lease;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupReader;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Judges a backup: it must be whole, as long as was told before, and hold what its group's state
 * was at its index, history included, by {@link Truth}.
 */
final class BackupCheck {

  private BackupCheck() {}

  /** A reader of a backup that is in memory. */
  static BackupReader open(byte[] backup) {
    return new BackupReader(new ByteArrayInputStream(backup), "the backup");
  }

  /**
   * What is wrong with a backup; empty if nothing is.
   *
   * @param foretold how long it should be
   */
  static String wrong(byte[] backup, long foretold, Truth truth) {
    RowBatch rows = new RowBatch();
    BackupHeader header;
    try (BackupReader reader = open(backup)) {
      header = reader.header();
      while (reader.next(rows)) {}
    } catch (QuorateException e) {
      return "it can't be read: " + e.getMessage();
    }
    if (backup.length != foretold) {
      return "it has %d bytes, and %d were foretold".formatted(backup.length, foretold);
    }
    if (header.revision() != truth.revisionAt(header.index())
        || header.compactedRevision() != truth.compactedAt(header.index())) {
      return "it says %s; at that index the revision was %d, and %d compacted"
          .formatted(header, truth.revisionAt(header.index()), truth.compactedAt(header.index()));
    }
    // Nothing of what the disk does matters here: it is a place for rows.
    SimulatedDisk disk = new SimulatedDisk(new Chance(0), 4_096, Long.MAX_VALUE);
    try (MemoryEngines engines = new MemoryEngines(disk, Long.MAX_VALUE);
        Engine engine = engines.create("backup", EngineOptions.plain())) {
      if (!rows.isEmpty()) {
        engine.write(rows, 1);
      }
      return wrong(KvStore.open(engine), engine, header, truth);
    } catch (QuorateException e) {
      return "its rows aren't those of a store: " + e.getMessage();
    }
  }

  private static String wrong(KvStore store, Engine engine, BackupHeader header, Truth truth) {
    if (store.revision() != header.revision()
        || store.compactedRevision() != header.compactedRevision()) {
      return "it says %s, and its rows are of revision %d, and %d compacted"
          .formatted(header, store.revision(), store.compactedRevision());
    }
    if (store.stateHash() != store.recomputedStateHash()) {
      return "its rows don't have the hash that they say";
    }
    KvReader reader = store.reader(engine);
    long oldest = Math.max(1, header.compactedRevision());
    TreeSet<Long> read =
        new TreeSet<>(List.of(oldest, (oldest + header.revision()) / 2, header.revision()));
    for (long revision : read) {
      String wrong = wrongKeys(reader, revision, truth);
      if (!wrong.isEmpty()) {
        return wrong;
      }
    }
    return wrongLeases(
        reader, store.leases(), truth.leasesAt(header.index()), header.revision(), truth);
  }

  /** How the keys that are read differ at a revision from what they must be. */
  static String wrongKeys(KvReader reader, long revision, Truth truth) {
    List<KeyValue> expected = truth.range(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED, revision);
    KvResult result = reader.range(all(revision));
    return result instanceof RangeResponse found && found.kvs().equals(expected)
        ? ""
        : "at revision %d it has %s, not %s".formatted(revision, result, expected);
  }

  /** How leases, and the keys that are attached to them, differ from what they must be. */
  static String wrongLeases(
      KvReader reader,
      Collection<Lease> leases,
      SortedMap<Long, Long> expected,
      long revision,
      Truth truth) {
    TreeMap<Long, Long> found = new TreeMap<>();
    for (Lease lease : leases) {
      found.put(lease.id(), lease.ttlSeconds());
    }
    if (!found.equals(expected)) {
      return "it has leases %s, not %s".formatted(found, expected);
    }
    for (long lease : expected.keySet()) {
      List<Bytes> keys =
          truth.range(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED, revision).stream()
              .filter(each -> each.lease() == lease)
              .map(KeyValue::key)
              .toList();
      if (!reader.leaseKeys(lease).equals(keys)) {
        return "lease %d has keys %s, not %s".formatted(lease, reader.leaseKeys(lease), keys);
      }
    }
    return "";
  }

  /** All keys as they were at a revision. */
  static RangeRequest all(long revision) {
    return new RangeRequest(
        KeyRange.FIRST_KEY,
        KeyRange.UNBOUNDED,
        0,
        revision,
        SortOrder.NONE,
        SortTarget.KEY,
        false,
        false,
        0,
        0,
        0,
        0);
  }

  /** A backup of which a bit has flipped, or that ends early. */
  static byte[] damaged(byte[] backup, Chance chance) {
    int at = chance.below(backup.length);
    if (chance.oneIn(2)) {
      return Arrays.copyOf(backup, at);
    }
    byte[] damaged = backup.clone();
    damaged[at] ^= (byte) (1 << chance.below(8));
    return damaged;
  }

  /** Whether somebody who reads a backup to its end is told that it is damaged. */
  static boolean isFoundDamaged(byte[] backup) {
    try (BackupReader reader = open(backup)) {
      while (reader.next(new RowBatch())) {}
      return false;
    } catch (QuorateException.Corrupt e) {
      return true;
    }
  }
}
