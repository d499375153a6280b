package io.quorate.offline;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineOptions;
import io.quorate.engine.RocksEngines;
import io.quorate.engine.RocksSettings;
import io.quorate.engine.RowBatch;
import io.quorate.kv.ImportedStore;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvStore;
import io.quorate.kv.Lease;
import io.quorate.offline.bbolt.BoltCursor;
import io.quorate.offline.bbolt.BoltFile;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns a snapshot of a real etcd (3.4 to 3.6) into a backup that {@link Restore} takes.
 *
 * <p>Keys come as they are now: value, revisions, version, lease. Leases come with their time to
 * live. The history of etcd's keys doesn't come: everything before the snapshot's revision counts
 * as compacted.
 *
 * <p>Etcd's {@code key} bucket holds every version in the order of revisions. They go into an
 * engine beside the file that is being made, where a newer version of a key takes the place of an
 * older one, and come out in the order of keys.
 */
public final class EtcdImport {
  private static final int SHA_BYTES = 32;

  /** A database is whole pages, and a page is a multiple of this. */
  private static final int PAGE_BYTES_MIN = 512;

  /** Past so many bytes a batch goes to the engine. */
  private static final long BATCH_BYTES = 4L << 20;

  private static final int REVISION_BYTES = 2 * Long.BYTES + 1;

  private EtcdImport() {}

  /**
   * What was imported.
   *
   * @param revision etcd's revision
   * @param keys how many keys there are
   * @param leases how many leases
   * @param users how many users the snapshot has
   * @param roles how many roles it has
   * @param authEnabled whether who asks had to say who they are
   * @param hashChecked whether the file ended with a hash, and has it
   */
  public record Report(
      long revision,
      long keys,
      int leases,
      int users,
      int roles,
      boolean authEnabled,
      boolean hashChecked) {}

  /**
   * Imports.
   *
   * @param snapshot what {@code etcdctl snapshot save} wrote, or an etcd's {@code member/snap/db}
   * @param backup the file to make, which must not exist
   * @throws QuorateException if the snapshot is damaged or none, or a file can't be written; then
   *     there is no backup
   */
  public static Report run(Path snapshot, Path backup) {
    if (Files.exists(backup)) {
      throw QuorateException.of(ErrorCode.INVALID_REQUEST, backup + " exists already");
    }
    try {
      long bytes = Files.size(snapshot);
      boolean hashed = bytes % PAGE_BYTES_MIN == SHA_BYTES;
      if (hashed) {
        bytes -= SHA_BYTES;
        checkHash(snapshot, bytes);
      }
      Path unfinished = backup.resolveSibling(backup.getFileName() + ".unfinished");
      Path rows = backup.resolveSibling(backup.getFileName() + ".rows");
      NewDirectory.remove(rows);
      Files.createDirectories(rows.toAbsolutePath());
      try (BoltFile file = BoltFile.open(snapshot, bytes);
          RocksEngines engines = new RocksEngines(rows, RocksSettings.small());
          Engine engine = engines.create("rows", EngineOptions.plain())) {
        Report report = new EtcdImport.Run(file, engine).write(unfinished, hashed);
        Files.move(unfinished, backup, StandardCopyOption.ATOMIC_MOVE);
        return report;
      } finally {
        Files.deleteIfExists(unfinished);
        NewDirectory.remove(rows);
      }
    } catch (NoSuchFileException e) {
      throw QuorateException.of(ErrorCode.NOT_FOUND, "there is no file " + snapshot, e);
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "importing " + snapshot + " to " + backup + " failed: " + e.getMessage(),
          e);
    }
  }

  private static void checkHash(Path snapshot, long bytes) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try (InputStream in = Files.newInputStream(snapshot)) {
      byte[] buffer = new byte[1 << 20];
      for (long left = bytes; left > 0; ) {
        int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          throw QuorateException.of(ErrorCode.DATA_DAMAGED, snapshot + " got shorter");
        }
        sha256.update(buffer, 0, read);
        left -= read;
      }
      if (!Arrays.equals(sha256.digest(), in.readAllBytes())) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED,
            snapshot + ": its SHA-256 is another than the one at its end; save it once more");
      }
    }
  }

  /** One import. */
  private static final class Run {
    private final BoltFile file;
    private final Engine engine;
    private final RowBatch batch = new RowBatch();
    private final List<Lease> leases = new ArrayList<>();
    private long marks;
    private boolean authEnabled;
    private int users;
    private int roles;

    Run(BoltFile file, Engine engine) {
      this.file = file;
      this.engine = engine;
    }

    Report write(Path backup, boolean hashed) throws IOException {
      readLeases();
      readAuth();
      ImportedStore store = new ImportedStore(leases);
      readKeys(store);
      long index = 0;
      long term = 0;
      BoltCursor meta = file.bucket(utf8("meta"));
      while (meta != null && meta.next()) {
        switch (new String(meta.key(), StandardCharsets.UTF_8)) {
          case "consistent_index" -> index = number(meta.value());
          case "term" -> term = number(meta.value());
          case "finishedCompactRev", "scheduledCompactRev" -> {
            byte[] revision = meta.value();
            if (revision.length >= Long.BYTES) {
              store.reached(ByteBuffer.wrap(revision).getLong());
            }
          }
          default -> {}
        }
      }
      land();
      long keys = store.finish(engine, batch);
      land();
      BackupHeader header =
          new BackupHeader(
              0, 0, index, term, store.revision(), store.revision(), "imported from etcd");
      try (BackupWriter writer = new BackupWriter(header, engine.scan(KvStore.firstRow(), null));
          OutputStream out = Files.newOutputStream(backup, StandardOpenOption.CREATE_NEW)) {
        for (Bytes part = writer.next(); part != null; part = writer.next()) {
          out.write(part.array(), part.arrayOffset(), part.length());
        }
      }
      return new Report(store.revision(), keys, leases.size(), users, roles, authEnabled, hashed);
    }

    private void readLeases() {
      BoltCursor cursor = file.bucket(utf8("lease"));
      while (cursor != null && cursor.next()) {
        EtcdMessage lease = new EtcdMessage(cursor.value());
        long id = 0;
        long ttl = 0;
        long remaining = 0;
        while (lease.next()) {
          switch (lease.field()) {
            case 1 -> id = lease.number();
            case 2 -> ttl = lease.number();
            case 3 -> remaining = lease.number();
            default -> {}
          }
        }
        if (id != 0 && ttl > 0) {
          leases.add(new Lease(id, ttl, Math.max(0, remaining)));
        }
      }
    }

    private void readAuth() {
      BoltCursor auth = file.bucket(utf8("auth"));
      while (auth != null && auth.next()) {
        if (Arrays.equals(auth.key(), utf8("authEnabled"))) {
          byte[] value = auth.value();
          authEnabled = value.length == 1 && value[0] == 1;
        }
      }
      users = count("authUsers");
      roles = count("authRoles");
    }

    private int count(String bucket) {
      int count = 0;
      BoltCursor cursor = file.bucket(utf8(bucket));
      while (cursor != null && cursor.next()) {
        count++;
      }
      return count;
    }

    private void readKeys(ImportedStore store) {
      BoltCursor cursor = file.bucket(utf8("key"));
      if (cursor == null) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED, "the file is a bbolt database, but no etcd's: it has no keys");
      }
      while (cursor.next()) {
        byte[] revision = cursor.key();
        if (revision.length < REVISION_BYTES || revision[Long.BYTES] != '_') {
          throw QuorateException.of(
              ErrorCode.DATA_DAMAGED, "a key's revision can't be read: " + Bytes.wrap(revision));
        }
        ByteBuffer numbers = ByteBuffer.wrap(revision);
        long main = numbers.getLong(0);
        long sub = numbers.getLong(Long.BYTES + 1);
        boolean tombstone = revision.length > REVISION_BYTES;
        KeyValue kv = keyValue(cursor.value());
        try {
          if (tombstone) {
            store.delete(kv.key(), main, batch);
          } else {
            store.put(kv, Math.toIntExact(sub), batch);
          }
        } catch (IllegalArgumentException | ArithmeticException e) {
          throw QuorateException.of(
              ErrorCode.DATA_DAMAGED, "revision " + main + " in etcd's file: " + e.getMessage(), e);
        }
        if (batch.bytes() > BATCH_BYTES) {
          land();
        }
      }
    }

    private static KeyValue keyValue(byte[] stored) {
      EtcdMessage message = new EtcdMessage(stored);
      Bytes key = Bytes.EMPTY;
      Bytes value = Bytes.EMPTY;
      long create = 0;
      long mod = 0;
      long version = 0;
      long lease = 0;
      while (message.next()) {
        switch (message.field()) {
          case 1 -> key = message.bytes();
          case 2 -> create = message.number();
          case 3 -> mod = message.number();
          case 4 -> version = message.number();
          case 5 -> value = message.bytes();
          case 6 -> lease = message.number();
          default -> {}
        }
      }
      return new KeyValue(key, create, mod, version, value, lease);
    }

    private void land() {
      if (!batch.isEmpty()) {
        engine.write(batch, ++marks);
        batch.clear();
      }
    }

    private static long number(byte[] value) {
      return value.length == Long.BYTES ? ByteBuffer.wrap(value).getLong() : 0;
    }

    private static byte[] utf8(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
